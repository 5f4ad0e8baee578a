"""What a history and a test show: the overfitting point, metrics, comparisons.

Import from the modules; this file stays empty of imports, since pages import the package and must not load
TensorFlow.
"""
