"""Networks: built from a config, saved and loaded, asked.

Import from the modules; this file stays empty of imports, since pages import the package and must not load
TensorFlow.
"""
