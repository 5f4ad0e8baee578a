"""Whether a network is better than always answering the commonest class, and why it may not be.

A network that has learned nothing often looks busy: its loss settles, and with rare classes its accuracy is high.
The measure is scikit-learn's `DummyClassifier(strategy="most_frequent")`.
"""

from collections.abc import Iterator
from math import sqrt

from ..config import ExperimentConfig
from ..config.initializers import parse_initializer
from ..config.layers import Layer
from ..config.optimizers import optimizer_of
from ..formatting import count, percent
from ..training.history import Baseline, History
from .learning_rate import is_far_too_large, tenth_of

#: A training that goes on is judged after this many steps: fewer prove nothing.
_FEWEST_STEPS = 100
#: Training rows are learned by heart if their accuracy is this far above the baseline's.
_BY_HEART = 0.2
#: A loss that changes by less than this, as a fraction, has hardly moved; one that falls by more still falls.
_HARDLY, _FALLING = 0.01, 0.03
#: Training helped if it brought the training loss below this share of the untrained network's.
_HELPED = 0.9
#: Rates this many times below or above the optimizer's usual one are named as the likely cause.
_SMALL, _LARGE = 20, 3
#: Weights that start with a standard deviation above this saturate the units of most layers.
_WIDE = 0.5
#: From this share of the rows on, one class outweighs all others.
_DOMINANT = 0.75
_USUAL_START = "glorot_uniform"
#: The newest measurements, which all have to be no better.
_RECENT = 3
#: So many layers that flatten out at both ends pass on almost no slope.
_MANY, _FLATTENING = 4, ("sigmoid", "tanh")
_WHY_FORGOTTEN = (
    "Too large a step can wipe out what was learned. Try a smaller learning rate, or keep the best weights with "
    "restore_best_weights."
)


def is_clearly_better(accuracy: float, baseline: Baseline) -> bool:
    """Whether an accuracy in [0, 1] is at least two standard errors of a proportion above the baseline's.

    With very few rows, half of the way from the baseline to 1 is enough.
    """
    expected = baseline.accuracy
    return accuracy >= expected + min(2 * sqrt(expected * (1 - expected) / baseline.rows), (1 - expected) / 2)


def guessing_sentence(history: History, config: ExperimentConfig | None = None) -> str:
    """What to say if the newest measurements are not clearly better than the baseline; empty if one is, or it is too
    early to say.

    config: of the experiment, which narrows the causes down.
    """
    baseline, trained = history.baseline, [one for one in history.records if one["step"] > 0]
    if baseline is None or not trained:
        return ""
    if history.state == "running" and trained[-1]["step"] < _FEWEST_STEPS:
        return ""
    name = "val_accuracy" if baseline.measured_on == "validation" else "honest_accuracy"
    accuracies = [one[name] for one in trained if one.get(name) is not None]
    if not accuracies:
        return ""
    if is_clearly_better(max(accuracies[-_RECENT:]), baseline):
        return _never_helped(history, baseline, config)
    if is_clearly_better(max(accuracies), baseline):
        return (
            f"No better than guessing any more: {percent(accuracies[-1])} of the {baseline.measured_on} rows are "
            f"right, after {percent(max(accuracies))} at best; always answering {baseline.label}, their commonest "
            f"class, gives {percent(baseline.accuracy)}. {_WHY_FORGOTTEN}"
        )
    alike = all(abs(one - baseline.accuracy) < 0.5 / baseline.rows for one in accuracies[-_RECENT:])
    answers = f" It answers {baseline.label} to every row." if alike else ""
    return (
        f"No better than guessing: at most {percent(max(accuracies))} of the {baseline.measured_on} rows were right so "
        f"far, and always answering {baseline.label}, their commonest class, gives {percent(baseline.accuracy)}."
        f"{answers} {next(_causes(history, baseline, config))}"
    )


