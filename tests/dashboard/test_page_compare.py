"""The page that answers: which is better, and is it more than luck?"""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from session import Session

from dashboard import texts
from dashboard.shared import state
from dashboard.views.compare import compared_runs
from dashboard.views.compare.differences import to_csv
from toolkit.analysis.comparison import compare_runs
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.datasets import load_dataset
from toolkit.runs import NEWER, STATES, RunFolder, create_run
from toolkit.runs.artifacts import keep_probabilities

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]

WIDE = ExperimentConfig(name="wide", dataset="digits", layers=[Dense(units=99)], learning_rate=0.02, epochs=6)
NARROW = WIDE.replace(name="narrow", layers=[Dense(units=9)])
IRIS = WIDE.replace(name="flowers", dataset="iris")


def compare_page(visit: Visit, **query: str) -> Session:
    session = visit(**query)
    session.go_to("compare")
    assert not session.has_broken
    return session


def shown(session: Session) -> list[str]:
    """The ids of the runs that are compared."""
    return list(session.app.session_state[state.COMPARED])


def choose(session: Session, *labels: str) -> None:
    """Choose runs by the beginning of their labels, in the field for them."""
    (field,) = session.app.multiselect
    field.set_value([option for label in labels for option in field.options if option.startswith(label)]).run()


def keep_answers(run: RunFolder, wrong: int) -> None:
    """Saved probabilities in which the first `wrong` of the 360 test rows are wrong."""
    answers = load_dataset("digits").y_test.astype(int)
    answers[:wrong] = (answers[:wrong] + 1) % 10
    keep_probabilities(run, np.eye(10)[answers])


def test_without_runs_the_page_leads_to_the_first_one(visit: Visit) -> None:
    session = compare_page(visit)
    assert texts.NO_RUNS in session.words
    assert session.has_button(texts.GO_TRAIN)


def test_a_single_run_needs_a_second(visit: Visit, make_run: MakeRun) -> None:
    make_run()
    session = compare_page(visit)
    assert texts.compare.ONE_RUN in session.words
    assert session.has_button(texts.GO_TRAIN)
    assert not session.app.multiselect


def test_the_newest_two_on_the_same_data_are_compared_first(visit: Visit, make_run: MakeRun) -> None:
    _, older, newer, _ = (make_run("finished", config) for config in (WIDE, WIDE, NARROW, IRIS))
    session = compare_page(visit)
    assert shown(session) == [newer.id, older.id]
    assert session.app.query_params[state.QUERY_RUNS] == f"{newer.id},{older.id}"


def test_the_run_that_train_shows_is_compared_first(visit: Visit, make_run: MakeRun) -> None:
    older, _, newest = (make_run("finished", config) for config in (WIDE, NARROW, NARROW))
    assert shown(compare_page(visit, run=older.id)) == [older.id, newest.id]


def test_an_address_shows_the_comparison_that_it_names(visit: Visit, make_run: MakeRun) -> None:
    first, second, _ = (make_run("finished", config) for config in (WIDE, IRIS, NARROW))
    session = visit()
    session.app.query_params[state.QUERY_RUNS] = f"{second.id},gone-123456,{first.id},{first.id}"
    session.go_to("compare")
    assert shown(session) == [second.id, first.id]


def test_the_choice_is_kept_while_other_pages_are_visited(visit: Visit, make_run: MakeRun) -> None:
    first, second, _ = (make_run("finished", config) for config in (WIDE, NARROW, NARROW.replace(name="third")))
    session = compare_page(visit)
    choose(session, "wide", "narrow")
    session.go_to("train")
    session.app.query_params.pop(state.QUERY_RUNS)
    session.go_to("compare")
    assert shown(session) == [first.id, second.id]


def test_the_verdict_stands_on_the_paired_answers(visit: Visit, make_run: MakeRun) -> None:
    wide, narrow = (make_run("finished", WIDE, test_accuracy=0.95), make_run("finished", NARROW, test_accuracy=0.9))
    keep_answers(wide, 18)
    keep_answers(narrow, 36)
    session = compare_page(visit)
    (verdict,) = session.app.success
    assert verdict.value.replace("\u00a0", " ") == (
        "**wide is better, and that is more than luck:** 95.00 % of the 360 test rows right against 90.00 % for "
        "narrow. Of the 18 rows that just one of the two gets right, wide has 18. If both were equally good, they "
        "would still differ as much in fewer than 1 of 1,000 such tests."
    )
    assert "The same settings with another seed can differ as much" in session.words


