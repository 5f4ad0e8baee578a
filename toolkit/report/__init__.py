"""One stand-alone HTML page on a run, which opens without internet: `write_report(run, "digits.html")`."""

from .page import write_report

__all__ = ["write_report"]
