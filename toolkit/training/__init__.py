"""Training: rows in batches, Keras's own steps in loops, checkpoints, the logged history.

Import from the modules; this file stays empty of imports, since pages read histories and must not load
TensorFlow.
"""
