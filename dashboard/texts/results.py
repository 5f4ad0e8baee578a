"""What Results says."""

TITLE = "Results"
QUESTION = "What can it do, and where does it fail?"
