"""Makes runs with certain titles misbehave, in workers only. Python imports this file if it is on PYTHONPATH."""

import sys

if "toolkit.jobs.worker" in sys.orig_argv:
    import ctypes
    import re

    from toolkit import experiment

    def _allocate() -> None:
        held = []
        while True:
            held.append(bytearray(1 << 28))

    _BAD = {
        "crashes": lambda: ctypes.string_at(0),
        "takes all memory": _allocate,
        # One C function that never returns to Python, so that signal handlers don't run.
        "never ends": lambda: re.match(r"(a+)+$", "a" * 100 + "b"),
        "raises": lambda: 1 / 0,
    }
    _train = experiment._Pipeline._train

    def _train_badly(self, *arguments):
        if misbehave := _BAD.get(self.config.name):
            misbehave()
        return _train(self, *arguments)

    experiment._Pipeline._train = _train_badly
