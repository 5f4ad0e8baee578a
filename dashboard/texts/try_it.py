"""Texts of Try it."""

TITLE = "Try it"
QUESTION = "Why does it see that in my digit?"
QUESTION_ROWS = "What does it predict for my rows?"
FIRST = (
    "Draw a digit, as large as you like, or give it a picture of one. The network answers at once, and you see step by "
    "step what became of your picture before it was asked."
)
NO_PICTURE_RUNS = (
    "None of the runs so far looks at pictures or at a table of your own. Train one that does, on MNIST for example."
)
NETWORK = "Network"

ROWS_FROM = "Where the rows come from"
ROW_SOURCES = {"type": "Type a row", "upload": "Upload a table"}
TYPED_ROW = "The row"
UPLOAD_ROWS = "A table of new rows, in any order: {columns}"
PREDICTS = "It predicts **{label}** ({sure} sure)."
LINE = "line"
FIRST_ROWS = "The first {shown:,} of {count:,} rows; `python -m toolkit predict RUN --rows FILE` predicts all."

SOURCE = "Where the picture comes from"
SOURCES = {
    "draw": "Draw",
    "upload": "Upload",
    "camera": "Camera",
    "test": "Test picture",
}
PEN = "Pen"
CLEAR = "Clear"
UPLOAD = "A picture of one digit: PNG, JPEG, WebP, HEIC, …"
UPLOAD_HELP = "A photo or a scan, dark ink on light paper or light on dark. On a phone this offers its camera too."
PHOTOGRAPH = "Hold one digit in front of the camera"
CAMERA_HELP = (
    "Browsers lend their camera to pages of this very computer, and over https. Elsewhere take a photo and upload it."
)
PHOTO = "The photo"
ANOTHER = "Another one"
TEST_PICTURE = "Test picture {row:,}: {label}"
GIVEN_ALT = "Your picture"

PREPARATION = "Preparation"
PREPARATIONS = {
    "auto": "As the training pictures are",
    "digit": "Cut out the digit",
    "resize": "Only resize",
    "none": "None: the pixels as they are",
}
PREPARATION_HELP = (
    "If all training pictures are single signs, cut out, of one size and centred, yours is prepared like them. "
    "Otherwise it is only resized."
)

SEES = "It sees {first}."
DOUBTS = "It sees {first}, with some doubt; {second} comes next."
TORN = "It is torn: {first}, or {second}."
SAME_UNPREPARED = "Merely shrunk, your picture would be read as {given}: the same, this time."
OTHER_UNPREPARED = "Merely shrunk, your picture would be read as {given}: the preparation below makes the difference."
NO_ANSWER = "This network gives no answer: its weights are no numbers any more. Choose another one."
SHORT = "**{label}** · {sure}"
SURE = "**{label}** ({sure})"
HOW_SURE = "{sure} sure"
SEEN = "what it was given"
SEEN_ALT = "The picture as the network got it"
BARS_ALT = "How sure the network is of each class. The likeliest: {answers}."

MEANT = "What did you mean?"
RIGHT = "Right: it is {label}."
WRONG_START = "It should be {label}, and it sees {seen}."
WRONG_SKIPPED = "You have switched off {steps}: switch all steps on again and look at the difference."
WRONG_WARNED = "This may be why: {warning}"
WRONG_STEP = "Before the step {step} it was read rightly: compare the pictures there, and switch that step off."
WRONG_SECOND = "The right answer comes second. Look at what it was given: which stroke would make the difference clear?"
WRONG = (
    "No single step explains it. Look at the picture that it was given and compare it with test pictures: it has "
    "learned from few that look like yours. Ask another network below."
)

LADDER = "Step by step: what became of your picture"
LADDER_HINT = (
    "Under each picture stands what the network would see if the preparation ended there. Switch a step off, and all "
    "that follows changes."
)
GIVEN = "Your picture, merely shrunk"
STEP = "{number} · {title}"
STEP_ALT = "After: {title}"
LEFT_OUT = ":gray[left out]"
ALL_STEPS = "All steps on"
NO_LADDER = "Your picture was only resized to the size of the training pictures: nothing was cut out of it."
AS_IT_IS = "The picture has just the size that this network takes, and is given to it as it is."

SIDE_BY_SIDE = "What do others see in it?"
OTHERS = "Networks to ask as well"
CHOOSE_OTHERS = "Choose up to three"
ALL_AGREE, BOTH_AGREE = "All {count} see the same: **{label}**.", "Both see the same: **{label}**."
DISAGREE = "They don't agree about the very same picture."

TABLE_STAGE = "the picture"
IN_THE_END = "as it was given to the network"
