"""Imported models: importing a file on Models, and how the other pages show it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from session import Session

from dashboard import texts
from dashboard.shared import state
from toolkit import jobs
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.datasets import UNKNOWN_DATA
from toolkit.errors import ModelFileError
from toolkit.runs import RunFolder

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]

CONFIG = ExperimentConfig(name="brought", dataset="digits", layers=[Dense(units=17)])


def page(visit: Visit, name: str, **query: str) -> Session:
    session = visit(**query)
    session.go_to(name)
    assert not session.has_broken
    return session


def bring(session: Session, name: str = "digits.keras", content: bytes = b"a model") -> None:
    """Put a file into the field and press the button."""
    session.app.get("file_uploader")[0].set_value((name, content, "application/octet-stream")).run()
    session.click(texts.models.IMPORT)
    assert not session.has_broken


def test_a_file_that_is_brought_becomes_the_run_that_the_page_shows(
    visit: Visit, make_run: MakeRun, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if there were no runs before, and with the chosen data set."""
    asked: list[Any] = []

    def take(folder: Path, file: jobs.ModelFile, **settings: Any) -> RunFolder:
        asked.append((folder, file.name, file.content.read(), settings))
        return make_run("imported", CONFIG)

    monkeypatch.setattr(jobs, "import_model", take)
    session = page(visit, "models")
    assert texts.NO_RUNS in session.words
    session.field(texts.models.LEARNED).set_value("digits")
    bring(session)
    settings = {"asked_by": "dashboard", "dataset": "digits", "label": None}
    assert asked == [(root, "digits.keras", b"a model", settings)]
    assert "**brought** is here." in session.words
    assert "Imported from digits.keras." in session.words
    session.reload()
    assert "is here" not in session.words


def test_class_names_are_brought_with_a_second_file(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def take(folder: Path, file: jobs.ModelFile, **settings: Any) -> RunFolder:
        asked.append(settings["labels"])
        return make_run("imported", CONFIG)

    monkeypatch.setattr(jobs, "import_model", take)
    session = page(visit, "models")
    session.app.get("file_uploader")[1].set_value(("labels.txt", b"0 Cat\n1 Dog", "text/plain")).run()
    bring(session, "keras_model.h5")
    assert asked == [("Cat", "Dog")]
    session.app.get("file_uploader")[1].set_value(("labels.txt", b"0 Cat", "text/plain")).run()
    bring(session, "keras_model.h5")
    assert "labels.txt must hold 2 to 10,000 names, one a line. Received: 1." in session.words


@pytest.mark.parametrize(
    ("told", "offered"),
    [
        ({"labels": ["Cat", "Dog"], "input_shape": [8, 8, 3]}, True),
        ({"labels": ["Cat", "Dog"], "input_shape": [64]}, False),
        ({"labels": {"Cat": 1}, "input_shape": [8, 8, 3]}, False),
        ({"input_shape": [8, 8, 3]}, False),
    ],
)
def test_a_network_with_class_names_can_be_asked_about_pictures_without_its_data(
    told: dict[str, Any], offered: bool, visit: Visit, make_run: MakeRun
) -> None:
    make_run("imported", CONFIG.replace(dataset=UNKNOWN_DATA), test_accuracy=None, test_loss=None, **told)
    models = page(visit, "models")
    assert models.has_button(texts.models.TRY_IT) == offered
    assert ("It is not known which data the run" in models.words) != offered
    session = page(visit, "try_it")
    assert (texts.try_it.NO_PICTURE_RUNS in session.words) != offered
    if offered:
        assert session.app.get("file_uploader")


def test_another_run_gives_way_to_the_one_that_was_brought(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = make_run("finished")
    monkeypatch.setattr(jobs, "import_model", lambda root, file, **settings: make_run("imported", CONFIG))
    session = page(visit, "models", run=shown.id)
    assert session.app.session_state[state.CHOSEN][0] == shown.id
    bring(session)
    assert "brought on Small digits" in session.words


def test_a_file_that_is_refused_is_answered_with_the_sentence_as_it_is(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(root: Path, file: jobs.ModelFile, **settings: Any) -> RunFolder:
        raise ModelFileError("Layer 1 must be one of *ours*. Received: <b>evil</b>.")

    monkeypatch.setattr(jobs, "import_model", refuse)
    session = page(visit, "models")
    bring(session, "../../evil.keras")
    assert r"Layer 1 must be one of \*ours\*. Received: \<b\>evil\</b\>." in session.words


def test_the_button_waits_for_a_file(visit: Visit) -> None:
    assert page(visit, "models").button(texts.models.IMPORT).disabled


def test_models_says_what_is_known_of_an_imported_run_and_nothing_else(visit: Visit, make_run: MakeRun) -> None:
    make_run("imported", CONFIG, unnamed_layers=["PReLU"], holds_all_weights=False)
    session = page(visit, "models")
    (row,) = session.app.dataframe[0].value.to_dict("records")
    assert (row["state"], row["layers"], row["parameters"]) == ("imported", "dense 17, and others", 1285)
    assert "imported · test accuracy 97.03 % · " in session.words
    assert "64 → 10 · 1,285 parameters" in session.words
    assert not session.has_button(texts.models.SHOW_CURVES)
    assert not session.has_button(texts.models.GO_ON)


def test_a_training_can_go_on_from_an_imported_run_whose_layers_all_have_names(visit: Visit, make_run: MakeRun) -> None:
    make_run("imported", CONFIG)
    session = page(visit, "models")
    assert session.has_button(texts.models.GO_ON)
    assert "64 → 17 → 10 · 1,285 parameters" in session.words


def test_a_run_whose_data_nobody_knows_is_shown_too(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("imported", CONFIG.replace(dataset=UNKNOWN_DATA), test_accuracy=None, test_loss=None)
    session = page(visit, "models")
    assert "brought on unknown data" in session.words
    assert f"It is not known which data the run {run.id} learned." in session.words.replace("\\", "")
    assert not session.has_button(texts.models.GO_ON)
    assert not session.has_button(texts.models.TRY_IT)
    assert "Imported from digits.keras." in page(visit, "results", run=run.id).words
    assert texts.try_it.NO_PICTURE_RUNS in page(visit, "try_it").words


def test_train_and_compare_show_an_imported_run_without_a_history(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", CONFIG.replace(name="trained"))
    run = make_run("imported", CONFIG)
    train = visit(run=run.id)
    assert "Imported from digits.keras." in train.words
    assert not train.has_button(texts.train.SHOW_CODE)
    compare = page(visit, "compare", run=run.id)
    assert texts.compare.NO_CURVES.format(runs="brought") in compare.words


def test_two_imported_runs_are_compared_without_curves(visit: Visit, make_run: MakeRun) -> None:
    for name in ("one", "other"):
        make_run("imported", CONFIG.replace(name=name))
    words = page(visit, "compare").words
    assert "Without curves, since they came as files: other, one." in words
    assert texts.compare.NOTHING_MEASURED not in words
