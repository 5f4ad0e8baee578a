"""The sections of a report as HTML: every text that comes from users or files is escaped here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

from plotly.graph_objects import Figure

from .. import figures
from ..analysis.metrics import NUM_BINS
from ..config import ExperimentConfig
from ..errors import DataError
from ..formatting import count, percent
from ..runs.folder import IMPORTED_FIELDS
from ..training.history import counts_steps
from .contents import Contents, why

_WARNING, _ERROR = ("possible", "confirmed", "guessing"), ("diverged", "failed")
#: This many of the worst mistakes are drawn.
_MISTAKES = 10


class Missing(NamedTuple):
    """A section that the report can't show, and why; without a reason, it is left out silently."""

    reason: str = ""


def header(contents: Contents) -> str:
    """Title, facts, verdict and key metrics."""
    run, result = contents.run, contents.result
    facts = [f"data: {run.config.dataset}", contents.state, *([] if run.imported else [_length(contents)])]
    if result.seconds is not None:
        facts.append(f"{result.seconds:,.1f} s")
    kind = contents.state if contents.state in _ERROR else contents.verdict.state
    tone = "warning" if kind in _WARNING else "error" if kind in _ERROR else "calm"
    sentence = run.message if contents.state == "failed" else contents.verdict.sentence
    unfinished = "" if result.state else f"<p>{escape(_unfinished(contents.state))}</p>"
    return (
        f"<h1>{escape(run.config.name)}</h1>\n<p class='facts'>{escape(' · '.join(facts))}</p>\n"
        f"<p class='verdict {tone}'>{escape(str(sentence))}</p>\n{unfinished}{_key_figures(contents)}"
    )


def sections(contents: Contents) -> Iterator[str]:
    """The rest of the report, section by section; last, what is missing and why."""
    missing = []
    for title, part in _PARTS.items():
        body = part(contents)
        if not isinstance(body, Missing):
            yield _section(title, body)
        elif body.reason:
            missing.append(f"<li><b>{title}</b>: {escape(body.reason)}</li>")
    if missing:
        yield _section("What is missing", f"<ul>{''.join(missing)}</ul>")


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{body}\n</section>"


def chart(figure: Figure, words: str) -> str:
    """A figure's place and its content; `words` describe it to those who can't see it."""
    content = figure.to_json().replace("<", "\\u003c")
    return (
        f"<div class='chart' style='height: {figure.layout.height}px' role='img' aria-label='{escape(words)}'></div>"
        f"<script type='application/json'>{content}</script>"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, kind: str = "words") -> str:
    """A table of words, or of "figures": numbers, aligned right."""
    head = "".join(f"<th scope='col'>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<div class='table {kind}'><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"


def _unfinished(state: str) -> str:
    if state == "interrupted":
        return "The training broke off before it ended: what follows is what was measured up to there."
    return f"The run is {state}: what follows is what there is so far."


def _length(contents: Contents) -> str:
    frame = contents.history.frame
    epochs, steps = (0, 0) if frame.empty else (int(frame["epoch"].iloc[-1]), int(frame["step"].iloc[-1]))
    result = contents.result
    epochs = epochs if result.epochs is None else result.epochs
    steps = steps if result.steps is None else result.steps
    return f"{count(epochs, 'epoch')}, {count(steps, 'step')}"


def _key_figures(contents: Contents) -> str:
    tiles = list(_tiles(contents))
    shown = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)} <small>{escape(note)}</small></dd></div>"
        for name, value, note in tiles
    )
    return f"<dl class='tiles'>{shown}</dl>" if tiles else ""


