"""The experiment as one small, checked, frozen record; limits and defaults live in this package alone."""

from .experiment import ExperimentConfig

__all__ = ["ExperimentConfig"]
