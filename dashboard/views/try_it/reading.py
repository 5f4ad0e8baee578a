"""A network's predictions for a picture: as given, after each preparation step, and in the end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dashboard import texts
from dashboard.shared.ask_network import ask
from dashboard.shared.dataset_cache import asked_data_of
from dashboard.shared.formatting import plain
from toolkit.datasets import Dataset
from toolkit.datasets.pictures import resize_picture
from toolkit.formatting import whole_percent
from toolkit.handwriting import (
    STEPS,
    PreparedDigit,
    can_prepare,
    digit_rows,
    from_pixels,
    holds_digits,
    prepare_picture,
)
from toolkit.runs import RunFolder

_SURE, _TORN = 0.9, 0.6


@dataclass(frozen=True, eq=False)
class Answer:
    """A network's prediction for one row.

    probabilities: float32 of shape (classes,), NaN if its weights are NaN. class_names: as in a `Dataset`.
    """

    probabilities: np.ndarray
    class_names: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether all probabilities are finite."""
        return bool(np.isfinite(self.probabilities).all())

    @property
    def order(self) -> list[int]:
        """The classes, likeliest first."""
        return [int(label) for label in np.argsort(-self.probabilities, kind="stable")]

    @property
    def label(self) -> str:
        """The name of the likeliest class; a dash if there is no answer."""
        return self.class_names[self.order[0]] if self.is_known else texts.UNSURE

    @property
    def sure(self) -> str:
        """The probability of that class, such as `98 %`."""
        return whole_percent(float(self.probabilities[self.order[0]])) if self.is_known else texts.UNSURE

    def in_short(self, meant: str | None) -> str:
        """`**7** · 98 %` as Markdown; green, or red with a ✗, if the true class is known."""
        if not self.is_known:
            return texts.UNSURE
        right, wrong = texts.SAMPLE_RIGHT, texts.SAMPLE_WRONG
        words = texts.try_it.SHORT if meant is None else right if meant == self.label else wrong
        return words.format(label=plain(self.label), sure=self.sure)


@dataclass(frozen=True, eq=False)
class Reading:
    """One network's predictions for a picture.

    row: the network's input, as uint8 pixels of its `Dataset`'s shape. prepared: the steps that led there, None if the
    picture was only resized. given: the answer to the picture if it were only resized. after: by step, the answer if
    the preparation ended there. final: the answer to `row`. remarks: a sentence for each thing that was done besides.
    """

    row: np.ndarray
    prepared: PreparedDigit | None
    given: Answer
    after: Mapping[str, Answer]
    final: Answer
    remarks: tuple[str, ...] = ()


def preparations(run: RunFolder, picture: Image.Image) -> list[str]:
    """The preparations that can be chosen for a picture, besides the automatic one."""
    data = asked_data_of(run)
    fits = picture.size == data.row_shape[1::-1]
    return ["digit"] * can_prepare(data) + ["resize"] + ["none"] * fits


def read_picture(
    run: RunFolder, picture: Image.Image, skip: Collection[str], prepare: str | None = None
) -> Reading | None:
    """Prepare a picture for a network and predict all stages in one batch; None if no answer comes.

    skip: keys of `STEPS` to leave out. prepare: as in `prepare_picture`. Raises `DataError` if the run's data are
    missing or have changed, or if the preparation is not possible.
    """
    data = asked_data_of(run)
    made = prepare_picture(picture, data, skip=skip, prepare=prepare)
    row, prepared = made.row, made.digit
    steps = prepared.steps if prepared else ()
    rows = [row, resize_picture(picture, data.row_shape)]
    if prepared:
        rows += list(digit_rows([step.pixels for step in steps], data)) if steps else []
    answers = _ask(run, data, rows)
    if answers is None:
        return None
    final, given, *after = answers
    stages = {step.key: one for step, one in zip(steps, after, strict=True)}
    return Reading(row, prepared, given, stages, final, made.remarks)


def ask_about(run: RunFolder, picture: Image.Image, prepared: PreparedDigit | None) -> Answer | None:
    """Another network's answer to the same picture, or to the same 28 × 28 pixels if it was trained on digits too.

    Raises `DataError` if the run's data are missing or have changed.
    """
    data = asked_data_of(run)
    if prepared and holds_digits(data):
        row = digit_rows([prepared.pixels], data)[0]
    else:
        row = prepare_picture(picture, data).row
    answers = _ask(run, data, [row])
    return answers[0] if answers else None


def _ask(run: RunFolder, data: Dataset, rows: Sequence[np.ndarray]) -> list[Answer] | None:
    x = np.stack(rows)
    probabilities = ask(lambda predictor: predictor.predict(run.id, from_pixels(x, data)))
    return None if probabilities is None else [Answer(one, data.class_names) for one in probabilities]


def what_it_sees(reading: Reading) -> str:
    """The verdict in a sentence or two: what the network sees, how sure it is, and what the preparation changed."""
    final, given = reading.final, reading.given
    if not final.is_known:
        return texts.try_it.NO_ANSWER
    first, second, *_ = final.order
    share = final.probabilities[first]
    words = texts.try_it.SEES if share >= _SURE else texts.try_it.DOUBTS if share >= _TORN else texts.try_it.TORN
    sentence = words.format(
        first=_sure(final, first, texts.try_it.SURE), second=_sure(final, second, texts.try_it.SURE)
    )
    if reading.prepared is None:
        return sentence
    same = final.label == given.label
    change = texts.try_it.SAME_UNPREPARED if same else texts.try_it.OTHER_UNPREPARED
    return f"{sentence} {change.format(given=_sure(given, given.order[0], texts.try_it.SURE))}"


def why_wrong(reading: Reading, meant: str, skip: Collection[str]) -> str:
    """What may explain a wrong prediction, and what to try."""
    if skip:
        return texts.try_it.WRONG_SKIPPED.format(steps=_titles([key for key in STEPS if key in skip]))
    if reading.prepared and (doubts := reading.prepared.warnings):
        return texts.try_it.WRONG_WARNED.format(warning=plain(next(iter(doubts.values()))))
    turned = _turned_away(reading, meant)
    if turned:
        return texts.try_it.WRONG_STEP.format(step=_titles([turned]))
    place = reading.final.order.index(reading.final.class_names.index(meant))
    return texts.try_it.WRONG_SECOND if place == 1 else texts.try_it.WRONG


def _turned_away(reading: Reading, meant: str) -> str | None:
    """The step that turned a right answer into a wrong one for good."""
    keys = list(reading.after)
    right = [key for key in keys if reading.after[key].label == meant]
    return keys[keys.index(right[-1]) + 1] if right and right[-1] != keys[-1] else None


def _titles(keys: Sequence[str]) -> str:
    return ", ".join(f"*{STEPS[key].title}*" for key in keys)


def _sure(answer: Answer, label: int, words: str) -> str:
    share = float(answer.probabilities[label])
    return words.format(label=plain(answer.class_names[label]), sure=whole_percent(share))
