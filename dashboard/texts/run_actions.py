"""What the buttons say that do something with a run."""

RENAME = "Rename"
SAVE_TITLE = "Save the title"
DELETE = "Delete"
DELETE_QUESTION = "**{name}** goes for good, with its model, its weights and its curves ({size})."
DELETE_NOW = "Delete for good"
LOAD = "Load its settings"
RESULTS = "Open in Results"