def _tiles(contents: Contents) -> Iterator[tuple[str, str, str]]:
    """(name, value, remark) of each known metric."""
    evaluation, verdict, frame = contents.evaluation, contents.verdict, contents.history.frame
    if not isinstance(evaluation, str):
        accuracy = percent(evaluation.test_accuracy)
        remarks = " ".join(filter(None, (evaluation.caution, evaluation.complaint)))
        yield "Test accuracy", accuracy, remarks or f"of {evaluation.num_rows:,} rows"
        if evaluation.test_loss is not None:
            yield "Test loss", f"{evaluation.test_loss:.4f}", ""
    unit = "step" if counts_steps(frame) else "epoch"
    for metric, name, shown in (
        ("loss", "Lowest validation loss", "{:.4f}".format),
        ("accuracy", "Best validation accuracy", percent),
    ):
        best = getattr(verdict, f"best_{unit}" if metric == "loss" else f"best_accuracy_{unit}")
        if best is not None:
            value = frame.loc[frame[unit] == best, f"val_{metric}"].iloc[0]
            yield name, shown(value), f"at {unit} {best:,}"
    if not isinstance(evaluation, str) and evaluation.calibration:
        error = evaluation.calibration.expected_calibration_error
        yield "Expected calibration error", percent(error), "the lower, the better"


def _curves(contents: Contents) -> str | Missing:
    frame = contents.history.frame
    if frame.empty:
        return Missing(f"Nothing was measured: {why(contents.state)}.")
    drawn = [
        f"<div><h3>{metric.capitalize()}</h3>"
        + chart(
            figures.curves(frame, contents.verdict, metric, log_axis=metric == "loss" and figures.spans_widely(frame)),
            f"{metric} over the training. {contents.verdict.sentence}",
        )
        + "</div>"
        for metric in ("loss", "accuracy")
    ]
    return f"<div class='pair'>{''.join(drawn)}</div>"


def _classes(contents: Contents) -> str | Missing:
    evaluation = contents.evaluation
    if isinstance(evaluation, str):
        return Missing(evaluation)
    rows = [
        (one.name, percent(one.precision), percent(one.recall), percent(one.f1), f"{one.rows:,}")
        for one in evaluation.classes
    ]
    classes = table(("class", "precision", "recall", "F1", "rows"), rows, kind="figures")
    matrix = figures.confusion_matrix(evaluation.confusion_matrix, evaluation.class_names)
    words = "Confusion matrix: how often each true class was taken for each class."
    return (
        "<p>Precision: of what was called so, how much is. Recall: of what is so, how much was found. "
        "F1: their harmonic mean. In the matrix, green cells, on the diagonal, are right; red ones are mistakes, "
        "the darker, the more of their row.</p>"
        f"<div class='pair'>{classes}{chart(matrix, words)}</div>"
    )


def _calibration(contents: Contents) -> str | Missing:
    if isinstance(contents.evaluation, str):
        return Missing(contents.evaluation)
    record = contents.evaluation.calibration
    if record is None:
        reason = _no_numbers(contents) or "the run is older than this figure"
        return Missing(f"There are no probabilities to look at: {reason}.")
    words = f"How often the network was right, in {NUM_BINS} bins by how sure it was."
    return (
        "<p>Is the network right as often as it is sure? On the dashed line it is; where the points lie below it, "
        "the network is surer than it should be.</p>" + chart(figures.calibration(record), words)
    )


def _no_numbers(contents: Contents) -> str:
    """Why a network that outputs NaN has neither probabilities nor mistakes; empty if it does not."""
    if contents.state == "diverged":
        return "the weights are NaN"
    unanswered = not isinstance(contents.evaluation, str) and contents.evaluation.rows_without_answer
    return "its answers are NaN" if unanswered else ""


def _mistakes(contents: Contents) -> str | Missing:
    if isinstance(contents.evaluation, str):
        return Missing(contents.evaluation)
    worst = contents.evaluation.worst_mistakes
    if not worst:
        reason = _no_numbers(contents) or "none was kept"
        return Missing(f"There are no mistakes to show: {reason}.")
    intro = "<p>The wrong test rows with the highest loss, −log of the probability of the true class.</p>"
    shown = worst[:_MISTAKES]
    if isinstance(contents.data, str) or max(one.row for one in worst) >= len(contents.data.x_test):
        rows = [(one.row, one.true_label, one.label, percent(one.probability), f"{one.loss:.2f}") for one in worst]
        return intro + table(("row", "true", "predicted", "sure", "loss"), rows, kind="figures")
    figure = figures.worst_mistakes(shown, contents.data.x_test[[one.row for one in shown]])
    return intro + chart(figure, " ".join(f"A {one.true_label} taken for {one.label}." for one in shown))


