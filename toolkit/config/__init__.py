"""The experiment as one small, validated, frozen record; this package alone defines limits and defaults."""

from .experiment import ExperimentConfig

__all__ = ["ExperimentConfig"]
