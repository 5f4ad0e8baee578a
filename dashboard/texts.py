"""Every text that a page shows, in one place, so that other languages can follow."""

APP_TITLE = "See how a network learns"
PAGE_TRAIN = "Train"
PAGE_MODELS = "Models"

# Sidebar: setting up
EXPERIMENT = "Experiment"
START_FROM = "Start from"
START_FROM_HELP = "A published experiment. It fills in everything below; change what you like."
DATA = "Data"
NETWORK = "Network"
NETWORK_HELP = "The layers that the data passes through. The last one, the output, follows the data."
ADD_LAYER = "Add layer"
NO_LAYERS = "No hidden layer: a linear classifier."
MOVE_UP = "Move up"
MOVE_DOWN = "Move down"
REMOVE = "Remove"
PARAMETERS = "{count:,} parameters"
TRAINING = "Training"
MORE = "More: split, seed, early stopping"
LENGTH = "Train for"
LENGTH_WORDS = {"epochs": "epochs", "steps": "steps"}
SPLIT = "Hold back for validation"
SPLIT_WORDS = {"validation_split": "a share", "validation_rows": "first rows", "none": "nothing"}
WEIGHTS_FROM = "Start with the weights of"
WEIGHTS_FROM_HELP = "Go on from where another run of the same network ended, instead of from random weights."
FRESH_WEIGHTS = "random, as usual"

FIELDS = {
    "name": "Title of the run",
    "optimizer": "Optimizer",
    "learning_rate": "Learning rate",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "epochs": "Epochs",
    "steps": "Steps",
    "batch_size": "Batch size",
    "log_every": "Measure every … steps",
    "validation_split": "Validation split",
    "validation_rows": "Validation rows",
    "stratify": "Keep the classes in proportion",
    "seed": "Seed",
    "loss": "Loss",
    "from_logits": "End in logits",
    "kernel_initializer": "Weights start as",
    "bias_initializer": "Biases start as",
    "use_bias": "Biases",
    "patience": "Early stopping: patience",
    "monitor": "Watch",
    "restore_best_weights": "Keep the best weights",
    "units": "Units",
    "activation": "Activation",
    "filters": "Filters",
    "kernel_size": "Kernel size",
    "strides": "Strides",
    "padding": "Padding",
    "pool_size": "Pool size",
    "rate": "Rate",
}
LAYERS = {
    "dense": "Dense",
    "conv2d": "Convolution",
    "max_pooling2d": "Max pooling",
    "average_pooling2d": "Average pooling",
    "global_average_pooling2d": "Global average pooling",
    "flatten": "Flatten",
    "dropout": "Dropout",
    "batch_normalization": "Batch normalisation",
    "activation": "Activation",
}
LAYERS_SHORT = {"conv2d": "Conv", "batch_normalization": "Batch norm", "global_average_pooling2d": "Global average"}
LAYER_FIGURES = {
    "units": "{:,} units",
    "kernel_size": "{0} × {0}",
    "filters": "{}",
    "pool_size": "{0} × {0}",
    "rate": "{:.0%}",
}
ACTIVATIONS = {
    "linear": "none",
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
}
OPTIMIZERS = {
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "Nadam",
}
LOSSES = {
    "categorical_crossentropy": "categorical cross-entropy",
    "sparse_categorical_crossentropy": "sparse categorical cross-entropy",
    "unclipped_crossentropy_sum": "−Σ y·log p, sum of the batch",
    "unclipped_crossentropy_mean": "−Σ y·log p, mean of the batch",
}
MONITORS = {
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "loss": "training loss",
    "accuracy": "training accuracy",
}

