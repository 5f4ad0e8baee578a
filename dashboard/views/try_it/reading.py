"""What networks see in a picture: as it is, after each step of its preparation, and in the end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dashboard import texts
from dashboard.shared.ask_network import ask
from dashboard.shared.dataset_cache import data_of
from dashboard.shared.formatting import plain
from toolkit.datasets import Dataset
from toolkit.datasets.pictures import resize_picture
from toolkit.formatting import whole_percent
from toolkit.handwriting import STEPS, PreparedDigit, digit_rows, from_pixels, holds_digits, prepare_picture
from toolkit.runs import RunFolder

_SURE, _TORN = 0.9, 0.6


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network says of one row.

    probabilities: float32 of shape (classes,), NaN where its weights are no numbers. class_names: as in a `Dataset`.
    """

    probabilities: np.ndarray
    class_names: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether the network can answer at all."""
        return bool(np.isfinite(self.probabilities).all())

    @property
    def order(self) -> list[int]:
        """The classes, the likeliest first."""
        return [int(label) for label in np.argsort(-self.probabilities, kind="stable")]

    @property
    def label(self) -> str:
        """The likeliest class, by name; a dash where there is no answer."""
        return self.class_names[self.order[0]] if self.is_known else texts.UNSURE

    @property
    def sure(self) -> str:
        """How sure the network is of it, `98 %`."""
        return whole_percent(float(self.probabilities[self.order[0]])) if self.is_known else texts.UNSURE

    def told(self, meant: str | None) -> str:
        """`**7** · 98 %` as Markdown: green, or red with a ✗, where it is known what was meant."""
        if not self.is_known:
            return texts.UNSURE
        right, wrong = texts.SAMPLE_RIGHT, texts.SAMPLE_WRONG
        words = texts.try_it.SHORT if meant is None else right if meant == self.label else wrong
        return words.format(label=plain(self.label), sure=self.sure)


@dataclass(frozen=True, eq=False)
class Reading:
    """A picture as one network reads it.

    row: what the network was given in the end, as uint8 pixels of its `Dataset`'s shape. prepared: how that came
    about, None where the picture was merely resized. given: the answer to the picture as it is, merely shrunk; after:
    the answer if the preparation had ended with that step, by its key; final: the answer to `row`.
    """

    row: np.ndarray
    prepared: PreparedDigit | None
    given: Answer
    after: Mapping[str, Answer]
    final: Answer


def read_picture(run: RunFolder, picture: Image.Image, skip: Collection[str]) -> Reading | None:
    """Prepare a picture for a network and ask it about every stage in one question; None where no answer comes.

    skip: keys of `STEPS` to leave out. Raises `DataError` where the run's data have gone or changed.
    """
    data = data_of(run)
    row, prepared = prepare_picture(picture, data, skip=skip)
    steps = prepared.steps if prepared else ()
    rows = [row, resize_picture(picture, data.row_shape)]
    if prepared:
        rows += list(digit_rows([step.pixels for step in steps], data)) if steps else []
    said = _ask(run, data, rows)
    if said is None:
        return None
    final, given, *after = said
    return Reading(row, prepared, given, {step.key: one for step, one in zip(steps, after, strict=True)}, final)


def ask_about(run: RunFolder, picture: Image.Image, prepared: PreparedDigit | None) -> Answer | None:
    """What another network says of the same picture; of the same 28 × 28 pixels where it knows digits too.

    Raises `DataError` where the run's data have gone or changed.
    """
    data = data_of(run)
    if prepared and holds_digits(data):
        row = digit_rows([prepared.pixels], data)[0]
    else:
        row, _ = prepare_picture(picture, data)
    said = _ask(run, data, [row])
    return said[0] if said else None


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
    """What may explain that the network sees something else than what was meant, and what to try."""
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
    """The step after which a right answer became a wrong one for good."""
    keys = list(reading.after)
    right = [key for key in keys if reading.after[key].label == meant]
    return keys[keys.index(right[-1]) + 1] if right and right[-1] != keys[-1] else None


def _titles(keys: Sequence[str]) -> str:
    return ", ".join(f"*{STEPS[key].title}*" for key in keys)


def _sure(answer: Answer, label: int, words: str) -> str:
    share = float(answer.probabilities[label])
    return words.format(label=plain(answer.class_names[label]), sure=whole_percent(share))
