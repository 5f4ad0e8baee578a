"""Which data a session may use, in the form, at the start of a run and on Data, and that no other file is touched."""

import builtins
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.fields import LONGEST_TEXT, can_hold
from dashboard.shared.links import encode_config, linked_config
from dashboard.shared.offered import is_brought_to, may_learn_from, row_in
from dashboard.views.train.form import CheckedDraft
from dashboard.views.train.starting import start
from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS
from toolkit.config.presets import preset
from toolkit.errors import ToolkitError
from toolkit.runs import RunFolder

MakeRun = Callable[..., RunFolder]


@pytest.fixture
def foreign(tmp_path: Path) -> str:
    """A table that no visitor may read."""
    path = tmp_path / "grades.csv"
    path.write_text("age,who\n" + "15,Zephyrine\n16,Quentin\n" * 20)
    return str(path)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were checked or opened, in order."""
    paths: list[str] = []

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *others: Any, **named: Any) -> Any:
            paths.append(str(path))
            return function(path, *others, **named)

        return call

    for module, name in ((os, "stat"), (os, "lstat"), (os, "open"), (os, "listdir"), (os, "scandir")):
        monkeypatch.setattr(module, name, watched(getattr(module, name)))
    monkeypatch.setattr(builtins, "open", watched(open))
    return paths


def test_known_data_what_was_brought_and_what_a_run_learned_from_may_be_used(
    root: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    make_run("queued", ExperimentConfig(dataset=str(tmp_path / "of-a-run.csv")))
    assert may_learn_from("iris", root, ())
    assert may_learn_from(str(tmp_path / "of-a-run.csv"), root, ())
    assert may_learn_from("/home/me/mine.csv", root, {"/home/me/mine.csv": None})


def test_nothing_else_may_be_used_and_it_is_not_looked_at(root: Path, foreign: str, looked_at: list[str]) -> None:
    there, missing = foreign, foreign.replace("grades", "grabes")
    for dataset in (there, missing, "/", "/dev/zero", "~", "", "a\0b", "IRIS", str(root / "x" / "config.json")):
        assert not may_learn_from(dataset, root, {"/home/me/mine.csv": None})
        with pytest.raises(ToolkitError) as caught:
            linked_config(encode_config(ExperimentConfig.model_construct(dataset=dataset)), root)
        assert dataset in ("", "a\0b") or str(caught.value) == texts.train.LINK_DATA
    assert not {there, missing, "/dev/zero"} & set(looked_at)


@pytest.mark.parametrize("dataset", [None, 7, True, ["iris"], {"iris": 1}, b"iris"])
def test_data_are_named_by_a_text(root: Path, dataset: Any) -> None:
    assert not may_learn_from(dataset, root, ())


def test_a_link_leads_to_what_was_brought_and_not_around_it(root: Path) -> None:
    assert is_brought_to(root, f"{root}/.data/0123456789ab/mine.csv")
    for path in (
        f"{root}/.data/../../grades.csv",
        f"{root}/.data",
        f"{root}/.data//x",
        f"{root}/config.json",
        "/.data/x",
    ):
        assert not is_brought_to(root, path)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, root: Path) -> dict[str, Any]:
    """The session state of a form with keras-mlp: a dictionary that replaces Streamlit's."""
    values: dict[str, Any] = {state.GENERATION: 0, state.OWN_DATA: {}, state.LOOKED_AT: None, state.STARTED: None}
    monkeypatch.setattr("streamlit.session_state", values)
    state.load_config(preset("keras-mlp"))
    return values


@pytest.mark.parametrize("name", ["grades.csv", "grabes.csv", "x/../grades.csv"])
def test_a_path_in_the_form_is_refused_in_one_sentence_and_not_looked_at(
    session: dict[str, Any], foreign: str, looked_at: list[str], name: str
) -> None:
    path = str(Path(foreign).parent / name)
    session[state.key("dataset")] = path
    state.read_widgets()
    state.look_at(path)
    assert session[state.PROBLEM] == texts.form.DATA_REFUSED
    assert state.draft()["dataset"] == state.looked_at() == "mnist"
    assert state.key("dataset") not in session  # so that the field shows the draft's
    assert path not in looked_at


def test_no_run_starts_on_data_that_the_session_may_not_use(
    session: dict[str, Any], submitted: list[Any], foreign: str, looked_at: list[str]
) -> None:
    start(CheckedDraft(preset("keras-mlp").replace(dataset=foreign, label="who")))
    assert submitted == []
    assert session[state.PROBLEM] == texts.form.DATA_REFUSED
    assert foreign not in looked_at


def test_what_was_offered_is_taken(session: dict[str, Any], foreign: str) -> None:
    session[state.OWN_DATA][foreign] = "who"
    session[state.key("dataset")] = foreign
    session[state.key("learning_rate")] = 0.0  # the check says what is wrong with it
    state.read_widgets()
    assert (state.draft()["dataset"], state.draft()["learning_rate"]) == (foreign, 0.0)
    assert session[state.PROBLEM] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", "abc"),
        ("learning_rate", float("nan")),
        ("learning_rate", [1.0]),
        ("epochs", 10**30),
        ("epochs", 2.5),
        ("epochs", True),
        ("seed", None),
        ("optimizer", "no such one"),
        ("optimizer", ["adam"]),
        ("stratify", "yes"),
        ("nesterov", 1),
        ("name", 7),
        ("name", "x" * (LONGEST_TEXT + 1)),
        ("weights_from", ["x"]),
        ("kernel_initializer", 0.5),
    ],
)
def test_a_field_holds_nothing_of_another_kind(session: dict[str, Any], name: str, value: Any) -> None:
    before = state.draft_values()
    session[state.key(name)] = value
    state.read_widgets()
    assert state.draft_values() == before
    assert session[state.WEIGHTS_FROM] is None
    assert state.key(name) not in session


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (ExperimentConfig, "epochs", -3),
        (ExperimentConfig, "learning_rate", 1e300),
        (ExperimentConfig, "learning_rate", 1),
        (ExperimentConfig, "patience", None),
        (ExperimentConfig, "optimizer", "sgd"),
        (ExperimentConfig, "stratify", True),
        (ExperimentConfig, "name", "<b>"),
        (LAYER_KINDS["dense"], "units", 0),
        (LAYER_KINDS["dense"], "activation", "tanh"),
        (LAYER_KINDS["dropout"], "rate", 5.0),
    ],
)
def test_what_is_of_the_right_kind_is_shown_and_judged_by_the_check(
    model: type[BaseModel], name: str, value: Any
) -> None:
    assert can_hold(model, name, value)


@pytest.mark.parametrize("selected", [None, [], "abc", [-1], [5], [10**9], [True], [[1]], ["1"], [1.0], {"rows": 1}])
def test_only_a_row_of_the_table_is_chosen(selected: Any) -> None:
    assert row_in(selected, 5) is None


def test_a_row_of_the_table_is_chosen() -> None:
    assert row_in([4], 5) == 4
