"""A run's report as one stand-alone HTML page, which opens offline: `write_report(run, "digits.html")`."""

from .page import write_report

__all__ = ["write_report"]
