"""`predict`: predictions of a trained run for the user's own pictures and for test rows."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from ..datasets import Dataset
from ..datasets.columns import TableEncoding
from ..datasets.csv_text import read_text
from ..datasets.new_rows import NewRows, read_new_rows
from ..errors import DataError, ToolkitError
from ..formatting import percent
from ..models.classes import NO_CLASS
from ..runs import RunFolder, open_run
from ..runs.artifacts import labelled_pictures, load_data, open_model, read_encoding
from .options import json_option, root_option
from .output import print_json, print_table, printable


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("pictures", metavar="[PICTURE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--rows",
    "tables",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="New rows of a table, with the columns that the network learned, in any order.",
)
@click.option("--index", metavar="0:10", help="Rows of the test part: a number, a range, or several with commas.")
@click.option("--random", "num_random", type=click.IntRange(1, 10_000), help="This many test rows at random.")
@click.option("--seed", type=click.IntRange(0), help="Make --random draw the same rows again.")
@click.option(
    "--prepare",
    type=click.Choice(["digit", "resize", "none"]),
    help="Cut the digit out of each picture, only resize it, or take its pixels as they are. "
    "By default, whichever fits the training pictures.",
)
@root_option
@json_option
def predict(
    run_id: str,
    pictures: tuple[Path, ...],
    tables: tuple[Path, ...],
    index: str | None,
    num_random: int | None,
    seed: int | None,
    prepare: str | None,
    root: Path,
    as_json: bool,
) -> int:
    """Predict your own pictures (PNG, JPEG, WebP, HEIC, …), new rows of a table, or test rows with a run's model.

    Pictures that can't be read are named on standard error, and the others predicted; the exit status is then 1. A
    label column among new rows is ignored, and shown beside the answers.
    """
    run = open_run(root, run_id)
    if tables:
        if pictures or index is not None or num_random:
            raise ToolkitError("Predict new rows with --rows, or pictures and test rows, not both at once.")
        _predict_tables(run, tables, as_json)
        return 0
    data = (labelled_pictures(run) if pictures and index is None and not num_random else None) or load_data(run)
    rows = parse_index(index, len(data.x_test)) if index is not None else []
    if num_random:
        rows += np.random.default_rng(seed).permutation(len(data.x_test))[:num_random].tolist()
    if not rows and not pictures:
        raise ToolkitError(
            "Say what to predict: a picture's file name, --rows FILE for rows of a table, --index 0:10, or --random 1."
        )
    read, unreadable = read_pictures(pictures, data, prepare)
    if unreadable and not read and not rows:
        raise DataError(" ".join(unreadable.values()))
    asked = [about for _, about in read] + [
        {"index": row, "true_label": data.class_names[data.y_test[row]]} for row in rows
    ]
    inputs = np.stack([*(pixels for pixels, _ in read), *(data.x_test[row] for row in rows)])
    answers = [
        {**one, **answer} for one, answer in zip(asked, predict_rows(run, inputs, data.class_names), strict=True)
    ]
    for sentence in unreadable.values():
        print(printable(sentence), file=sys.stderr)
    errors = [{"picture": str(path), "error": sentence} for path, sentence in unreadable.items()]
    print_json([*answers, *errors]) if as_json else _print_for_people(answers, data)
    return 1 if unreadable else 0


def _predict_tables(run: RunFolder, tables: tuple[Path, ...], as_json: bool) -> None:
    """Predict all rows of tables. What is to be remarked goes to standard error, so that the output stays JSON."""
    encoding, answers = read_encoding(run), []
    for path in tables:
        new = read_rows_file(path, encoding)
        for remark in new.remarks:
            click.echo(printable(remark), err=True)
        asked = [
            {"file": str(path), "line": new.table.line(row), "true_label": label}
            for row, label in enumerate(new.labels)
        ]
        predicted = predict_rows(run, new.x, encoding.class_names)
        answers += [{**one, **answer} for one, answer in zip(asked, predicted, strict=True)]
    if as_json:
        print_json(answers)
        return
    print_table([_line(answer, encoding.class_names) for answer in answers])
    _print_unknown(answers)


def read_rows_file(path: Path, encoding: TableEncoding) -> NewRows:
    """A table file's rows for a network. Raises `DataError` if the file is missing or can't be encoded."""
    try:
        return read_new_rows(path.name, read_text(path), encoding)
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror or error}). Name a table of new rows.") from None


def predict_rows(run: RunFolder, inputs: np.ndarray, class_names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Label and probabilities of each row, and its logits if the model ends in logits, as JSON stores them.

    The label is None if the network outputs NaN.
    """
    model = open_model(run)
    from ..models.prediction import ends_in_logits, raw_outputs
    from ..models.prediction import predict as predict_with

    labels, probabilities = predict_with(model, inputs)
    answers: list[dict[str, Any]] = [
        {"label": None if label == NO_CLASS else class_names[label], "probabilities": _finite(row)}
        for label, row in zip(labels, probabilities, strict=True)
    ]
    if ends_in_logits(model):
        for answer, logits in zip(answers, raw_outputs(model, inputs), strict=True):
            answer["logits"] = _finite(logits)
    return answers


