"""Texts of Train."""

TITLE = "Train"
START = "Start training"
STOP = "Stop"
STOPPING = "Stopping…"
CANCEL = "Cancel"
FIX_FIRST = "Something in the settings needs a change first; it is marked in the sidebar."
RESUME = "Resume"
RESUME_HELP = (
    "Goes on from the last measurement, as if it had never been stopped: weights, optimizer and random numbers are "
    "as they were. It waits its turn behind the runs that wait already."
)
WELCOME = "**What will it learn, and when should you stop?**"
TOUR = (
    "1. **Set it up** in the sidebar (on a phone: » at the top left), or leave it as it is: a published experiment is "
    "filled in.\n"
    "2. **Press Start training and watch**: the network looks at {rows} again and again, and after each round, an "
    "epoch, it is tested on others, which it never learns from; that is the orange curve.\n"
    "3. **Stop where the orange curve turns** while the blue one gets better still: from there on it learns by heart."
)
TOUR_DONE = "Got it"
TOUR_AGAIN = "How this page works, in three sentences"
SUMMARY = "{layers} · {parameters} · {optimizer}, learning rate {rate:g} · {length} · batches of {batch:,}"
WAITING_FIRST = "Starting: the worker takes the run in a moment; the very first time it warms up for some seconds."
WAITING = "Waiting for a free place: {before} before yours. It starts by itself."
ONE_RUN, RUNS = "1 run is", "{count} runs are"
PREPARING = "Measuring the untrained network…"
BEGINNING = "The untrained network is measured: now it learns…"
PROGRESS = "{unit} {done:,} of {total:,} · {left} left{speed}"
SPEED = " · {speed:,.0f} rows a second"
FINISHING = "Testing and saving…"
DONE = "{length} · {seconds} · test accuracy **{accuracy}** on {rows:,} examples the network had never seen"
DONE_FAILED = "This run could not be trained: {message}"
INTERRUPTED = "This training was interrupted. {why}"
INTERRUPTED_WHY = "The computer or the worker stopped during it. All that was measured is kept."
NO_ANSWER = (
    "This run has not answered for {seconds:.0f} seconds: its process is stopped, or stuck. Press Stop to end it; what "
    "was measured is kept."
)
NO_ANSWER_TO_STOP = (
    "This run has not answered for {seconds:.0f} seconds, so it is ended by force in a moment; what was measured is "
    "kept."
)
NO_WORKER = "This run waits in vain. {why}"
VAL_ACCURACY = "Validation accuracy"
TRAIN_ACCURACY = "Training accuracy"
GAP = "Gap in loss"
LOWEST = "Lowest validation loss"
GAP_HELP = (
    "Validation loss minus training loss, measured at the same moment. A growing gap is how overfitting shows itself."
)
HONEST_HELP = "Measured afterwards with everything switched on, on rows it has learned from."
BEST_AT = "best at {place}"
AT = "at {place}"
MEASURED_AFTER = "after the {unit}"
GAP_CHANGE = "{change:+.4f} in {length}"  # it fits beside another number on a phone
GAP_WORDS = "validation − training"
PREVIEW = "Ten test examples that it will be asked about"
SAMPLES = "Ten test examples, as it learns"
STOPPED_EARLY = "**Early stopping** ended it at {place}: {watched} had not improved for {patience}."
BEST_KEPT = "The weights of {place} are kept: its {watched} was the best."
FAR_TOO_LARGE = (
    "**The learning rate, {rate:g}, is far too large:** the loss jumped above the untrained network's and has not come "
    "down. Each step leaps over the valley that it looks for."
)
TRY, STOP_AND_TRY = "Try a tenth: {rate:g}", "Stop, and try a tenth: {rate:g}"
TRY_HELP = "Puts the settings of this run into the form with a tenth of its learning rate, and starts at once."
THE_NETWORK = "The network"
LAYER, ARRIVES, LEAVES, LEARNED = "layer", "arrives", "leaves", "parameters"
OUTPUT = "Output"
NETWORK_SENTENCE = "{layers} with weights: {parameters}, {where}"
ALL_PARAMETERS = "all of them in {name}."
MOST_PARAMETERS = "{share} of them in layer {number}, {name}. The stronger the violet, the larger a layer's share."
SHOW_CODE = "Show the code"
CODE_TITLE = "The same training in plain Keras"
CODE_NEEDS = "It needs keras, numpy and scikit-learn, and {file} beside it; this toolkit it does not need."
CODE_ABOUT = "Run {run}, {state}."
CODE_ABOUT_TESTED = "Run {run}, {state}: its test accuracy was {accuracy}."
DOWNLOAD_CODE = "Download (.py)"
COPY_LINK = "Copy link"
LINK_HELP = "Whoever opens this link finds these settings in the form."
LINK_TOO_LONG = (
    "The settings in this link can't be read: a link has at most {longest:,} characters for them. Received: "
    "{received:,}. These are the usual ones; ask for the link again."
)
LINK_DAMAGED = (
    "The settings in this link can't be read: it is damaged or was cut off. These are the usual ones; copy the whole "
    "link again."
)
LINK_WRONG = "The settings in this link can't be used: {problem} These are the usual ones."
LINK_DATA = (
    "The settings in this link can't be used: its data are not among those that were brought here. These are the usual "
    "ones; bring the data on the Data page first."
)
COMPARE = "Compare with…"
RESULTS = "Open results"
