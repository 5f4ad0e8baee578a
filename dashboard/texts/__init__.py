"""Every text that pages show, in one place for translation: shared texts here, and one module per page."""

from toolkit.config import layers, losses, optimizers

from . import compare, data, form, models, results, run_actions, server, train, try_it

__all__ = ["compare", "data", "form", "models", "results", "run_actions", "server", "train", "try_it"]

APP_TITLE = "See how a network learns"
PARAMETERS = "{count:,} parameters"
FIELDS = {
    "name": "Title of the run",
    "leave_out": "Columns to leave out",
    "shape": "The rows are",
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
    "engine": "Engine",
    "units": "Units",
    "activation": "Activation",
    "filters": "Filters",
    "kernel_size": "Kernel size",
    "strides": "Strides",
    "padding": "Padding",
    "pool_size": "Pool size",
    "rate": "Rate",
}
LAYERS = {kind: one.title for kind, one in layers.LAYER_KINDS.items()}
LAYERS_SHORT = {
    **{kind: one.short_title for kind, one in layers.LAYER_KINDS.items() if one.short_title},
    "conv2d": "Conv",
}
LAYER_FIGURES = {
    "units": "{:,} units",
    "kernel_size": "{0} × {0}",
    "filters": "{}",
    "pool_size": "{0} × {0}",
    "rate": "{:.0%}",
}
ACTIVATIONS = layers.ACTIVATIONS
OPTIMIZERS = {name: one.title for name, one in optimizers.OPTIMIZERS.items()}
LOSSES = {name: one.title for name, one in losses.LOSSES.items()}
ENGINES = {"auto": "Automatic", "graph": "Plain graphs", "xla": "Compiled (XLA)"}
MONITORS = {
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "loss": "training loss",
    "accuracy": "training accuracy",
}
ON_DATA = "{name} on {data}"
PICTURES, ROWS, ALL_ROWS = "{count:,} pictures", "{count:,} rows", "its data"
LOSS = "Loss"
ACCURACY = "Accuracy"
LEGEND = (
    ":orange[**━●━**] validation  :blue[**━■━**] training, measured after the epoch  "
    ":gray[**┄┄**] training, as Keras counts it"
)
LOG_SCALE = "Logarithmic loss"
PROJECTOR = "Projector"
PROJECTOR_HELP = "Larger charts and type, to be read from the back row."
SAMPLE_RIGHT = ":green[**{label}**] · {sure}"
SAMPLE_WRONG = ":red[**{label}** ✗] · {sure}"
SAMPLE_ALT = "Test picture: {label}"
TRUE, PREDICTED, SURE = "class", "predicted", "how sure"
COLUMN = "column {number}"
NAMED_ALIKE = "{name} (column)"
UNSURE = "–"
CURVE_ALT = "{metric} over {unit}s. {sentence}"
TABLE = "The same as a table"
NO_RUNS = "There is no run yet. Train one, and it appears here with its model and weights."
GO_TRAIN = "Go to Train"
CHOOSE_RUN = "Run"
RUN_LABEL = "{name} · {accuracy} · {state} · {created}"
PREDICTOR_CAME_BACK = "The process that asks the networks had ended. It was started again, and this is its answer."
PREDICTING = "Loading the model and predicting; the first time takes some seconds."
RUN_UNDER_WAY = "This run has not ended yet; Train shows how it goes."
NO_MODEL = "This run has saved no model."
DOWNLOAD = {
    "model": "Model (.keras)",
    "weights": "Weights (.weights.h5)",
    "history": "History (.csv)",
    "config": "Settings (.json)",
}
STATES = {
    "queued": "waiting",
    "running": "running",
    "finished": "finished",
    "stopped": "stopped",
    "diverged": "diverged",
    "failed": "failed",
    "interrupted": "interrupted",
    "imported": "imported",
    "newer": "newer version",
}
VERDICTS = {
    "still_learning": "still learning",
    "flat": "flat",
    "possible": "possibly overfitting",
    "confirmed": "overfitting",
    "diverged": "diverged",
    "guessing": "no better than guessing",
    "cannot_tell": "cannot tell",
}