def parse_index(text: str, num_rows: int) -> list[int]:
    """Row numbers from `"7"`, `"0:10"` or `"1,5,20:25"`. Raises `ToolkitError` if a row does not exist."""
    rows: list[int] = []
    for part in text.split(","):
        first, colon, last = part.strip().partition(":")
        try:
            start = int(first or 0) if colon else int(first)
            end = (int(last) if last else num_rows) if colon else start + 1
        except ValueError:
            raise ToolkitError(f"--index must be like 7, 0:10 or 1,5,20:25. Received: {text}.") from None
        if not 0 <= start < end <= num_rows:
            raise ToolkitError(f"--index must lie in 0:{num_rows}, the test rows. Received: {text}. Try 0:10.")
        rows += range(start, end)
    return rows


def read_pictures(
    paths: Sequence[Path], data: Dataset, prepare: str | None = None
) -> tuple[list[tuple[np.ndarray, dict[str, Any]]], dict[Path, str]]:
    """The pictures that can be read, as `read_picture` returns them, and a sentence for each of the others."""
    read, unreadable = [], {}
    for path in paths:
        try:
            read.append(read_picture(path, data, prepare))
        except DataError as error:
            unreadable[path] = str(error)
    return read, unreadable


def read_picture(path: Path, data: Dataset, prepare: str | None = None) -> tuple[np.ndarray, dict[str, Any]]:
    """A picture file as a row of the data set, and remarks on it: its preparation and any doubts.

    prepare: as in `prepare_picture`.

    Raises `ToolkitError` if the data set holds no pictures, `DataError` for a file that is not a picture, or for a
    page without ink.
    """
    from ..handwriting import from_pixels, open_picture, prepare_picture

    if not data.is_pictures:
        raise ToolkitError(f"The data set {data.name} holds no pictures, so {path} can't be predicted. Use --index.")
    prepared = prepare_picture(open_picture(path), data, prepare=prepare)
    warnings = prepared.digit.warnings if prepared.digit else {}
    if "no_ink" in warnings:
        raise DataError(f"{path}: {warnings['no_ink']}")
    about: dict[str, Any] = {"picture": str(path), "preparation": prepared.preparation}
    about["warnings"] = list(warnings.values())
    if prepared.remarks:
        about["remarks"] = list(prepared.remarks)
    return from_pixels(prepared.row, data), about


def _print_for_people(answers: list[dict[str, Any]], data: Dataset) -> None:
    print_table([_line(answer, data.class_names) for answer in answers])
    preparations = {answer["preparation"] for answer in answers if "preparation" in answer}
    if "digit" in preparations:
        print("Pictures were prepared as the training pictures are: cut out, light on black, scaled and centred.")
    others = "Others" if len(preparations) > 1 else "Pictures"
    if "resized" in preparations:
        turned = any(answer.get("remarks") for answer in answers)
        print(
            f"{others} were resized to {_size(data)}."
            if turned
            else f"{others} were resized to {_size(data)}, nothing else."
        )
    if "none" in preparations:
        print("Pictures were taken as they are.")
    for answer in answers:
        for sentence in (*answer.get("remarks", ()), *answer.get("warnings", ())):
            print(f"{answer['picture']}: {sentence}")
    _print_unknown(answers)


def _print_unknown(answers: list[dict[str, Any]]) -> None:
    if unknown := sum(answer["label"] is None for answer in answers):
        rows = f"{unknown:,} of {len(answers):,} rows"
        print(f"The network's answers are not numbers (NaN) for {rows}, so it names no class for them.")


def _size(data: Dataset) -> str:
    return " × ".join(str(length) for length in data.row_shape[:2])


def _finite(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _line(answer: dict[str, Any], class_names: tuple[str, ...]) -> dict[str, Any]:
    probabilities = dict(zip(class_names, answer["probabilities"], strict=True))
    sure = probabilities.get(answer["label"])
    line = {
        "what": answer.get(
            "picture", f"line {answer['line']}" if "line" in answer else f"test row {answer.get('index')}"
        ),
        "true": answer.get("true_label"),
        "predicted": answer["label"],
        "sure": percent(sure),
    }
    shown = {name: None if p is None else f"{p:.2f}" for name, p in probabilities.items()}
    return line | {f"{name} (class)" if name in line else name: p for name, p in shown.items()}
