"""Texts of the sidebar of Train."""

EXPERIMENT = "Experiment"
START_FROM = "Start from"
START_FROM_HELP = "A published experiment. It fills in everything below; change what you like."
DATA = "Data"
DATA_REFUSED = (
    "These data are not among those that can be used here. Choose others from the list, or bring the file on the Data "
    "page first."
)
LABEL = "Column of the classes"
LIKELIEST, RECOGNISED = "{label} (recognised)", "the one that is recognised"
NONE_LEFT_OUT = "none"
SHAPES = {None: "what the columns look like", "flat": "rows of values"}
PICTURES_OF = "pictures of {shape}"
NETWORK = "Network"
NETWORK_HELP = "The layers that the data passes through. The last one, the output, follows the data."
ADD_LAYER = "Add layer"
NO_LAYERS = "No hidden layer: a linear classifier."
MOVE_UP = "Move up"
MOVE_DOWN = "Move down"
REMOVE = "Remove"
TRAINING = "Training"
MORE = "More: split, seed, early stopping"
LENGTH = "Train for"
LENGTH_WORDS = {"epochs": "epochs", "steps": "steps"}
SPLIT = "Hold back for validation"
SPLIT_WORDS = {"validation_split": "a share", "validation_rows": "first rows", "none": "nothing"}
WEIGHTS_FROM = "Start with the weights of"
WEIGHTS_FROM_HELP = "Go on from where another run of the same network ended, instead of from random weights."
FRESH_WEIGHTS = "random, as usual"
HELP_ON_CHOICE = "{field} {choice}: {words}"
USUAL_RATE = "The usual start for {optimizer} is {rate:g}."
