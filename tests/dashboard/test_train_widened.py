"""Train beyond the first run: the tour, the network, the code, resuming, a tenth of the rate, early stopping."""

import ast
import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from session import Session

from dashboard import texts
from dashboard.shared.links import decode_config
from dashboard.views.train.early_stopping import ending_sentences
from toolkit.code_export import export_code
from toolkit.config import ExperimentConfig
from toolkit.config.presets import preset
from toolkit.runs import RunFolder
from toolkit.runs.schema import Outcome
from toolkit.training.history import frame_of

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]
Submitted = list[tuple[ExperimentConfig, str | None]]


def has_tour(session: Session) -> bool:
    return "1. **Set it up**" in session.words


def codes(session: Session) -> list[str]:
    """The contents of fields that can be copied."""
    return [one.value for one in session.app.code]


def test_a_first_visit_is_led_by_three_sentences_until_they_are_dismissed(visit: Visit) -> None:
    session = visit()
    assert has_tour(session)
    session.click(texts.train.TOUR_DONE)
    assert not has_tour(session)
    session.go_to("models")
    session.go_to("train")
    assert not has_tour(session)
    assert session.can_start


def test_the_tour_can_be_called_back_beside_a_run_too(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("finished").id)
    assert not has_tour(session)
    session.app.button(key="tour-again").click().run()
    assert has_tour(session)
    session.click(texts.train.TOUR_DONE)
    assert not has_tour(session)


def test_the_network_of_the_draft_is_drawn_with_its_words(train_page: Session) -> None:
    (figure,) = train_page.charts
    sentence = "3 layers with weights: 52,650 parameters, 95 % of them in layer 1, Dense · ReLU."
    assert sentence in train_page.words
    assert sentence in figure["alt"]
    train_page.add_layer("dropout")
    assert "<b>Dropout 20%</b>" in [label["text"] for label in train_page.charts[0]["layout"]["annotations"]]


def test_a_network_of_one_layer_has_all_its_parameters_there(train_page: Session) -> None:
    train_page.fill(texts.form.START_FROM, "softmax")
    assert "1 layer with weights: 7,850 parameters, all of them in Output." in train_page.words


def test_the_table_of_the_network_comes_on_request(train_page: Session) -> None:
    assert len(train_page.app.dataframe) == 0
    train_page.app.session_state["draft-network-table"] = True
    train_page.reload()
    (table,) = train_page.app.dataframe
    assert table.value[texts.train.LEARNED].tolist() == [50_240, 2_080, 330]
    assert table.value[texts.train.LEAVES].tolist() == ["64", "32", "10"]


def test_the_code_of_the_draft_is_the_toolkits(train_page: Session) -> None:
    train_page.fill("Learning rate", 0.02)
    assert not any("import keras" in code for code in codes(train_page))
    train_page.click(texts.train.SHOW_CODE)
    assert not train_page.has_broken
    assert export_code(preset("keras-mlp").replace(learning_rate=0.02)).strip() in codes(train_page)


