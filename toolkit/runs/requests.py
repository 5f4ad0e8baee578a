"""What a run is asked to do, and by whom it is trained: files whose presence says so, and a lock."""

from dataclasses import dataclass

from ..errors import RunError
from ..system.locks import FileLock, is_locked
from .newer import why_newer
from .paths import RunPaths
from .schema import read_sentence


@dataclass(frozen=True)
class RunRequests(RunPaths):
    """Requests to one run to stop or to go on, and the process that trains it."""

    @property
    def newer(self) -> str:
        """Why this version of the toolkit can't read the run, in a sentence; empty where it can."""
        return why_newer(self.path)

    def refuse_newer(self) -> None:
        """Raises `RunError` where this version of the toolkit can't read the run: nothing in its folder is changed."""
        if why := self.newer:
            raise RunError(why)

    def request_stop(self, why: str = "") -> None:
        """Ask the training to stop; what was learnt is kept. why: a sentence, where nobody asked who knows.

        Raises `RunError` where a newer version made the run.
        """
        self.refuse_newer()
        with self._file("stop").open("a", encoding="utf-8") as file:
            file.write(why)

    @property
    def stop_reason(self) -> str:
        """Why the training was asked to stop, in a sentence; empty where whoever asked knows."""
        return read_sentence(self._file("stop"))

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked the training to stop."""
        return self._file("stop").exists()

    def withdraw_resume(self) -> bool:
        """Take back the request to go on; False where there is none, or a worker goes on already.

        Raises `RunError` where the folder can't be written, or a newer version made the run.
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
        """Whether somebody asked the workers to go on with the run, and none has begun to."""
        return self._file("resume").exists()

    @property
    def worker_pid(self) -> int | None:
        """The process that trains now."""
        return self.last_worker_pid if self._is_training() else None

    @property
    def last_worker_pid(self) -> int | None:
        """The process that trained last; it may be gone, and its number taken by another."""
        try:
            text = self._file("worker.lock").read_text()
            return int(text) if text.isdecimal() else None
        except (OSError, ValueError):
            return None

    def _is_training(self) -> bool:
        try:
            return is_locked(self._file("worker.lock"))
        except OSError:  # What can't be opened, nobody has locked.
            return False
