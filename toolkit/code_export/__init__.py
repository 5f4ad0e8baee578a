"""Turns a config into a plain Keras script that reads like a tutorial and gives the same history, bit for bit."""

from .script import data_file_name, export_code

__all__ = ["data_file_name", "export_code"]
