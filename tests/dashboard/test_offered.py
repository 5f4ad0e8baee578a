"""What a session may use is decided where its values are read and where a run starts, without a look at any file."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from session import Session

from dashboard import state, texts
from dashboard.fields import can_hold
from dashboard.offered import is_brought_to, may_learn_from, row_in
from dashboard.results.mistakes import cell_in
from dashboard.try_it.drawing import is_drawing
from toolkit.config import ExperimentConfig
from toolkit.layers import Dense
from toolkit.runs import RunFolder

Visit = Callable[..., Session]


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A table that lies on this machine, and nobody has brought."""
    path = tmp_path / "grades.csv"
    path.write_text("size,kind\n" + "1,secret ant\n2,secret bee\n" * 20)
    return path


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch, foreign: Path) -> list[str]:
    """The calls to the system that looked at the foreign file or at a neighbour of it."""
    calls: list[str] = []
    for name in ("stat", "lstat", "open", "scandir", "listdir", "readlink"):
        _watch(monkeypatch, name, foreign.stem, calls)
    return calls


def _watch(monkeypatch: pytest.MonkeyPatch, name: str, told_by: str, calls: list[str]) -> None:
    before = getattr(os, name)

    def call(path: Any = ".", *others: Any, **settings: Any) -> Any:
        if told_by in str(path):
            calls.append(f"{name} {path}")
        return before(path, *others, **settings)

    monkeypatch.setattr(os, name, call)


def put(session: Session, field: str, value: Any) -> None:
    """Put a value into the session as a browser's message would, past the field's own options."""
    key = f"{field}-{session.app.session_state[state.GENERATION]}"
    session.app.session_state[key] = value
    session.reload()


@pytest.mark.parametrize("name", ["grades.csv", "grades-missing.csv", "grades/../grades.csv"])
def test_data_that_were_not_offered_are_refused_in_one_sentence_untouched(
    train_page: Session, foreign: Path, untouched: list[str], name: str
) -> None:
    put(train_page, "dataset", str(foreign.parent / name))
    assert not train_page.has_broken
    assert texts.form.DATA_REFUSED in train_page.words
    assert train_page.field(texts.form.DATA).value == "mnist"
    assert "secret" not in train_page.words
    assert untouched == []


def test_the_data_page_is_about_nothing_that_was_not_offered(
    train_page: Session, foreign: Path, untouched: list[str]
) -> None:
    train_page.go_to("data")
    train_page.app.selectbox(key="data-set").set_value(str(foreign)).run()
    assert not train_page.has_broken
    assert train_page.field(texts.data.DATA).value == "mnist"
    assert untouched == []


def test_a_run_on_data_that_were_not_offered_is_not_started(
    train_page: Session, submitted: list[Any], foreign: Path
) -> None:
    train_page.app.session_state[state.DRAFT]["dataset"] = str(foreign)
    train_page.app.session_state[state.DRAFT]["label"] = "kind"
    train_page.reload()
    train_page.click(texts.train.START)
    assert submitted == []
    assert texts.form.DATA_REFUSED in train_page.words


def test_data_of_a_run_in_the_folder_may_be_used(
    visit: Visit, submitted: list[Any], make_run: Callable[..., RunFolder], foreign: Path
) -> None:
    config = ExperimentConfig(dataset=str(foreign), label="kind", validation_split=0.3)
    session = visit(run=make_run("queued", config).id)
    assert session.problems == []
    session.click(texts.train.START)
    assert [one.dataset for one, _ in submitted] == [str(foreign)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", "abc"),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", [1.0]),
        ("epochs", 10**30),
        ("epochs", 1.5),
        ("epochs", True),
        ("seed", None),
        ("optimizer", "no such optimizer"),
        ("optimizer", ["adam"]),
        ("engine", None),
        ("nesterov", "yes"),
        ("nesterov", 1),
        ("name", 7),
        ("name", "x" * 20_000),
        ("label", 3.0),
        ("weights_from", ["x"]),
        ("preset", "no such experiment"),
        ("kernel_initializer", 0.5),
    ],
)
def test_a_value_that_its_field_can_not_hold_is_passed_over(train_page: Session, field: str, value: Any) -> None:
    put(train_page, field, value)
    assert not train_page.has_broken
    assert train_page.problems == []
    assert train_page.can_start


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (ExperimentConfig, "learning_rate", 10**12),
        (ExperimentConfig, "learning_rate", 5e-324),
        (ExperimentConfig, "epochs", -1),
        (ExperimentConfig, "patience", None),
        (ExperimentConfig, "label", None),
        (ExperimentConfig, "name", ""),
        (ExperimentConfig, "optimizer", "sgd"),
        (Dense, "units", 0),
        (Dense, "activation", "tanh"),
    ],
)
def test_a_value_that_is_merely_wrong_is_held_so_that_it_can_be_explained(model: Any, name: str, value: Any) -> None:
    assert can_hold(model, name, value)


@pytest.mark.parametrize("dataset", [None, 3, ["mnist"], b"mnist", "", "/", "no-such-data", "~/grades.csv", "a\0b"])
def test_nothing_but_known_names_may_be_learnt_from_where_nothing_was_brought(root: Path, dataset: Any) -> None:
    assert not may_learn_from(dataset, root, ())
    assert may_learn_from("digits", root, ())


def test_only_what_lies_among_the_brought_files_counts_as_brought(root: Path) -> None:
    assert is_brought_to(root, f"{root.resolve()}/.data/0123456789ab/flowers.csv")
    for path in (
        f"{root.resolve()}/.data",
        f"{root.resolve()}/.data/",
        f"{root.resolve()}/.data/../../grades.csv",
        f"{root.resolve()}/.data/x/../y.csv",
        f"{root.resolve()}/.database/y.csv",
        f"{root.resolve()}/my-run-012345/config.json",
        f"{root.resolve()}/my-run-012345/samples.npz",
        ".data/y.csv",
        "/",
    ):
        assert not is_brought_to(root, path), path


@pytest.mark.parametrize("selected", [[], None, "0", [-1], [3], [True], ["0"], [0.0], [[0]], {"0": 0}, [10**30]])
def test_a_row_that_a_table_does_not_have_is_no_row(selected: Any) -> None:
    assert row_in(selected, 3) is None
    assert row_in([2], 3) == 2


@pytest.mark.parametrize(
    "points", [None, [], "ab", [3], [{}], [{"customdata": 4}], [{"customdata": [1]}], [{"customdata": [0, 10]}]]
)
def test_a_cell_that_a_matrix_does_not_have_is_no_cell(points: Any) -> None:
    assert cell_in(points, 10) is None
    assert cell_in([{"customdata": [0, 9]}], 10) == (0, 9)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {"drawing": "x"},
        {"drawing": {"raw": 3}},
        {"drawing": {"data": 5}},
        {"drawing": {"data": "data:image/png;base64,AAAA"}},
        {"drawing": {"data": "data:image/png;base64,ä"}},
        {"drawing": {}, "backgroundFit": 1},
        {"drawing": None, "backgroundFit": 1},
    ],
)
def test_what_no_canvas_sends_is_no_drawing(sent: Any) -> None:
    assert not is_drawing(sent, 400)


def test_an_empty_canvas_is_a_drawing() -> None:
    assert is_drawing({"drawing": {"raw": {"objects": []}, "data": None}, "backgroundFit": None}, 400)
    assert is_drawing({"drawing": None}, 400)
