"""What Try it says."""

TITLE = "Try it"
QUESTION = "Why does it see that in my digit?"
