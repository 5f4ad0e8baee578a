"""How a worker died, in words: for the log, and for the user whose run it trained."""

import signal

from .. import limits

#: Windows lacks one of these signals.
_NATIVE = tuple(-one for one in signal.Signals if one.name in ("SIGABRT", "SIGSEGV", "SIGBUS"))


def how_it_ended(code: int) -> str:
    """A process's exit code in words; negative: the signal that ended it."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name
    reasons: dict[int, str] = {
        -signal.SIGKILL: ", sent by hand or by the system for lack of memory",
        -signal.SIGALRM: f": {limits.too_long()}",
        **dict.fromkeys(_NATIVE, ": a fault in native code, or no more memory within its limit"),
    }
    return f"was ended by {name}{reasons.get(code, '')}"


def why_interrupted(code: int, *, asked_to_stop: bool) -> str:
    """An exit code explained to the run's user. asked_to_stop: whether the worker had been asked to stop."""
    if code == -signal.SIGALRM:
        return limits.too_long()
    if code == -signal.SIGKILL and asked_to_stop:
        return "It did not heed the request to stop, and was ended by force. All that was measured is kept."
    if code == -signal.SIGKILL:
        return "Its process was ended by hand, or by the system for lack of memory. All that was measured is kept."
    if code in _NATIVE:
        return limits.too_much_memory_or_a_fault()
    return f"Its process {how_it_ended(code)}; worker.log may say more. All that was measured is kept."


def did_not_answer(seconds: float) -> str:
    """The message of a run whose hung worker was ended by force."""
    return (
        f"Its process had not answered for {seconds:.0f} seconds when it was to stop, and was ended by force. All that "
        "was measured is kept."
    )
