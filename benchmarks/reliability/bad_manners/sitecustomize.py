"""Python imports this by itself where it lies on PYTHONPATH: in workers alone, runs with these titles misbehave."""

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
        # Within one C function, which lets neither Python nor its signal handlers in.
        "never ends": lambda: re.match(r"(a+)+$", "a" * 100 + "b"),
        "raises": lambda: 1 / 0,
    }
    _train = experiment._Pipeline._train

    def _train_badly(self, *arguments):
        if misbehave := _BAD.get(self.config.name):
            misbehave()
        return _train(self, *arguments)

    experiment._Pipeline._train = _train_badly
