"""Training: batches of rows, loops of Keras's own steps, checkpoints, the history.

Import from the modules. This file imports nothing, since pages read histories and must not load TensorFlow.
"""
