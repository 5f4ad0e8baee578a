"""Texts of Results."""

TITLE = "Results"
QUESTION = "What can it do, and where does it fail?"

TEST_PICTURE, TEST_ROW = "test picture", "test row"
VERDICT = "**{accuracy} of {rows} right.** Most often it fails like this: {mistakes}."
VERDICT_PERFECT = "**All of {rows} right.** This test shows no weakness; only harder examples could."
VERDICT_ONE_CLASS = (
    "**It answers {label} to everything**, which is right for {accuracy} of {rows}: it has learned nothing that "
    "tells the classes apart."
)
ONE_CLASS_ADVICE = " Try a smaller learning rate, or more epochs."
MISTAKE = "{true} taken for {label} ({times})"
TEST_ACCURACY = "Test accuracy"
TRAINING_ACCURACY = "Training accuracy"
MEASURED = "after {place}"
NOT_MEASURED = "not measured here"
TEST_LOSS = "Test loss"
TEST_LOSS_NOTE = "the lower, the better"
HARDEST = "Hardest class"
FOUND = "{share} found"
GAP = "It gets **{learned}** of what it has learned from right, **{accuracy}** of what it has never seen: {meaning}"
GAP_NONE = (
    "no gap beyond chance (another test of this size could differ by {chance} points). "
    "What it has learned holds for what it has never seen."
)
GAP_SMALL = "a gap of {points} points. What it has learned holds well for what it has never seen."
GAP_WIDE = (
    "a gap of {points} points. It has learned some of its examples by heart; more data, dropout or an earlier stop "
    "narrow it."
)
FAILED = "This run could not be trained, so there is nothing to test: {message}"
INTERRUPTED = "This training was interrupted before the test; Train shows the curves up to there. {why}"
NOT_TESTED = "This run kept no figures of a test. Train it again, and they appear here."
OTHER_ROWS = "The rows that this run was tested on can't be shown: its data have other rows by now."
OPEN_IN_TRAIN = "Open it in Train"

CONFUSION = "What it takes for what"
CONFUSION_ALT = "Confusion matrix: how often each true class was taken for each class; the table below has the figures."
CONFUSION_NOTE = (
    "True classes down, its answers across: green cells are right, red ones are mistakes. Click a cell to see its "
    "examples, or choose it beside."
)
IN_TRUTH, TAKEN_FOR = "In truth", "Taken for"
CELL_RIGHT = "It recognises **{count:,}** of {rows} of the class **{true}**."
CELL_WRONG = "It takes **{count:,}** of {rows} of the class **{true}** for **{label}**."
CELL_ORDER = "Shown: {shown}, the one least sure of {true} first."
CHOOSE_PICTURE = "Click a picture to look into it."
MATRIX_TABLE = "How often each true class (down) was taken for each class (across):"
CLASSES_TABLE = (
    "Precision: of what it calls so, how much is. Recall: of what is so, how much it finds. F1: their harmonic mean."
)
CLASS_COLUMNS = ("class", "precision", "recall", "F1", "test rows")
WORST = "Its worst mistakes"
WORST_NOTE = "Wrong, with the least left for the right answer; the worst first."

GRID = "All test pictures"
GRID_ROWS = "All test rows"
FROM_ROW, TO_ROW = "From number", "To number"
TRUE_CLASS, PREDICTED_CLASS = "True class", "Predicted class"
ANY_CLASS = "any"
ONLY_WRONG = "Only wrong ones"
FITTING = "Found: **{count:,}** of {rows}; shown: {first:,} to {last:,}."
NONE_FIT = "Nothing fits. Widen the range, or let the classes be any."
SAMPLE_WRONG = ":red[**{label}** ✗] · {sure}, is {true}"
ROW = "number"
CHOOSE_ROW = "Tick a row to look into it."

PICTURE = "Test picture {row:,}"
ROW_TITLE = "Test row {row:,}"
SAYS_RIGHT = "It says :green[**{label}**], by {sure}, which is right."
SAYS_WRONG = "It says :red[**{label}** ✗], by {sure}; in truth this is :green[**{true}**]."
BARS_ALT = "The probability of each class; the highest: {label}, {sure}. The table beside has the figures."
SAYS_NOTHING = "Its answer is not a number (NaN), so it names no class; in truth this is :green[**{true}**]."
NO_BARS_ALT = "No class has a probability: the answer is not a number."
LINK_HINT = "The address of this page now leads here: whoever gets it sees the same."
VALUE = "value"
PROBABILITY = "probability"
RAW_OUTPUT = "raw output"
RAW_OUTPUT_NOTE = "Raw outputs (logits) are what the last layer adds up; softmax makes the probabilities of them."
LAYER_BY_LAYER = "Layer by layer"
LAYER_COLOURS = "Blue is above zero, orange below, clear is zero; a dot marks a unit that gives exactly zero."
LAYER = "**{number} · {name}** · {words}"
LAYER_ALT = "What {name} makes of it: {words}"
UNITS = "{count:,} units, {silent:,} of them exactly zero"
FILTERS = "{shape}: {count:,} filters, {silent:,} of them zero everywhere"
FIRST_DRAWN = "; the first {most} are drawn"
SAME_VALUES = {
    "Flatten": "the same values, in one line",
    "Dropout": "the same values: it drops none outside training",
}
STANDARDISING = "Every column to one scale"
LAYER_COLUMNS = ("layer", "shape", "lowest", "mean", "highest", "zeros")
NO_NUMBERS = "There is nothing to draw: its weights are no numbers any more."

LEARNED = "What it has learned to look for"
LEARNED_NOTE = "The weights of the first layer, {what}: blue speaks for it, orange against it, clear is zero."
LEARNED_ALT = "The weights of the first layer, {what}."
LOOKS_FOR = {
    "class": "one template a class",
    "unit": "the units with the strongest weights",
    "filter": "a small pattern a filter",
    "table": "a row a column of the table, a column a unit",
}
NOT_DRAWN = "Its first layer with weights does not see the pictures themselves, so its weights can't be drawn as one."
WEIGHT_COLUMNS = {"lowest": "lowest weight", "highest": "highest weight", "strength": "strength"}

DOWNLOADS = "Take it with you"
REPORT = "Report (.html)"
