"""Turns a model file from a stranger into a run: read word by word in guard/, rebuilt, then adopted."""
