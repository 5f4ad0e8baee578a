"""Texts of Models."""

TITLE = "Models"
QUESTION = "Where is my model?"
ONE_MODEL, MODELS = "1 model is saved here", "{count:,} models are saved here"
TOGETHER = "{models}, {size} with its weights."
ALL_TOGETHER = "{models}, {size} together."
BEST = "The best on {data}: **{name}**, {accuracy}."
NOTHING_SAVED = "No model is saved here yet: a run saves its model and weights when it ends."
FOLDER = "All runs, with models and weights, are in the folder {folder} on the computer that serves this page."
FILTER = "Find by title or data"
NOTHING_FOUND = "None of the {count:,} runs has *{words}* in its title or data."
SHOW_ALL = "Show all runs"
TABLE_ALT = "All runs, the newest first; choose one to see what can be done with it"
COLUMNS = {
    "title": "title",
    "accuracy": "test accuracy",
    "size": "size",
    "created": "date",
    "state": "state",
    "data": "data",
    "parameters": "parameters",
    "layers": "hidden layers",
}
COLUMNS_HELP = {
    "size": "The model and its weights, which are saved in a file each.",
    "parameters": "How many numbers the network holds.",
}
RUN_FACTS = "{state} · {length} · {seconds} · test accuracy {accuracy} · {created}"
IMPORTED_FACTS = "{state} · test accuracy {accuracy} · {created}"
IMPORTED_SHAPES = "{input} → {outputs:,}"
AND_OTHERS = ", and others"
FILE_FACTS = "Model {model} · weights {weights}"
SHOW_CURVES = "Show its curves"
TRY_IT = "Try it"
GO_ON = "Train on from its weights"
GO_ON_HELP = "Opens Train with the same settings, starting from these weights instead of random ones."
NO_NUMBERS = "This training diverged: its weights are no numbers any more, so nothing can go on from them."
PREDICT_TEN = "Predict ten test examples"
DOWNLOADS = "Take it with you"
OTHER_NETWORK = "Put these weights into another network"
OTHER_NETWORK_WORDS = (
    "Weights fit wherever the layers that hold them are the same. Dropout, activations, the optimizer and the length "
    "of the training may differ."
)
TARGET = "The network that takes them"
DRAFT_TARGET = "What is set up on Train"
PRESET_TARGET = "Published: {name}"
RUN_TARGET = "{name} on {data} · hidden layers: {layers} · {run_id}"
FITS = "**They fit.** Each layer needs just what is stored, so a training can start from these weights."
MISFIT = "**They do not fit.** Layer {number} needs {needed}; stored is {stored}. {remedy}"
NO_LAYER = "nothing"
FIT_COLUMNS = {"layer": "layer", "fits": "fits", "needed": "needs", "stored": "stored"}
FIT_COLUMNS_HELP = {
    "layer": "Counted among those that hold weights.",
    "needed": "The shape of the weights that lead into the layer, then that of its biases.",
    "stored": "The shape of the weights that lead into the layer, then that of its biases.",
}
FIT_MARKS = {True: "✓", False: "✗"}
START_THERE = "Set it up with these weights"
START_THERE_HELP = "Opens Train with that network, starting from these weights. Nothing is started yet."
BRING = "Bring a model"
BRING_WORDS = (
    "A model that Keras 2 or 3 saved, `.keras` or `.h5`, up to {most} MB, from whoever it comes, such as Teachable "
    "Machine's `keras_model.h5`. Nothing in the file is run: it is checked word by word, and a network of our own is "
    "built from what it says."
)
BRING_LARGER = "One of up to {most} MB can be brought on the command line: `python -m toolkit import FILE`"
BRING_FILE = "Model file"
BRING_LABELS = "Class names, if you have them"
BRING_LABELS_HELP = (
    "A text with one name a line, in the order of the network's outputs, such as `labels.txt`. With them it can be "
    "asked about pictures on Try it, though its data are not here."
)
LEARNED = "The data that it learned"
LEARNED_HELP = "They tell what its answers mean, and test it."
WHICHEVER_FITS = "Whichever fits"
IMPORT = "Import it"
IMPORTING = "Opening the file in a process of its own, then testing it."
IMPORTED = "**{name}** is here."
