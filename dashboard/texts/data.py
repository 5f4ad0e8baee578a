"""What Data says."""

TITLE = "Data"
QUESTION = "What does the network get to see?"
