"""`predict --rows`: what a run's network says of new rows of a table, as plain Keras says it of the encoded rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from toolkit.config.presets import preset
from toolkit.datasets import load_dataset
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder, create_run
from toolkit.runs.artifacts import read_encoding

Command = Callable[..., Any]

_RANDOM = np.random.default_rng(0)
TEXT = "Id,Sex,Age,Seen,Survived\n" + "".join(
    f"{n},{_RANDOM.choice(['male', 'female'])},{_RANDOM.choice(['', *range(20, 60)])},{1_700_000_000 + n * 3},{n % 2}\n"
    for n in range(60)
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A network that has seen a table with texts, gaps and Unix times."""
    folder = tmp_path_factory.mktemp("table")
    (folder / "passengers.csv").write_text(TEXT)
    config = preset("table").replace(dataset=str(folder / "passengers.csv"), leave_out=("Id",), epochs=1)
    made = create_run(folder / "runs", config, asked_by="a test")
    assert run_experiment(made).state == "finished"
    return made


def test_new_rows_get_the_answers_that_plain_keras_gives_the_encoded_rows(
    command: Command, run: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "new.csv").write_text("Seen;Age;Sex\n1700000009;31;female\n1700000100;;male\n")
    answers = command("predict", run.id, "--rows", tmp_path / "new.csv", "--root", run.path.parent, "--json").document

    encoding = read_encoding(run)
    sex, age, seen = encoding.columns
    assert sex.feature_names == ("Sex=female", "Sex=male")
    rows = [[1, 0, 31, 1700000009 - seen.offset], [0, 1, age.fill, 1700000100 - seen.offset]]  # type: ignore[union-attr]
    plain = keras.models.load_model(run.model_path, compile=False).predict(np.array(rows, np.float32), verbose=0)
    assert [answer["line"] for answer in answers] == [2, 3]
    assert [answer["true_label"] for answer in answers] == [None, None]
    assert [answer["label"] for answer in answers] == [str(label) for label in plain.argmax(axis=1)]
    for answer, probabilities in zip(answers, plain, strict=True):
        assert answer["probabilities"] == pytest.approx(probabilities.tolist(), rel=1e-4)


def test_a_label_among_the_rows_stands_beside_the_answers_and_remarks_go_to_standard_error(
    command: Command, run: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "new.csv").write_text("Seen,Age,Sex,Survived,Hat\n1700000009,31,other,1,yes\n")
    answer = command("predict", run.id, "--rows", tmp_path / "new.csv", "--root", run.path.parent, "--json")
    assert [one["true_label"] for one in answer.document] == ["1"]
    assert answer.errors.splitlines() == [
        "new.csv: these columns are ignored, since the network never saw them: Hat.",
        "new.csv: the network never saw other in the column Sex: none of its 2 categories counts there.",
    ]
    printed = command("predict", run.id, "--rows", tmp_path / "new.csv", "--root", run.path.parent)
    assert "line 2" in printed.output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Seen,Sex\n1700000009,male\n", "new.csv must have the columns that the network learned. Missing: Age."),
        (None, "new.csv can't be read (No such file or directory). Name a table of new rows."),
    ],
)
def test_rows_that_can_not_be_predicted_are_said(
    command: Command, run: RunFolder, tmp_path: Path, text: str | None, sentence: str
) -> None:
    if text is not None:
        (tmp_path / "new.csv").write_text(text)
    answer = command("predict", run.id, "--rows", tmp_path / "new.csv", "--root", run.path.parent)
    assert answer.status != 0
    assert sentence in answer.errors


def test_the_file_that_was_learned_from_is_not_needed_for_new_rows(
    command: Command, run: RunFolder, tmp_path: Path
) -> None:
    path = Path(run.config.dataset)
    (tmp_path / "new.csv").write_text(TEXT)
    path.rename(path.with_suffix(".gone"))
    try:
        answer = command("predict", run.id, "--rows", tmp_path / "new.csv", "--root", run.path.parent, "--json")
    finally:
        path.with_suffix(".gone").rename(path)
    assert len(answer.document) == 60


def test_notes_are_kept_with_the_run(run: RunFolder) -> None:
    data = load_dataset(run.config.dataset, **run.config.reading)
    assert data.notes
    assert set(data.notes) <= set(run.history().notes)


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"columns": [{"kind": "number", "name": "a", "scale": 0}]}', "[" * 9999]
)
def test_a_damaged_encoding_is_said(command: Command, run: RunFolder, tmp_path: Path, content: str) -> None:
    (tmp_path / "new.csv").write_text(TEXT)
    before = run.columns_path.read_text()
    run.columns_path.write_text(content)
    try:
        answer = command("predict", run.id, "--rows", tmp_path / "new.csv", "--root", run.path.parent)
    finally:
        run.columns_path.write_text(before)
    assert answer.status != 0
    assert "columns.json is damaged" in answer.errors


def test_a_run_that_learned_from_no_table_has_no_rows(command: Command, trained: Any, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text(TEXT)
    answer = command("predict", trained.probabilities.id, "--rows", tmp_path / "new.csv", "--root", trained.root)
    assert "did not learn from a table. Predict with --index, or pictures." in answer.errors


def test_rows_and_pictures_are_not_predicted_at_once(command: Command, run: RunFolder, tmp_path: Path) -> None:
    answer = command("predict", run.id, "a.png", "--rows", tmp_path / "new.csv", "--root", run.path.parent)
    assert "not both at once" in answer.errors


def test_the_columns_left_out_are_named_in_a_comparison_and_a_report(
    command: Command, run: RunFolder, tmp_path: Path
) -> None:
    other = create_run(run.path.parent, run.config.replace(leave_out=()), asked_by="a test")
    document = command("compare", run.id, other.id, "--root", run.path.parent, "--json").document
    assert document["settings"] == {"leave_out": ["Id", None]}
    command("show", run.id, "--root", run.path.parent, "--output", tmp_path / "report.html")
    assert "<td>leave_out</td><td>Id</td><td>none</td>" in (tmp_path / "report.html").read_text()
