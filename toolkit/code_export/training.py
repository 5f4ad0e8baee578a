"""The script's second half: batches in the toolkit's order, `fit`, lowest validation loss, evaluation, saving."""

import re

from ..config import ExperimentConfig
from ..config.losses import LOSSES
from ..training.engine_choice import evaluation_batch_size
from .layout import bracket_code, comment_code, value_code

_STEPS_PER_EPOCH = "math.ceil(len(x_train) / BATCH_SIZE)"

_STOP = '''\
class StopAfterSteps(keras.callbacks.Callback):
    """Ends the training when fewer than LOG_EVERY steps are left for the last epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations >= STEPS:
            self.model.stop_training = True'''


def batches_code(config: ExperimentConfig) -> str:
    """A generator of batches, with each epoch's rows in the order that `row_order` draws."""
    epochs = "range(1, EPOCHS + 1)" if config.epochs else "itertools.count(1)"
    return f"""\
# Once a seed is set, Keras repeats one order of the rows in every epoch: draw our own.
def batches():
    for epoch in {epochs}:
        order = np.random.default_rng([SEED, epoch]).permutation(len(x_train))
        for start in range(0, len(order), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            yield x_train[rows], y_train[rows]"""


def stop_code(config: ExperimentConfig) -> str:
    """The callback that ends training in the middle of an epoch of `fit`; empty if that can't be needed."""
    return _STOP if _ends_between(config) else ""


def fit_code(config: ExperimentConfig) -> str:
    """`history = model.fit(…)`: one epoch of `fit` per measurement."""
    comment = "Train; give up if the loss is no longer a number."
    steps, epochs = _STEPS_PER_EPOCH, "EPOCHS"
    if _counts_steps(config):
        comment = f"{comment} What Keras calls an epoch are LOG_EVERY steps here."
        steps, epochs = "LOG_EVERY", "STEPS // LOG_EVERY"
    if _ends_between(config):
        epochs = "math.ceil(STEPS / LOG_EVERY)"
    arguments = ["batches()", f"steps_per_epoch={steps}", f"epochs={epochs}", "shuffle=False"]
    if _validates(config):
        arguments += ["validation_data=(x_val, y_val)", f"validation_batch_size={_evaluation_batch(config)}"]
    arguments += [bracket_code("callbacks=[", _callbacks(config, epochs), "]", depth=1), "verbose=2"]
    lines = [comment_code(comment), _counts_code(config), bracket_code("history = model.fit(", arguments)]
    return "\n".join(line for line in lines if line)


def lowest_code(config: ExperimentConfig) -> str:
    """Prints where validation loss was lowest; empty without validation rows."""
    if not _validates(config):
        return ""
    losses = "np.nan_to_num(val_loss, nan=np.inf)" if is_unclipped(config) else "val_loss"
    unit, place = "epoch", "best + 1"
    if _counts_steps(config):
        unit, place = (
            "step",
            "min((best + 1) * LOG_EVERY, STEPS)" if _ends_between(config) else "(best + 1) * LOG_EVERY",
        )
    return f"""\
# The overfitting point: after the lowest validation loss, look what both losses do.
val_loss = history.history["val_loss"]
best = int(np.argmin({losses}))
{unit} = {place}
print(f"Lowest validation loss {{val_loss[best]:.4f}} at {unit} {{{unit}}}")"""


def judge_code(config: ExperimentConfig) -> str:
    """Evaluates loss and accuracy on the test rows."""
    return f"""\
# Judge the network on the test rows, which had no part in any of this.
loss, accuracy = model.evaluate(x_test, y_test, batch_size={_evaluation_batch(config)}, verbose=0)
print(f"Test accuracy {{accuracy:.2%}}, test loss {{loss:.4f}}")"""


def save_code(config: ExperimentConfig) -> str:
    """Saves the whole model under the experiment's name."""
    slug = re.sub(r"[^a-z0-9]+", "-", config.name.lower())[:40].strip("-") or "model"
    how = ", compile=False" if is_unclipped(config) else ""
    comment = comment_code(f'Save it; keras.models.load_model("{slug}.keras"{how}) opens it again.')
    return f'{comment}\nmodel.save("{slug}.keras")'


def is_unclipped(config: ExperimentConfig) -> bool:
    """Whether the loss is the tutorials' own, which Keras does not have."""
    return not LOSSES[config.loss].is_clipped


def _evaluation_batch(config: ExperimentConfig) -> str:
    size = evaluation_batch_size(config, config.batch_size)
    return "BATCH_SIZE" if size == config.batch_size else str(size)


def _counts_code(config: ExperimentConfig) -> str:
    """The number of steps, or of steps between measurements, if the config leaves it to the data."""
    if config.epochs and config.log_every:
        return f"STEPS = EPOCHS * {_STEPS_PER_EPOCH}"
    return f"LOG_EVERY = {_STEPS_PER_EPOCH}" if config.steps and not config.log_every else ""


def _callbacks(config: ExperimentConfig, epochs: str) -> list[str]:
    callbacks = ["keras.callbacks.TerminateOnNaN()"]
    if config.patience or config.restore_best_weights:
        settings = [] if config.monitor == "val_loss" else [f"monitor={value_code(config.monitor)}"]
        settings.append(f"patience={config.patience or epochs}")
        settings += ["restore_best_weights=True"] if config.restore_best_weights else []
        callbacks.append(bracket_code("keras.callbacks.EarlyStopping(", settings, depth=2))
    return [*callbacks, *(["StopAfterSteps()"] if _ends_between(config) else [])]


def _validates(config: ExperimentConfig) -> bool:
    return config.validation_split is not None or config.validation_rows is not None


def _counts_steps(config: ExperimentConfig) -> bool:
    """Whether measurements are counted in steps rather than epochs."""
    return config.steps is not None or config.log_every is not None


def _ends_between(config: ExperimentConfig) -> bool:
    """Whether the last measurement may come after fewer steps than the others."""
    even = config.steps and config.log_every and config.steps % config.log_every == 0
    return _counts_steps(config) and not even
