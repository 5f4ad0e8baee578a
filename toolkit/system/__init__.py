"""What the rest builds on: TensorFlow's import, files, locks, the compilation cache.

Nothing here knows about networks.
"""