def test_the_code_of_a_run_says_which_run_and_from_which_weights(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished")
    session = visit(run=run.id)
    session.click(texts.train.SHOW_CODE)
    (code,) = [code for code in codes(session) if "import keras" in code]
    ast.parse(code)
    assert f"Run {run.id}, finished: its test accuracy was 97.03 %." in code
    assert "WEIGHTS" not in code


def test_the_code_of_a_run_whose_data_have_changed_is_a_sentence(
    visit: Visit, make_run: MakeRun, tmp_path: Path
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("size,kind\n" + "1,ant\n2,bee\n" * 20)
    run = make_run("finished", ExperimentConfig(dataset=str(table), epochs=6))
    table.write_text("size,kind\n" + "1,ant\n3,bee\n" * 20)
    session = visit(run=run.id)
    session.click(texts.train.SHOW_CODE)
    assert not session.has_broken
    assert [one.value for one in session.app.error if "has changed since the run" in one.value]
    assert not any("import keras" in code for code in codes(session))


def test_the_link_holds_the_draft_or_the_run(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished")
    for session, config in ((visit(), preset("keras-mlp")), (visit(run=run.id), run.config)):
        (link,) = [code for code in codes(session) if "?config=" in code]
        assert decode_config(link.partition("?config=")[2]) == config


@pytest.mark.parametrize("state", ["queued", "running", "finished", "stopped", "diverged", "interrupted"])
def test_only_what_broke_off_can_be_resumed(visit: Visit, make_run: MakeRun, state: str) -> None:
    session = visit(run=make_run(state).id)
    assert session.has_button(texts.train.RESUME) == (state in ("stopped", "interrupted"))


def test_a_resumed_run_waits_for_a_worker_and_can_be_cancelled(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("stopped")
    session = visit(run=run.id)
    session.click(texts.train.RESUME)
    assert not session.has_broken
    assert (run.state, run.resume_requested) == ("queued", True)
    assert texts.STATES["queued"] in session.words
    assert not session.has_button(texts.train.RESUME)
    session.click(texts.train.CANCEL)
    assert (run.state, run.resume_requested) == ("stopped", False)
    assert session.has_button(texts.train.RESUME)


def test_a_run_that_can_not_be_resumed_says_why(visit: Visit, make_run: MakeRun, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("size,kind\n" + "1,ant\n2,bee\n" * 20)
    run = make_run("stopped", ExperimentConfig(dataset=str(table), epochs=6))
    table.unlink()
    session = visit(run=run.id)
    session.click(texts.train.RESUME)
    assert not session.has_broken
    assert "are gone" in session.words
    assert run.state == "stopped"


def test_a_diverged_run_is_tried_again_with_a_tenth_of_its_rate(
    visit: Visit, make_run: MakeRun, submitted: Submitted
) -> None:
    config = preset("softmax-diverges").replace(dataset="digits")
    session = visit(run=make_run("diverged", config).id)
    session.click(texts.train.TRY.format(rate=0.003))
    assert not session.has_broken
    assert submitted == [(config.replace(learning_rate=0.003), None)]
    assert session.field("Learning rate").value == 0.003
    assert texts.STATES["queued"] in session.words


def test_settings_that_no_longer_work_are_loaded_and_explained_instead_of_started(
    visit: Visit, make_run: MakeRun, submitted: Submitted, tmp_path: Path
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("size,kind\n" + "1,ant\n2,bee\n" * 20)
    run = make_run("diverged", ExperimentConfig(dataset=str(table), epochs=6, learning_rate=1.0))
    table.unlink()
    session = visit(run=run.id)
    session.click(texts.train.TRY.format(rate=0.1))
    assert not session.has_broken
    assert submitted == []
    assert texts.train.FIX_FIRST in session.words
    assert session.field("Learning rate").value == 0.1


def jumped(run: RunFolder) -> RunFolder:
    """The run with a training loss that jumped and stayed."""
    events = run.path / "events.jsonl"
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    for line in lines:
        if line.get("epoch"):
            line |= {"loss": 50.0 / line["epoch"], "honest_loss": 2.6} if "loss" in line else {}
    events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def test_a_rate_that_is_far_too_large_is_told_while_it_trains_and_mended_with_one_click(
    visit: Visit, make_run: MakeRun, submitted: Submitted
) -> None:
    config = preset("keras-mlp").replace(dataset="digits", learning_rate=1.0)
    run = jumped(make_run("running", config))
    session = visit(run=run.id)
    assert texts.train.FAR_TOO_LARGE.format(rate=1) in session.words
    session.click(texts.train.STOP_AND_TRY.format(rate=0.1))
    assert not session.has_broken
    assert run.stop_requested
    assert submitted == [(config.replace(learning_rate=0.1), None)]


def test_no_other_rate_is_tried_beside_a_run_that_can_not_be_asked_to_stop(
    visit: Visit, make_run: MakeRun, submitted: Submitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(run: RunFolder) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run = jumped(make_run("running", preset("keras-mlp").replace(dataset="digits", learning_rate=1.0)))
    monkeypatch.setattr(RunFolder, "request_stop", full)
    session = visit(run=run.id)
    session.click(texts.train.STOP_AND_TRY.format(rate=0.1))
    assert not session.has_broken
    assert f"The run {run.id} can't be asked to stop (No space left on device)." in session.words
    assert submitted == []


def test_a_run_that_learns_is_offered_no_other_rate(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("finished").id)
    assert not any(one.key == "tenth" for one in session.app.button)


def test_early_stopping_and_the_kept_weights_are_told(visit: Visit, make_run: MakeRun) -> None:
    config = preset("keras-mlp").replace(dataset="digits", epochs=100, patience=3, restore_best_weights=True)
    run = make_run("finished", config, message="Early stopping: val_loss no longer improved.")
    words = visit(run=run.id).words
    assert "**Early stopping** ended it at epoch 5: validation loss had not improved for 3 epochs." in words
    assert "The weights of epoch 2 are kept: its validation loss was the best." in words


_FRAME = frame_of(
    {"epoch": n, "step": 10 * n, "loss": loss, "val_accuracy": accuracy}
    for n, (loss, accuracy) in enumerate([(None, 0.99), (2.0, 0.5), (1.0, 0.9), (3.0, 0.9)])
)


@pytest.mark.parametrize(
    ("changes", "result", "unit", "expected"),
    [
        ({}, {"state": "finished"}, "epoch", ""),
        ({"patience": 1}, {"state": "finished"}, "epoch", ""),
        ({"patience": 1}, {"state": "stopped", "message": ""}, "epoch", ""),
        ({"restore_best_weights": True}, {"state": "diverged"}, "epoch", ""),
        ({"restore_best_weights": True, "monitor": "loss"}, {"state": "stopped"}, "epoch", "epoch 2"),
        ({"restore_best_weights": True, "monitor": "val_accuracy"}, {"state": "finished"}, "step", "step 20"),
        ({"restore_best_weights": True, "monitor": "val_loss"}, {"state": "finished"}, "epoch", ""),
        ({"patience": 2}, {"state": "finished", "message": "Early"}, "step", "for 2 measurements"),
    ],
)
def test_an_ending_is_told_where_there_is_something_to_tell(
    changes: dict[str, Any], result: dict[str, Any], unit: str, expected: str
) -> None:
    told = ending_sentences(ExperimentConfig(**changes), _FRAME, Outcome(**result), unit)
    assert expected in told
    assert bool(told) == bool(expected)


def test_the_column_of_the_classes_can_be_chosen_in_a_table_of_ones_own(
    visit: Visit, make_run: MakeRun, submitted: Submitted, tmp_path: Path
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("kind,size,weight\n" + "0,1,3\n1,2,4\n" * 40)
    session = visit(run=make_run("finished", ExperimentConfig(dataset=str(table), epochs=6)).id)
    field = session.field(texts.form.LABEL)
    assert (field.options, field.value) == (["weight (recognised)", "kind", "size", "weight"], None)
    session.fill(texts.form.LABEL, "kind")
    assert session.shapes[0].endswith("→ 2")
    session.click(texts.train.START)
    assert submitted[-1][0].label == "kind"
    session.fill(texts.form.DATA, "iris")
    assert not session.has_field(texts.form.LABEL)
    assert session.problems == []


def test_a_column_that_is_gone_is_explained_where_it_is_chosen(visit: Visit, make_run: MakeRun, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("kind,size\n" + "x,1\ny,3\n" * 40)
    run = make_run("finished", ExperimentConfig(dataset=str(table), label="kind", epochs=6))
    table.write_text("sort,size\n" + "x,1\ny,3\n" * 40)
    session = visit(run=run.id)
    assert not session.has_broken
    (sentence,) = session.problems
    assert sentence == session.sentence_after(session.field(texts.form.LABEL))
    assert "the name of a column" in sentence
    session.fill(texts.form.LABEL, "sort")
    assert session.problems == []


def test_the_pages_of_the_run_are_one_click_away(visit: Visit, make_run: MakeRun) -> None:
    for label, question in (
        (texts.train.COMPARE, texts.compare.QUESTION),
        (texts.train.RESULTS, texts.results.QUESTION),
    ):
        session = visit(run=make_run("finished").id)
        session.click(label)
        assert question in session.words


def test_results_are_offered_once_there_is_a_network_to_ask(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("running").id)
    assert session.button(texts.train.RESULTS).disabled
    assert session.button(texts.train.RESULTS).help == texts.NO_MODEL
