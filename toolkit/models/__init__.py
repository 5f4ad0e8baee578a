"""Networks: building from a config, saving, loading, prediction.

Import from the modules. This file imports nothing, since pages import the package and must not load TensorFlow.
"""
