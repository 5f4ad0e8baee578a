"""Python imports this by itself where it lies on PYTHONPATH: the clock is off by what RELIABILITY_CLOCK's file says.

The machine's own clock, and with it the times of files, stay as they are, and so does the monotonic one.
"""

import os
import time

_time, _time_ns, _file = time.time, time.time_ns, os.environ.get("RELIABILITY_CLOCK")


def _seconds_off():
    try:
        with open(_file) as file:
            return int(file.read() or 0)
    except (OSError, ValueError):  # It is being written.
        return 0


if _file:
    time.time = lambda: _time() + _seconds_off()
    time.time_ns = lambda: _time_ns() + _seconds_off() * 1_000_000_000
