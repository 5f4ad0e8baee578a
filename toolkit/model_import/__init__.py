"""A model file from a stranger becomes a run: read word by word in guard/, rebuilt, then adopted."""
