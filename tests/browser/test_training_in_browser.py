"""From one click to a trained model, whatever happens on the way."""

import json
import re
import time
from collections.abc import Callable

import pytest
from driving import DEADLINE, Dashboard, Visitor, until

from dashboard import texts
from toolkit.runs import list_runs

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]
#: Many more epochs than can be trained during the test.
ENDLESS = 1000


def test_one_click_on_a_first_visit_gives_a_trained_model(visitor: Visitor) -> None:
    visitor.look("first-visit")
    run = visitor.start()
    visitor.wait_for_training()
    visitor.look("training")
    assert visitor.main.get_by_role("progressbar").count() == 1

    for name in ("loss", "accuracy"):
        chart = visitor.main.get_by_role("figure", name=re.compile(f"^{name} over epochs"))
        # Three curves and the marked point.
        until(lambda chart=chart: chart.locator(".scatterlayer .trace").count() >= 4, f"four traces of {name}")
    assert visitor.verdict.count() == 1
    assert visitor.main.get_by_role("img", name=re.compile("^Test picture: ")).count() == 10
    assert visitor.main.get_by_text(re.compile(r"^\d( ✗)? · \d+ %$")).count() == 10

    visitor.wait_for_state("finished")
    visitor.settle()
    visitor.look("finished")
    result = json.loads((run.path / "result.json").read_text())
    visitor.wait_for_words(f"{100 * result['test_accuracy']:.2f} %")
    assert result["test_accuracy"] > 0.95
    assert result["overfitting"]["sentence"].split(":")[0] in (visitor.verdict.text_content() or "")
    assert visitor.main.get_by_role("progressbar").count() == 0
    assert run.model_path.is_file()
    assert run.weights_path.is_file()


def test_the_ten_pictures_change_their_predictions_as_it_learns(visitor: Visitor) -> None:
    visitor.set_up_small(epochs=ENDLESS)
    visitor.start()
    captions = visitor.main.get_by_text(re.compile(r"^\d( ✗)? · \d+ %$"))
    captions.first.wait_for()
    before = captions.all_text_contents()
    until(lambda: captions.all_text_contents() != before, "other predictions than at first")
    visitor.button(texts.train.STOP).click()
    visitor.wait_for_state("stopped")


def test_stop_ends_the_training_and_keeps_what_was_learned(visitor: Visitor) -> None:
    visitor.set_up_small(epochs=ENDLESS)
    run = visitor.start()
    visitor.wait_for_training()
    visitor.button(texts.train.STOP).click()
    clicked = time.monotonic()
    visitor.wait_for_state("stopped")
    print(f"{time.monotonic() - clicked:.1f} s from the click to the state on the page")
    visitor.settle()
    visitor.look("stopped")
    assert run.state == "stopped"
    assert run.model_path.is_file()
    assert not visitor.button(texts.train.STOP).is_visible()
    visitor.wait_for_words("test accuracy")


def test_a_run_that_has_not_begun_can_be_stopped_too(visit: Visit, own_dashboard: Dashboard) -> None:
    visitor = visit(own_dashboard)
    visitor.set_up_small(epochs=ENDLESS)
    visitor.start()
    # A worker may have taken it by now: its button says Stop then.
    either = re.compile(f"({re.escape(texts.train.CANCEL)}|{re.escape(texts.train.STOP)})$")
    visitor.main.get_by_role("button", name=either).click()
    visitor.wait_for_state("stopped")


def test_a_reload_during_training_finds_the_run_and_the_training_goes_on(visitor: Visitor) -> None:
    visitor.set_up_small(epochs=ENDLESS)
    run = visitor.start()
    visitor.wait_for_training()
    visitor.page.reload()
    visitor.wait_for_training()
    assert visitor.run_id == run.id
    epoch = visitor.epoch
    until(lambda: visitor.epoch > epoch, "more epochs after the reload")
    visitor.button(texts.train.STOP).click()
    visitor.wait_for_state("stopped")


def test_a_look_at_the_other_page_during_training_does_not_disturb_it(visitor: Visitor) -> None:
    visitor.set_up_small(epochs=ENDLESS)
    visitor.start()
    visitor.wait_for_training()
    visitor.go_to(texts.models.TITLE)
    visitor.wait_for_words(texts.RUN_UNDER_WAY)
    visitor.go_to(texts.train.TITLE)
    visitor.wait_for_training()
    visitor.button(texts.train.STOP).click()
    visitor.wait_for_state("stopped")


def test_training_survives_the_dashboard_and_the_page_finds_it_again(visit: Visit, own_dashboard: Dashboard) -> None:
    visitor = visit(own_dashboard)
    visitor.set_up_small(epochs=ENDLESS)
    run = visitor.start()
    visitor.wait_for_training()

    own_dashboard.kill()
    measured = len(run.events())
    until(lambda: len(run.events()) > measured, "measurements after the dashboard was killed")
    visitor.look("dashboard-killed")
    own_dashboard.start()
    # The page reconnects to the new server by itself; errors of the old connection don't count.
    epoch = int(run.events()[-1].epoch)
    until(lambda: visitor.epoch > epoch, "newer epochs on the page after the restart")
    visitor.errors.clear()
    assert visitor.run_id == run.id
    visitor.look("dashboard-restarted")

    visitor.button(texts.train.STOP).click()
    visitor.wait_for_state("stopped")
    assert run.model_path.is_file()


def test_a_second_visitor_waits_with_the_place_shown_and_then_trains(visit: Visit, own_dashboard: Dashboard) -> None:
    first, second = visit(own_dashboard), visit(own_dashboard)
    first.set_up_small(epochs=ENDLESS)
    second.set_up_small(epochs=5)
    first.start()
    first.wait_for_training()
    run = second.start()
    second.wait_for_state("queued")
    second.wait_for_words(texts.train.WAITING.partition(":")[0])
    second.look("waiting")
    first.button(texts.train.STOP).click()
    first.wait_for_state("stopped")
    second.wait_for_state("finished")
    assert run.state == "finished"


@pytest.mark.parametrize("milliseconds", [0, 150])
def test_a_double_click_starts_one_run(visit: Visit, own_dashboard: Dashboard, milliseconds: int) -> None:
    visitor = visit(own_dashboard)
    visitor.set_up_small(epochs=5)
    # A beginner's double click is slow: the page may have changed between its halves.
    visitor.button(texts.train.START).click(click_count=2, delay=milliseconds)
    visitor.wait_for_state("finished")
    visitor.settle()
    assert len(list_runs(own_dashboard.root)) == 1


def test_nothing_is_left_when_the_dashboard_ends(visit: Visit, own_dashboard: Dashboard) -> None:
    visitor = visit(own_dashboard)
    visitor.set_up_small(epochs=5)
    visitor.start()
    visitor.wait_for_state("finished")
    visitor.go_to(texts.models.TITLE)
    visitor.button(texts.models.PREDICT_TEN).click()
    visitor.main.get_by_role("img").first.wait_for()
    for kind in ("supervisor", "worker", "prediction_worker"):
        until(lambda kind=kind: any(f"toolkit.jobs.{kind}" in one for one in own_dashboard.processes()), f"a {kind}")
    visitor.close()
    own_dashboard.stop()
    assert own_dashboard.processes() == []
