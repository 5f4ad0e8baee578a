"""The page that answers: what is it learning, and should I stop?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from session import Session

from dashboard import texts
from dashboard.shared import dataset_cache
from toolkit.config.presets import preset
from toolkit.jobs.queue_health import note_failed_start
from toolkit.jobs.stops import CANCELLED, cancel
from toolkit.runs import STATES, RunFolder, note_interruption

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]


def test_a_first_visit_says_what_to_do_and_what_would_be_trained(train_page: Session) -> None:
    words = train_page.words
    assert "keras-mlp on MNIST digits" in words
    assert "60,000 pictures" in words
    assert "784 → 64 → 32 → 10" in words
    assert "52,650 parameters" in words
    assert "Adam, learning rate 0.001 · 30 epochs · batches of 128" in words
    assert train_page.pictures == 10


def test_pictures_reach_the_browser_pixel_by_pixel(train_page: Session) -> None:
    """A JPEG blurs the edges of enlarged pixels."""
    addresses = [address for image in train_page.app.image for address in image.value]
    assert {address.partition(",")[0] for address in addresses} == {"data:image/png;base64"}


def test_the_summary_follows_the_form(train_page: Session) -> None:
    train_page.fill(texts.form.START_FROM, "softmax-sum-6000")
    train_page.fill(texts.form.DATA, "digits")
    assert "softmax-sum-6000 on Small digits" in train_page.words
    assert "650 parameters" in train_page.words
    assert "6,000 steps" in train_page.words


def test_after_the_click_the_run_is_shown_waiting_with_a_way_to_stop_it(
    train_page: Session, submitted: list[Any]
) -> None:
    train_page.click(texts.train.START)
    assert texts.STATES["queued"] in train_page.words
    assert train_page.has_button(texts.train.CANCEL)
    assert len(submitted) == 1
    train_page.reload()
    assert len(submitted) == 1


def test_the_address_names_the_run_so_that_a_reload_finds_it(visit: Visit, make_run: MakeRun) -> None:
    first = visit()
    first.click(texts.train.START)
    again = visit(run=first.app.query_params["run"])
    assert again.has_button(texts.train.CANCEL)
    assert texts.STATES["queued"] in again.words


@pytest.mark.parametrize(
    "run_id",
    ["keras-mlp-123456", "../../etc", "/etc/passwd", "", "a\0b", "x" * 5000, "<b>x</b>"],
    ids=["unknown", "upwards", "absolute", "empty", "null character", "long", "markup"],
)
def test_a_run_that_is_not_there_is_forgotten_and_the_first_page_shown(visit: Visit, run_id: str) -> None:
    session = visit(run=run_id)
    assert not session.has_broken
    assert session.has_button(texts.train.START)
    assert session.can_start
    assert texts.train.PREVIEW in session.words
    assert "run" not in session.app.query_params


def test_a_run_whose_settings_can_not_be_read_is_forgotten_too(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished")
    (run.path / "config.json").write_text('{"layers": [')
    session = visit(run=run.id)
    assert not session.has_broken
    assert texts.train.PREVIEW in session.words


@pytest.mark.parametrize("state", STATES)
def test_a_run_in_any_state_is_shown_with_its_state_in_words(visit: Visit, make_run: MakeRun, state: str) -> None:
    session = visit(run=make_run(state).id)
    assert not session.has_broken
    assert "my run on Small digits" in session.words
    assert texts.STATES[state] in session.words


@pytest.mark.parametrize("state", STATES)
def test_only_a_run_that_has_not_ended_can_be_stopped(visit: Visit, make_run: MakeRun, state: str) -> None:
    session = visit(run=make_run(state).id)
    assert session.has_button(texts.train.STOP) == (state == "running")
    assert session.has_button(texts.train.CANCEL) == (state == "queued")
    assert session.can_start


def test_the_stop_button_asks_the_run_to_stop_and_says_so(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("running")
    session = visit(run=run.id)
    session.click(texts.train.STOP)
    assert not session.has_broken
    assert run.stop_requested
    assert session.button(texts.train.STOPPING).disabled


def test_a_run_that_is_cancelled_while_it_waits_says_so_and_can_be_resumed(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("queued")
    session = visit(run=run.id)
    session.click(texts.train.CANCEL)
    assert not session.has_broken
    assert run.state == "stopped"
    assert CANCELLED in session.words
    assert texts.STATES["stopped"] in session.words
    assert session.has_button(texts.train.RESUME)


@pytest.mark.parametrize("page", ["results", "models", "compare", "try_it"])
def test_a_cancelled_run_has_nothing_to_show_on_the_other_pages(visit: Visit, make_run: MakeRun, page: str) -> None:
    cancel(make_run("queued"))
    session = visit()
    session.go_to(page)
    assert not session.has_broken


@pytest.mark.parametrize("page", ["train", "results", "models"])
def test_an_interrupted_run_says_why(visit: Visit, make_run: MakeRun, page: str) -> None:
    run = make_run("interrupted")
    session = visit(run=run.id)
    assert texts.train.INTERRUPTED.format(why=texts.train.INTERRUPTED_WHY) in session.words
    note_interruption(run, "It took longer than it may.")
    session.reload()
    session.go_to(page)
    assert "It took longer than it may." in session.words


def test_a_run_that_waits_in_vain_says_why(visit: Visit, make_run: MakeRun, root: Path) -> None:
    (root / ".jobs").mkdir(parents=True)
    note_failed_start(root, "ended with exit code 1")
    session = visit(run=make_run("queued").id)
    assert "This run waits in vain. No worker can start: the last one ended with exit code 1." in session.words
    assert texts.train.WAITING_FIRST not in session.words


@pytest.mark.parametrize("state", ["finished", "stopped"])
def test_a_run_that_has_ended_shows_its_test_accuracy_and_its_verdict(
    visit: Visit, make_run: MakeRun, state: str
) -> None:
    session = visit(run=make_run(state).id)
    assert "97.03 %" in session.words
    assert "1 min 5 s" in session.words
    assert "360" in session.words
    assert "verfitting since epoch 3" in session.words


def test_a_diverged_run_says_why_and_shows_no_figure_that_is_none(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("diverged").id)
    assert not session.has_broken
    assert "The loss is no number any more" in session.words
    assert "nan" not in session.words.lower()
    assert "None" not in session.words


def test_a_failed_run_shows_its_sentence(visit: Visit, make_run: MakeRun) -> None:
    assert "Something must be mended." in visit(run=make_run("failed").id).words


def test_the_four_numbers_are_those_of_the_newest_measurement(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("running").id)
    values = {metric.label: metric.value for metric in session.app.metric}
    assert values == {
        texts.train.VAL_ACCURACY: "90.00 %",
        texts.train.TRAIN_ACCURACY: "95.00 %",
        texts.train.GAP: f"{0.7 - 2.3 / 6:.4f}",
        texts.train.LOWEST: "0.4000",
    }


def test_the_gap_says_how_it_has_changed_in_the_last_five_epochs(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("running")
    figures = {"val_loss": 0.8, "honest_loss": 0.2, "val_accuracy": 0.9, "honest_accuracy": 0.95}
    with (run.path / "events.jsonl").open("a") as events:
        events.write(json.dumps({"event": "epoch", "epoch": 6, "step": 48, **figures, "seconds": 0.25}) + "\n")
    (gap,) = [metric for metric in visit(run=run.id).app.metric if metric.label == texts.train.GAP]
    assert (gap.value, gap.delta) == ("0.6000", f"{0.6 - (0.6 - 2.3 / 2):+.4f} in 5 epochs")


@pytest.mark.parametrize(("measured", "words"), [(0, texts.train.PREPARING), (1, texts.train.BEGINNING)])
def test_before_the_first_epoch_it_is_told_what_goes_on(
    visit: Visit, make_run: MakeRun, measured: int, words: str
) -> None:
    run = make_run("running")
    lines = (run.path / "events.jsonl").read_text().splitlines(keepends=True)
    until = [index for index, line in enumerate(lines) if '"event": "epoch"' in line][measured]
    (run.path / "events.jsonl").write_text("".join(lines[:until]))
    assert words in visit(run=run.id).app.get("progress")[0].proto.text


def test_progress_is_told_with_what_is_left(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("running").id)
    (bar,) = session.app.get("progress")
    assert "Epoch 5 of 6" in bar.proto.text
    assert "left" in bar.proto.text
    assert 0 < bar.proto.value < 100


@pytest.mark.parametrize("steps_an_epoch", [550, 3])
def test_a_run_counted_in_steps_speaks_of_steps_everywhere(
    visit: Visit, make_run: MakeRun, steps_an_epoch: int
) -> None:
    config = preset("softmax-sum-1000").replace(dataset="digits", steps=80, log_every=8)
    session = visit(run=make_run("running", config, steps_an_epoch).id)
    assert "Step 40 of 80" in session.app.get("progress")[0].proto.text
    assert "at step 16" in "".join(metric.delta for metric in session.app.metric)
    assert "ince step 24" in session.words
    for chart in session.charts:
        axis = chart["layout"]["xaxis"]
        assert (axis["title"]["text"], axis["range"]) == ("step", [0, 80])


def test_steps_that_happen_to_be_whole_epochs_are_counted_in_one_way(visit: Visit, make_run: MakeRun) -> None:
    config = preset("softmax-sum-1000").replace(dataset="digits", steps=80, log_every=8)
    session = visit(run=make_run("running", config, steps_an_epoch=8).id)
    ends = {"step": [0, 80], "epoch": [0, 10]}
    for chart in session.charts:
        axis = chart["layout"]["xaxis"]
        unit = axis["title"]["text"]
        assert axis["range"] == ends[unit]
        assert f"ince {unit} " in session.words
        assert f"at {unit} " in "".join(metric.delta for metric in session.app.metric)


def test_both_charts_are_drawn_with_words_for_those_who_can_not_see_them(visit: Visit, make_run: MakeRun) -> None:
    charts = visit(run=make_run("finished").id).charts
    assert len(charts) == 2
    for chart, metric in zip(charts, ("loss", "accuracy"), strict=True):
        assert metric in chart["alt"]
        assert "verfitting since epoch 3" in chart["alt"]


def test_the_axis_of_the_charts_ends_where_the_plan_ends(visit: Visit, make_run: MakeRun) -> None:
    for chart in visit(run=make_run("running").id).charts:
        assert chart["layout"]["xaxis"]["range"] == [0, 6]


@pytest.mark.parametrize("state", ["stopped", "diverged", "interrupted"])
def test_the_axis_of_a_run_that_ended_early_ends_with_it(visit: Visit, make_run: MakeRun, state: str) -> None:
    run = make_run(state, preset("keras-mlp").replace(dataset="digits", epochs=1000))
    for chart in visit(run=run.id).charts:
        assert chart["layout"]["xaxis"]["range"] == [0, 5]


def test_charts_grow_for_the_back_row(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("finished").id)
    session.fill(texts.PROJECTOR, True)
    for chart in session.charts:
        assert chart["layout"]["font"]["size"] >= 14


def test_a_logarithmic_loss_can_be_switched_on_and_off(visit: Visit, make_run: MakeRun) -> None:
    def kind(session: Session) -> str | None:
        return session.charts[0]["layout"]["yaxis"].get("type")

    session = visit(run=make_run("finished").id)
    assert kind(session) != "log"
    session.fill(texts.LOG_SCALE, True)
    assert kind(session) == "log"


def test_ten_test_pictures_show_right_and_wrong_answers_by_more_than_colour(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("finished").id)
    assert session.pictures == 10
    captions = [line for line in session.words.splitlines() if "91 %" in line]
    assert len(captions) == 10
    wrong = [caption for caption in captions if "✗" in caption]
    assert all(":red[" in caption for caption in wrong)
    assert 0 < len(wrong) < 10


def test_the_measurements_can_be_read_as_a_table(visit: Visit, make_run: MakeRun) -> None:
    session = visit(run=make_run("finished").id)
    session.app.session_state["measurements"] = True
    session.reload()
    (table,) = session.app.dataframe
    assert table.value["val_loss"].tolist() == [2.3, 0.6, 0.4, 0.5, 0.6, 0.7]


def test_notes_on_what_was_adapted_are_shown(visit: Visit, make_run: MakeRun) -> None:
    assert "A note on the data." in visit(run=make_run("running").id).words


def test_waiting_runs_are_told_how_many_are_before_them(
    visit: Visit, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_run("queued"), make_run("queued")
    assert "before" not in visit(run=first.id).words
    assert "1 run is before yours" in visit(run=second.id).words


def test_a_torn_last_line_waits_for_its_end(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("running")
    with (run.path / "events.jsonl").open("a") as events:
        events.write('{"event": "epoch", "epoch": 6, "st')
    session = visit(run=run.id)
    assert not session.has_broken
    assert "Epoch 5 of 6" in session.app.get("progress")[0].proto.text


def test_a_run_that_is_deleted_while_it_is_shown_breaks_nothing(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished")
    session = visit(run=run.id)
    run.delete()
    session.reload()
    assert not session.has_broken
    assert texts.train.PREVIEW in session.words


def test_starting_again_shows_the_new_run(visit: Visit, make_run: MakeRun, submitted: list[Any]) -> None:
    run = make_run("finished")
    session = visit(run=run.id)
    session.click(texts.train.START)
    assert session.app.query_params["run"] != run.id
    assert texts.STATES["queued"] in session.words


def test_known_data_that_are_damaged_are_said_on_the_first_page(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mnist.npz").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    monkeypatch.setattr("toolkit.datasets.mnist.MNIST_FILE", tmp_path / "mnist.npz")
    dataset_cache._loaded.clear()
    session = visit()
    dataset_cache._loaded.clear()
    assert not session.has_broken
    assert str(tmp_path / "mnist.npz") in session.words.replace("\\", "").replace("\u2060", "")


def test_what_was_wrong_with_a_link_is_told_until_something_else_is_chosen(visit: Visit, make_run: MakeRun) -> None:
    run = make_run("finished")
    session = visit(config="xxx")
    assert texts.train.LINK_DAMAGED in session.words
    session.fill("Learning rate", 0.02)
    assert texts.train.LINK_DAMAGED not in session.words
    session = visit(config="xxx")
    session.go_to("models")
    session.click(texts.models.SHOW_CURVES)
    session.go_to("train")
    assert session.app.query_params["run"] == run.id
    assert texts.train.LINK_DAMAGED not in session.words


def test_a_run_in_the_address_brings_the_weights_that_it_started_from(visit: Visit, make_run: MakeRun) -> None:
    first = make_run("finished")
    second = make_run("finished")
    record = json.loads((second.path / "config.json").read_text())
    record["run"]["weights_from"] = first.id
    (second.path / "config.json").write_text(json.dumps(record))
    assert visit(run=second.id).field(texts.form.WEIGHTS_FROM).value == first.id
    first.delete()
    session = visit(run=second.id)
    assert session.field(texts.form.WEIGHTS_FROM).value is None
    assert session.can_start


def test_what_is_no_number_is_no_answer(visit: Visit, make_run: MakeRun) -> None:
    pictures = visit(run=make_run("diverged").id).app.image
    assert [caption for element in pictures for caption in element.captions] == [texts.UNSURE] * 10


def test_a_network_no_better_than_guessing_is_told_with_the_class_as_it_is_written(
    visit: Visit, make_run: MakeRun
) -> None:
    run = make_run(config=preset("keras-mlp").replace(dataset="digits", epochs=5, learning_rate=0.5))
    baseline = {"event": "baseline", "label": "**fine**", "accuracy": 0.95, "rows": 431, "measured_on": "validation"}
    with (run.path / "events.jsonl").open("a") as events:
        events.write(json.dumps(baseline) + "\n")

    session = visit(run=run.id)

    (warning,) = (one.value for one in session.app.warning if "guessing" in one.value)
    assert warning.startswith("**No better than guessing:** at most 90.00\u00a0% of the validation rows were right")
    assert r"always answering \*\*fine\*\*, their commonest class, gives 95.00" in warning
    assert "More training may help" not in session.words