# Train
START = "Start training"
STOP = "Stop"
STOPPING = "Stopping…"
ON_DATA = "{name} on {data}"
FIX_FIRST = "Something in the settings needs a change first; it is marked in the sidebar."
WELCOME = (
    "**What will it learn, and when should you stop?** Press *Start training* and watch: the network looks at "
    "{rows} again and again, and after each round (an epoch) it is tested on others, which it never learns from. "
    "Where that test gets worse while training still gets better, it has begun to learn by heart."
)
PICTURES, ROWS, ALL_ROWS = "{count:,} pictures", "{count:,} rows", "its data"
SETTINGS_HINT = "Everything can be changed in the sidebar; on a phone, open it with » at the top left."
SUMMARY = "{layers} · {parameters} · {optimizer}, learning rate {rate:g} · {length} · batches of {batch:,}"
WAITING_FIRST = "Starting: the worker takes the run in a moment; the very first time it warms up for some seconds."
WAITING = "Waiting for a free place: {before} before yours. It starts by itself."
ONE_RUN, RUNS = "1 run is", "{count} runs are"
PREPARING = "Measuring the untrained network…"
PROGRESS = "{unit} {done:,} of {total:,} · {left} left{speed}"
SPEED = " · {speed:,.0f} rows a second"
FINISHING = "Testing and saving…"
DONE = "{epochs} · {seconds} · test accuracy **{accuracy}** on {rows:,} examples the network had never seen"
DONE_FAILED = "This run could not be trained: {message}"
INTERRUPTED = "The computer or the worker stopped during this training. The curves up to there are kept."
VAL_ACCURACY = "Validation accuracy"
TRAIN_ACCURACY = "Training accuracy"
GAP = "Gap in loss"
LOWEST = "Lowest validation loss"
GAP_HELP = (
    "Validation loss minus training loss, both measured after the epoch. A growing gap is how overfitting shows itself."
)
HONEST_HELP = "Measured after the epoch with everything switched on, on rows it has learned from."
BEST_AT = "best at {place}"
AT = "at {place}"
MEASURED_AFTER = "after the epoch"
GAP_CHANGE = "{change:+.4f} since {place}"
GAP_WORDS = "validation − training"
LOSS = "Loss"
ACCURACY = "Accuracy"
LEGEND = (
    ":orange[**━●━**] validation  :blue[**━■━**] training, measured after the epoch  "
    ":gray[**┄┄**] training, as Keras counts it"
)
LOG_SCALE = "Logarithmic loss"
PROJECTOR = "Projector"
PROJECTOR_HELP = "Larger charts and type, to be read from the back row."
PREVIEW = "Ten test examples that it will be asked about"
SAMPLES = "Ten test examples, as it learns"
SAMPLE_RIGHT = ":green[**{label}**] · {sure}"
SAMPLE_WRONG = ":red[**{label}** ✗] · {sure}"
SAMPLE_ALT = "Test picture: {label}"
TRUE, PREDICTED, SURE = "class", "predicted", "how sure"
COLUMN = "column {number}"
UNSURE = "–"
CURVE_ALT = "{metric} over {unit}s. {sentence}"
TABLE = "The same as a table"
OPEN_MODELS = "Open in Models"
DOWNLOADS = "Take it with you"

# Models
MODELS_QUESTION = "Where is my model?"
NO_RUNS = "There is no run yet. Train one, and it appears here with its model and weights."
GO_TRAIN = "Go to Train"
CHOOSE_RUN = "Run"
RUN_LABEL = "{name} · {accuracy} · {state} · {created}"
RUN_FACTS = "{data} · {epochs} · {seconds} · {size}"
SHOW_CURVES = "Show its curves"
LOAD_SETTINGS = "Load its settings"
GO_ON = "Train on from its weights"
GO_ON_HELP = "Opens Train with the same settings, starting from these weights instead of random ones."
PREDICT_TEN = "Predict ten test examples"
PREDICTING = "Loading the model and predicting; the first time takes some seconds."
ALL_RUNS = "All runs"
RUN_UNDER_WAY = "This run has not ended yet; Train shows how it goes."
NO_MODEL = "This run has saved no model."
DOWNLOAD = {
    "model": "Model (.keras)",
    "weights": "Weights (.weights.h5)",
    "history": "History (.csv)",
    "config": "Settings (.json)",
}
COLUMNS = {
    "name": "title",
    "state": "state",
    "accuracy": "test accuracy",
    "verdict": "verdict",
    "data": "data",
    "seconds": "took",
    "created": "started",
}
STATES = {
    "queued": "waiting",
    "running": "running",
    "finished": "finished",
    "stopped": "stopped",
    "diverged": "diverged",
    "failed": "failed",
    "interrupted": "interrupted",
}
VERDICTS = {
    "still_learning": "still learning",
    "flat": "flat",
    "possible": "possibly overfitting",
    "confirmed": "overfitting",
    "diverged": "diverged",
    "cannot_tell": "cannot tell",
}
