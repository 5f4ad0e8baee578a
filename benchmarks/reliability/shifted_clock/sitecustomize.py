"""Shifts the clock by the offset in RELIABILITY_CLOCK's file. Python imports this file if it is on PYTHONPATH.

The machine's clock, file times and the monotonic clock are unchanged.
"""

import os
import time

_time, _time_ns, _file = time.time, time.time_ns, os.environ.get("RELIABILITY_CLOCK")


def _seconds_off():
    try:
        with open(_file) as file:
            return int(file.read() or 0)
    except (OSError, ValueError):  # The file is being written.
        return 0


if _file:
    time.time = lambda: _time() + _seconds_off()
    time.time_ns = lambda: _time_ns() + _seconds_off() * 1_000_000_000
