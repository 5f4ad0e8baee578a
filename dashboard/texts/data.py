"""Texts of Data."""

TITLE = "Data"
QUESTION = "What does the network get to see?"

DATA = "Data set"
USE = "Use it in Train"
USED = "Train uses it."
LOADING = "Reading the data"
USUAL_SPLIT = "The form of Train has a mistake at present; shown is the split that it starts with."

ANSWER_PICTURES = "**{rows} pictures of {shape} numbers from {low} to {high}**"
ANSWER_ROWS = "**{rows} rows of {values} from {low} to {high}**"
ANSWER_PARTS = "{what}: {training:,} to learn from, {validation:,} to check on, and {test:,} more, kept for the test."
ANSWER_NO_VALIDATION = "{what}: {training:,} to learn from, none to check on, and {test:,} more, kept for the test."
ANSWER_CLASSES = "{count} classes: the rarest, {rarest}, has {low}, the most frequent, {most}, {high}."
ANSWER_EQUAL = "{count} classes, equally frequent."

TRAIN_ROWS, VALIDATION_ROWS, TEST_ROWS = "To learn from", "To check on", "Kept for the test"
OF_ROWS = "{share} of {rows:,}"
NEVER_SEEN = "never seen in training"
VALIDATION_HELP = (
    "Held back from the training rows, as the form of Train says: the network never learns from them, "
    "so they show how it does on what it has not seen."
)
TEST_HELP = "Looked at once, when a training has ended. If you tune on them, you fool yourself."
ONE_PICTURE, ONE_ROW = "One picture", "One row"
CLASSES = "Classes"
VALUES_NOTE = "values {low} to {high}"
TYPE_HELP = "Stored as {dtype}; x_train has the shape {shape}."
ALL_CLASSES = "all classes"

SAMPLES = "What do they look like?"
CLASS = "Class"
OTHERS = "Show others"
SAMPLES_ALT = "{count} pictures drawn at random from class {label}"
SOME_CLASSES = "{shown} of {count} classes, drawn at random; choose one to see more of it."
COLUMN = "How one column differs from class to class"
COLUMN_ALT = "The values of {column} in each class, one box a class"

BALANCE = "Is every class as frequent as the others?"
BALANCE_ALT = "Share of each class in the rows to learn from, to check on and to test on. {answer}"
BASELINE = (
    "Always saying {label}, the most frequent class, would be right in {share} of the test: that is what to beat."
)
BALANCE_COLUMNS = {"class": "class", "training": "to learn from", "validation": "to check on", "test": "for the test"}

WAY = "One row's way into the network"
ROW = "Row"
ROW_HELP = "The number of the row, counted from 0, as in x_train[0]."
ANOTHER = "Another row"
PART = {"training": "The network learns from this row.", "validation": "This row is held back, to check on."}
STORED = "**1 · Stored** as {shape} numbers"
STORED_ALT = "Row {row}, a picture of class {label}, with a frame around {side} × {side} pixels"
CHANNEL = "In colour there are three numbers a pixel; these are the red ones."
ZOOMED = "**2 · The framed numbers**, from {low} to {high}"
ZOOMED_ALT = "The {side} × {side} numbers in the frame, row by row: {numbers}"
SCALED = "**3 · Divided by 255**: from 0 to 1"
TAKEN_AS_THEY_ARE = "**3 · Taken as they are**: they are small already"
FLATTENED = "**4 · Flattened**: row after row, {values:,} numbers in one line"
FLATTENED_CUT = "The first {shown:,} of them."
FLATTENED_PLACE = "The frame marks row {row} of the picture: numbers {first:,} to {last:,}."
FLATTENED_ALT = "All numbers of the picture side by side"
TAKES_VALUES = "Your network takes this line: an input of shape **({values},)**."
TAKES_PICTURES = (
    "Your network begins with a layer that takes pictures, so it skips this step: its input has the shape **{shape}**."
)
LABEL_STEP = "**5 · The label {label}** becomes {count} boxes, one a class (one-hot): all 0, a single 1"
LABEL_STEP_TABLE = "**The label {label}** becomes {count} boxes, one a class (one-hot): all 0, a single 1"
LABEL_ALT = "Box {place} of {count} holds 1, all others 0"
SPARSE = "Your loss is a sparse one: it takes the number {number} itself and looks up that box."
STANDARDISED = (
    "Each column is **standardised**: minus the mean of the training rows, divided by their standard deviation. "
    "So a column in thousands counts no more than one in tenths. The network does it itself, as its first layer."
)
SCALED_ROW = "Each number is divided by 255 before the network sees it."
WAY_COLUMNS = {
    "column": "column",
    "value": "stored",
    "mean": "mean",
    "deviation": "standard deviation",
    "input": "what the network sees",
}

OWN = "Bring your own data"
OWN_HOW = """
- **CSV**, also .tsv, .data and .csv.gz: numbers, texts or pixels; one column holds the classes. A test part, named as
  `test.csv` is for `train.csv`, can be chosen together with it
- **npz**: NumPy arrays `x_train, y_train, x_test, y_test`, or `x, y`, or with names like `train_images, train_labels`
- **npy**: the same, a file per array: choose rows and labels together
- **zip** of pictures (PNG, JPEG, WebP, HEIC, …): a folder per class, or a table `labels.csv` with their file names and
  classes; or of any of the other files
- **IDX**, as MNIST, EMNIST and QMNIST come: choose pictures and labels together

At most {most} MB. It stays on the machine that runs this dashboard.
"""
UPLOAD = "CSV, npz, npy, zip or IDX files"
READING = "Reading your file"
TAKEN = "**{name}** can be used: {rows}, {classes} classes. The page above shows it now."
ONE_FILE = (
    "Bring one file at a time. Received several that are not the IDX or npy files of one data set. "
    "Put pictures into a zip, in a folder a class, or with a table labels.csv of file names and classes; a table and "
    "its test part are named like train.csv and test.csv."
)
IDX_PAIRS = (
    "IDX data are pairs of files: the pictures and their labels, and the same again where there is a test part. "
    "Choose them together, named as MNIST's: train-images-idx3-ubyte and train-labels-idx1-ubyte."
)
ARRAY_PAIRS = (
    "Arrays in separate files are rows and labels, and the same again where there is a test part. Choose them "
    "together, named x_train.npy and y_train.npy, and x_test.npy and y_test.npy."
)
TOO_MUCH_UNPACKED = "The file unpacks to more than {most:,.0f} MB. Keep a part of the rows, or save pixels as uint8."
NO_ROOM = (
    "The files that were brought here take {most:,.0f} MB together, which is all there is room for. "
    "Ask whoever runs this dashboard to delete some in {folder}."
)
NOT_KEPT = "The file can't be kept in {folder} ({reason}). Ask whoever runs this dashboard for room there."
