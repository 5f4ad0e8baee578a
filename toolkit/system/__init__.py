"""What the rest stands on: TensorFlow's import, files, locks, the compile cache.

Nothing here knows of networks.
"""
