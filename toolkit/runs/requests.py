"""Requests to a run, as files whose presence counts, and the lock of the process that trains it."""

from dataclasses import dataclass

from ..errors import RunError
from ..system.locks import FileLock, is_locked
from .newer import why_newer
from .paths import RunPaths
from .schema import read_sentence


@dataclass(frozen=True)
class RunRequests(RunPaths):
    """Requests to stop or resume one run, and the process that trains it."""

    @property
    def newer(self) -> str:
        """Why this version of the toolkit can't read the run, in a sentence; empty if it can."""
        return why_newer(self.path)

    def refuse_newer(self) -> None:
        """Raises `RunError` if this version of the toolkit can't read the run, so that its folder stays unchanged."""
        if why := self.newer:
            raise RunError(why)

    def request_stop(self, why: str = "") -> None:
        """Ask the training to stop; what was learned is kept. why: the reason in a sentence, unless a user asked.

        Raises `RunError` if a newer version made the run.
        """
        self.refuse_newer()
        with self._file("stop").open("a", encoding="utf-8") as file:
            file.write(why)

    @property
    def stop_reason(self) -> str:
        """Why the training was asked to stop, in a sentence; empty if a user asked."""
        return read_sentence(self._file("stop"))

    @property
    def stop_requested(self) -> bool:
        """Whether the training was asked to stop."""
        return self._file("stop").exists()

    def withdraw_resume(self) -> bool:
        """Withdraw the request to resume; False if there is none, or a worker has resumed the run already.

        Raises `RunError` if the folder can't be written, or a newer version made the run.
        """
        self.refuse_newer()
        try:
            lock = FileLock.claim(self._file("worker.lock"))
            if lock is None:
                return False
            with lock:
                asked = self.resume_requested
                self._file("resume").unlink(missing_ok=True)
            return asked
        except OSError as error:
            raise RunError(f"The run {self.id} can't be cancelled ({error}).") from error

    @property
    def resume_requested(self) -> bool:
        """Whether the workers were asked to resume the run, and none has started yet."""
        return self._file("resume").exists()

    @property
    def worker_pid(self) -> int | None:
        """The process that trains the run now."""
        return self.last_worker_pid if self._is_training() else None

    @property
    def last_worker_pid(self) -> int | None:
        """The process that trained the run last; it may have ended, and its number belong to another."""
        try:
            text = self._file("worker.lock").read_text()
            return int(text) if text.isdecimal() else None
        except (OSError, ValueError):
            return None

    def _is_training(self) -> bool:
        try:
            return is_locked(self._file("worker.lock"))
        except OSError:  # Nobody holds a lock that can't be opened.
            return False