def _never_helped(history: History, baseline: Baseline, config: ExperimentConfig | None) -> str:
    """What to say if the validation loss was lowest before training, and the training loss has hardly fallen either."""
    losses = [one["val_loss"] for one in history.records if one.get("val_loss") is not None]
    untrained = history.records[0]
    before, now = untrained.get("honest_loss"), history.records[-1].get("honest_loss")
    if untrained["step"] or before is None or now is None or not losses:
        return ""
    if min(losses) < losses[0] or now < _HELPED * before:
        return ""
    return (
        f"Training has not helped: validation loss was lowest before it, with {losses[0]:.4f}, and is {losses[-1]:.4f} "
        f"now. {next(_causes(history, baseline, config))}"
    )


def _causes(history: History, baseline: Baseline, config: ExperimentConfig | None) -> Iterator[str]:
    """Why the network may have learned nothing, and what to try; the likeliest cause first."""
    trained = [one for one in history.records if one["step"] > 0]
    known = trained[-1].get("honest_accuracy")
    if baseline.measured_on == "validation" and known is not None and known > baseline.accuracy + _BY_HEART:
        yield (
            f"Of the rows that it learns from, {percent(known)} are right: it learns them by heart, and nothing that "
            "holds for others. Check that each label belongs to its row, or bring more rows."
        )
    if config is not None:
        yield from _sure_causes(config, history)
    steps = trained[-1]["step"]
    if steps < _FEWEST_STEPS:
        yield f"The network has only taken {count(steps, 'step')}. Train longer, or in smaller batches."
    if config is not None:
        yield from _possible_causes(config)
    if baseline.accuracy >= _DOMINANT:
        yield (
            f"With so many rows of {baseline.label}, that answer alone makes the loss small. Bring more rows of the "
            f"other classes, or leave some of {baseline.label} out."
        )
    if _fall(history) > _FALLING:
        yield (
            "Its loss still falls: train longer, or try a larger learning rate. If that does not help, check that each "
            "label belongs to its row."
        )
    yield "Check that each label belongs to its row; then try another learning rate, or other initial weights."


def _sure_causes(config: ExperimentConfig, history: History) -> Iterator[str]:
    for layer in config.layers:
        if start := _start_of(layer, config):
            name, settings = parse_initializer(start)
            if name in ("zeros", "ones", "constant"):
                yield (
                    f"All weights of the layer {layer.kind} start equal ({start}), so its units can't become different "
                    f"from each other. Choose {_USUAL_START} for the kernel."
                )
            if settings.get("stddev", 0) > _WIDE:
                yield (
                    f"The weights of the layer {layer.kind} start far apart ({start}), which drives its units to their "
                    f"limits, where they no longer learn. Choose {_USUAL_START} for the kernel."
                )
    optimizer, rate = optimizer_of(config.optimizer), config.learning_rate
    if is_far_too_large(history):
        yield f"The learning rate {rate:g} is far too large: the loss jumped up. Try a tenth of it, {tenth_of(rate):g}."
    if rate * _SMALL <= optimizer.usual_learning_rate and abs(_fall(history)) < _HARDLY:
        yield f"With the learning rate {rate:g}, the loss has hardly moved. {optimizer.advice}"


def _possible_causes(config: ExperimentConfig) -> Iterator[str]:
    optimizer, rate = optimizer_of(config.optimizer), config.learning_rate
    if rate >= _LARGE * optimizer.usual_learning_rate:
        yield (
            f"The learning rate {rate:g} is large for {optimizer.title}: after steps that large, units can end up "
            f"answering 0 to everything. {optimizer.advice}"
        )
    activations = [getattr(layer, "activation", None) for layer in config.layers]
    flattening = [one for one in activations if one in _FLATTENING]
    if len(flattening) >= _MANY:
        yield (
            f"{len(flattening)} layers of {flattening[0]} in a row pass on almost nothing of what the first ones would "
            "need to learn. Choose relu, or fewer layers."
        )


def _start_of(layer: Layer, config: ExperimentConfig) -> str | None:
    """How the layer's kernel starts; None if it has none."""
    if not hasattr(layer, "kernel_initializer"):
        return None
    return layer.kernel_initializer or config.kernel_initializer


def _fall(history: History) -> float:
    """By how much the training loss fell since the first measurement after the start, as a fraction of it."""
    losses = [one.get("honest_loss") or one.get("loss") for one in history.records if one["step"] > 0]
    first, last = losses[0], losses[-1]
    return (first - last) / abs(first) if first and last is not None else 0.0
