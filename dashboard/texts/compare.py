"""What Compare says."""

TITLE = "Compare"
QUESTION = "Which is better, and is it more than luck?"
