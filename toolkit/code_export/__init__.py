"""From a config to a plain Keras script that reads like a tutorial and gives the same history to the last bit."""

from .script import data_file_name, export_code

__all__ = ["data_file_name", "export_code"]
