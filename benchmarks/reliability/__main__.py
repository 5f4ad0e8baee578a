"""Runs all campaigns at full length, one after another: `python -m benchmarks.reliability`. Takes about an hour."""

import subprocess
import sys
from pkgutil import iter_modules

from benchmarks.reliability import __path__

_NO_CAMPAIGNS = ("__main__", "stand_in")


def main() -> int:
    """Run the campaigns; returns how many of them have found a fault."""
    found = 0
    for name in sorted(module.name for module in iter_modules(__path__) if module.name not in _NO_CAMPAIGNS):
        print(f"== {name}", flush=True)
        found += subprocess.run([sys.executable, "-m", f"benchmarks.reliability.{name}"], check=False).returncode != 0
    return found


if __name__ == "__main__":
    sys.exit(main())
