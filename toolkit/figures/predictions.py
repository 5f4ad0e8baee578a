"""A network's predictions: pictures with their predicted class, mistakes marked; bars for rows of a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from ..analysis.metrics import Evaluation, Mistake
from ..datasets import Dataset
from ..errors import DataError
from ..formatting import percent, shortened, whole_percent
from ..models.classes import have_answers
from .pictures import picture_grid
from .style import INK, MARGIN, RIGHT, TEMPLATE, WRONG, plain

if TYPE_CHECKING:
    import keras

#: Of a data set, this many test rows are drawn.
_FIRST_ROWS = 20
#: The maximum length of a name in a caption, and the number of classes that hovering lists.
_LONGEST_NAME, _MOST_CLASSES = 9, 5
_WRONG_MARK, _NO_ANSWER = "✗", "–"
#: Plotly writes no text beside a bar of length 0.
_NOT_SURE = 0.001


def prediction_grid(
    x: "np.ndarray | keras.Model",
    labels: Sequence[int] | np.ndarray | Dataset,
    probabilities: np.ndarray | None = None,
    class_names: Sequence[str] = (),
    *,
    true_labels: Sequence[int] | np.ndarray | None = None,
    rows: Sequence[int] | None = None,
) -> go.Figure:
    """Rows with the predicted class and its probability; wrong ones get a frame and a ✗.

    x: as in `picture_grid`; rows of a table, of shape (rows, values), are drawn as bars. labels: the predicted
    classes. probabilities: shape (rows, classes); a row with NaN or infinity has no predicted class.
    Hovering shows the highest five. true_labels: if they are known. rows: the row numbers; default: from 0.

    `prediction_grid(model, data)` asks a model about test rows of a data set; rows: which ones, by default the first
    twenty.
    """
    if isinstance(labels, Dataset):
        return _of_test_rows(x, labels, rows)
    if probabilities is None:
        raise DataError("The figure takes rows, labels, probabilities and class names; or a model and a data set.")
    answered = have_answers(probabilities)
    names = [class_names[label] if has else _NO_ANSWER for label, has in zip(labels, answered, strict=True)]
    true = [class_names[label] for label in true_labels] if true_labels is not None else [None] * len(names)
    outputs = zip(probabilities, labels, answered, strict=True)
    sure = [float(of_row[label]) if has else np.nan for of_row, label, has in outputs]
    hover = [
        f"row {row:,}" + ("" if one is None else f", in truth {one}") + "\n" + _highest(of_row, class_names)
        for row, one, of_row in zip(rows or range(len(names)), true, probabilities, strict=True)
    ]
    return _answers(x, names, true, sure, hover)


def _of_test_rows(model: "keras.Model", data: Dataset, rows: Sequence[int] | None) -> go.Figure:
    from ..models.prediction import predict  # TensorFlow is there already: a model was passed

    numbers = list(rows if rows is not None else range(min(_FIRST_ROWS, len(data.x_test))))
    x = data.x_test[numbers]
    labels, probabilities = predict(model, x)
    true_labels = data.y_test[numbers]
    return prediction_grid(x, labels, probabilities, data.class_names, true_labels=true_labels, rows=numbers)


def worst_mistakes(mistakes: Sequence[Mistake] | Evaluation, x: np.ndarray | Dataset) -> go.Figure:
    """The rows that a network got wrong with the most confidence, the worst first.

    mistakes: the mistakes, or the `Evaluation` that holds them. x: the rows themselves, in the order of `mistakes`:
    pictures as in `picture_grid`, or rows of a table; or the data set whose test rows they are.
    """
    if isinstance(mistakes, Evaluation):
        mistakes = mistakes.worst_mistakes
    if isinstance(x, Dataset):
        x = x.x_test[[one.row for one in mistakes]]
    hover = [
        f"row {one.row:,}, in truth {one.true_label}\n{one.label}: {percent(one.probability, digits=1)}\n"
        f"{one.true_label}: {percent(one.true_probability, digits=1)}\nloss {one.loss:.2f}"
        for one in mistakes
    ]
    return _answers(
        x,
        [one.label for one in mistakes],
        [one.true_label for one in mistakes],
        [one.probability for one in mistakes],
        hover,
    )


def _answers(
    x: np.ndarray, names: Sequence[str], true: Sequence[str | None], sure: Sequence[float], hover: Sequence[str]
) -> go.Figure:
    wrong = [index for index, one in enumerate(true) if one is not None and one != names[index]]
    if x.ndim == 2:
        return _bars(names, true, sure, hover)
    captions = [
        f"{_WRONG_MARK} {shortened(name, _LONGEST_NAME)} · {whole_percent(share)}\n"
        f"is {shortened(str(one), _LONGEST_NAME)}"
        if index in wrong
        else f"{shortened(name, _LONGEST_NAME)} · {whole_percent(share)}"
        for index, (name, one, share) in enumerate(zip(names, true, sure, strict=True))
    ]
    return picture_grid(x, captions, hover=hover, marked=wrong)


def _bars(names: Sequence[str], true: Sequence[str | None], sure: Sequence[float], hover: Sequence[str]) -> go.Figure:
    """One bar per row, as long as the predicted class's probability; wrong ones are hatched."""
    wrong = [one is not None and one != name for name, one in zip(names, true, strict=True)]
    words = [
        f"{_WRONG_MARK} {plain(name)}, is {plain(str(one))}" if miss else plain(name)
        for name, one, miss in zip(names, true, wrong, strict=True)
    ]
    figure = go.Figure()
    figure.add_bar(
        x=[share if np.isfinite(share) else _NOT_SURE for share in sure],
        y=list(range(len(names))),
        orientation="h",
        marker={
            "color": [WRONG if miss else RIGHT for miss in wrong],
            "pattern": {"shape": ["/" if miss else "" for miss in wrong], "fillmode": "overlay", "fgopacity": 0.25},
        },
        text=words,
        textposition="auto",
        insidetextanchor="start",
        outsidetextfont={"color": INK},
        hovertext=[plain(text).replace("\n", "<br>") for text in hover],
        hoverinfo="text",
    )
    figure.update_layout(
        template=TEMPLATE,
        height=60 + 30 * max(1, len(names)),
        margin=MARGIN,
        showlegend=False,
        xaxis={"title": {"text": "how sure"}, "range": [0, 1.01], "tickformat": ".0%"},
        yaxis={"visible": False, "autorange": "reversed"},
    )
    return figure


def _highest(probabilities: np.ndarray, class_names: Sequence[str]) -> str:
    if not np.isfinite(probabilities).all():
        return "no probabilities: the output is NaN or infinite"
    order = np.argsort(-probabilities, kind="stable")[:_MOST_CLASSES]
    return "\n".join(f"{class_names[index]}: {percent(float(probabilities[index]), digits=1)}" for index in order)