def _samples(contents: Contents) -> str | Missing:
    samples = contents.samples
    if isinstance(samples, str):
        return Missing(samples)
    figure = figures.prediction_grid(
        samples.x, samples.labels, samples.probabilities, samples.class_names, true_labels=samples.true_labels
    )
    right = int((samples.labels == samples.true_labels).sum())
    return chart(figure, f"{right} of {len(samples.labels)} test rows predicted right.")


def _templates(contents: Contents) -> str | Missing:
    weights, config = contents.weights, contents.run.config
    if isinstance(weights, str):
        return Missing(weights)
    if isinstance(contents.data, str):
        return Missing(contents.data)
    linear = not any(layer.has_kernel for layer in config.layers)
    names = contents.data.class_names if linear else ()
    try:
        figure = figures.templates(weights, contents.data.row_shape, class_names=names)
    except DataError as error:
        return Missing(str(error))
    what = "each class" if linear else "the strongest units"
    return (
        f"<p>What {what} of the first layer look for: blue speaks for it, orange against it, clear is zero.</p>"
        + chart(figure, f"The first layer's weights, a picture for {what}.")
    )


def _notes(contents: Contents) -> str | Missing:
    message = contents.result.message
    above = contents.state == "failed" or message == contents.verdict.sentence
    told = [*contents.history.notes, *([] if above or not message else [message])]
    items = "".join(f"<li>{escape(one)}</li>" for one in told)
    return f"<ul>{items}</ul>" if items else Missing()


def _settings(contents: Contents) -> str:
    fields = ExperimentConfig.model_fields
    values = {name: value for name, value in dict(contents.run.config).items() if name != "name"}
    defaults = {name: fields[name].default for name in values}
    for one in (values, defaults):
        one["leave_out"] = ", ".join(one["leave_out"]) or None
    if contents.run.imported:  # All others are defaults, not the settings that it was trained with.
        known = [(name, _setting(values[name])) for name in IMPORTED_FIELDS]
        return table(("setting", "value"), known)
    changed = [name for name in values if values[name] != defaults[name]]
    same, heads = [name for name in values if name not in changed], ("setting", "value", "default")
    differing = [(name, _setting(values[name]), _setting(defaults[name])) for name in changed]
    return (
        (table(heads, differing) if differing else "")
        + "<details><summary>All others, which have their defaults</summary>"
        + table(heads[:2], [(name, _setting(values[name])) for name in same])
        + "</details>"
    )


def _made_with(contents: Contents) -> str:
    about = contents.run.about
    facts = {
        "run": contents.run.id,
        "started": contents.run.created,
        "asked by": about.get("asked_by"),
        "weights from": about.get("weights_from"),
        "SHA-256 of the file": contents.run.imported.get("sha256"),
        "seed": contents.run.config.seed,
        "threads": about.get("threads"),
        **(about.get("versions") or {}),
    }
    return table(("what", "which"), [(name, value) for name, value in facts.items() if value is not None])


_PARTS: dict[str, Callable[[Contents], str | Missing]] = {
    "How it learned": _curves,
    "How good it is, class by class": _classes,
    "How far to trust its confidence": _calibration,
    "Its worst mistakes": _mistakes,
    "Test rows and its answers": _samples,
    "What the first layer looks for": _templates,
    "Notes": _notes,
    "Settings": _settings,
    "Made with": _made_with,
}


def _setting(value: Any) -> str:
    """A setting in readable form; layers one after the other."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, tuple):
        return str(value)
    layers = (layer.model_dump(exclude_none=True) for layer in value)
    return " → ".join(_layer(**layer) for layer in layers) or "no hidden layer"


def _layer(kind: str, **settings: Any) -> str:
    names = sorted(settings, key=lambda name: name == "activation")  # the size comes first
    words = ", ".join(f"{name} {_setting(settings[name])}" for name in names)
    return f"{kind} ({words})" if words else kind
