"""Texts of the buttons that act on a run."""

RENAME = "Rename"
SAVE_TITLE = "Save the title"
DELETE = "Delete"
DELETE_QUESTION = (
    "**{name}** goes into the trash, with its model, its weights and its curves ({size}). It can be brought back for "
    "{days}."
)
DELETE_NOW = "Move to the trash"
DELETE_FOR_GOOD_QUESTION = (
    "**{name}** goes for good, with its model, its weights and its curves ({size}): the trash has no room for it."
)
DELETE_FOR_GOOD = "Delete for good"
DELETED = "**{name}** is in the trash for {days}; its {size} are freed when it leaves that for good."
DELETED_FOR_GOOD = "**{name}** is gone for good: its {size} are free."
UNDO = "Undo"
UNDO_HELP = "Brings the run back, with all that it had saved."
DISMISS = "Hide this line"
LOAD = "Load its settings"
RESULTS = "Open in Results"
