"""From a config to a plain Keras script that reads like a tutorial and gives the same history to the last bit."""

from .script import default_data_file, export_code

__all__ = ["default_data_file", "export_code"]