def test_without_answers_a_small_lead_may_be_luck(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", WIDE, test_accuracy=0.95), make_run("finished", NARROW, test_accuracy=0.94)
    words = compare_page(visit).words
    assert "**wide is ahead, but that may be luck:**" in words


def test_runs_on_different_data_are_not_ranked(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", WIDE), make_run("finished", IRIS)
    session = compare_page(visit)
    (warning,) = session.app.warning
    assert "tested on the same rows" in warning.value
    assert len(session.app.get("plotly_chart")) == 2


def test_a_run_in_any_state_can_be_compared(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", WIDE)
    comparable = [one for one in STATES if one != NEWER]
    for one in comparable:
        make_run(one, NARROW.replace(name=f"a run that is {one}"))
    session = compare_page(visit)
    for one in comparable:
        choose(session, "wide", f"a run that is {one}")
        assert not session.has_broken
        tested = one in ("finished", "stopped", "diverged", "imported")
        assert ("No verdict yet" in session.words) == (not tested)
        assert len(session.app.table) == 1


def test_a_run_without_a_test_is_left_out_of_the_verdict(visit: Visit, make_run: MakeRun) -> None:
    for one, config in (("finished", WIDE), ("finished", NARROW), ("running", NARROW.replace(name="third"))):
        make_run(one, config)
    session = compare_page(visit)
    choose(session, "wide", "narrow", "third")
    assert not session.has_broken
    assert texts.compare.LEFT_OUT.format(runs="third (running)") in session.words


def test_the_table_tells_only_what_differs_and_marks_the_best(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", NARROW, test_accuracy=0.9), make_run("finished", WIDE, test_accuracy=0.95)
    (table,) = compare_page(visit).app.table
    assert table.value.columns.tolist() == ["wide", "narrow"]
    assert {name: tuple(values) for name, values in table.value.T.items()} == {
        "Hidden layers": ("dense 99", "dense 9"),
        "Test accuracy": ("**95.00 %**", "90.00 %"),
        "Best validation loss": ("0.4000 at epoch 2",) * 2,
        "Last validation loss": ("0.7000",) * 2,
        "Best validation accuracy": ("90.00 % at epoch 0",) * 2,
        "Last validation accuracy": ("90.00 %",) * 2,
        "Overfitting": (table.value.loc["Overfitting", "wide"],) * 2,
        "Trained for": ("5 epochs",) * 2,
        "Took": ("1 min 5 s",) * 2,
    }
    assert "since epoch 3" in table.value.loc["Overfitting", "wide"]


def test_curves_are_laid_over_each_other_by_epochs_or_by_seconds(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", WIDE), make_run("finished", NARROW)
    session = compare_page(visit)
    session.fill(texts.compare.BY, "seconds")
    assert not session.has_broken
    charts = [chart.proto.alt for chart in session.app.get("plotly_chart")]
    assert [alt.split(".")[0] for alt in charts] == [
        "loss of narrow, wide, by seconds",
        "accuracy of narrow, wide, by seconds",
    ]
    session.app.session_state["compared-measurements"] = True
    session.reload()
    assert len(session.app.dataframe[0].value) == 12


def test_runs_of_the_same_title_are_numbered_by_age(root: Path) -> None:
    def made(name: str) -> RunFolder:
        return create_run(root, WIDE.replace(name=name), asked_by="a test")

    oldest_first = [made(name) for name in ("a", "b", "a", "a (2)", "a", "x" * 80)]
    assert list(compared_runs.titles(oldest_first[::-1]).values())[::-1] == [
        "a (1)",
        "b",
        "a (3)",
        "a (2)",
        "a (4)",
        "x" * 31 + "…",
    ]


def test_titles_that_only_look_the_same_are_told_apart_too(visit: Visit, make_run: MakeRun) -> None:
    make_run("finished", WIDE.replace(name="a\nb")), make_run("finished", NARROW.replace(name="a \u202eb"))
    session = compare_page(visit)
    assert not session.has_broken
    assert "**a b (1)**" in session.words
    assert "**a b (2)**" in session.words


def test_a_title_in_the_table_to_download_is_no_formula(make_run: MakeRun) -> None:
    runs = [make_run("finished", WIDE.replace(name='=HYPERLINK("x")')), make_run("finished", NARROW)]
    lines = list(csv.DictReader(to_csv(compare_runs(runs)).splitlines()))
    assert [line["name"] for line in lines] == ['\'=HYPERLINK("x")', "narrow"]
    assert [line["layers"] for line in lines] == ["dense 99", "dense 9"]
    assert [float(line["best_val_loss"]) for line in lines] == [0.4, 0.4]
    assert [line["trained_epochs"] for line in lines] == ["5", "5"]
    assert [line["run_id"] for line in lines] == [run.id for run in runs]
