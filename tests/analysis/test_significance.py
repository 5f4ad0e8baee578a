"""Which run is better, and whether that is luck: against the tests' own definitions, written out."""

from collections.abc import Sequence
from math import comb, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from toolkit.analysis.significance import RunTest, Significance, compare_accuracies, read_tests
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset
from toolkit.errors import DataError, RunError
from toolkit.runs import RunFolder, RunWriter, create_run
from toolkit.runs.artifacts import keep_probabilities

_CAVEAT = (
    "This holds for these trained networks. The same settings with another seed can differ as much: train each "
    "with three seeds to see which settings are better."
)


def pair(both: int, first: int, second: int, neither: int) -> tuple[RunTest, RunTest]:
    """Two tests on the same rows: how many both, only the first, only the second and neither got right."""
    counts = (both, first, second, neither)
    answers = [np.repeat(right, counts) for right in ([True, True, False, False], [True, False, True, False])]
    rows = sum(counts)
    one, other = (RunTest(name, float(right.mean()), rows, right) for name, right in zip("ab", answers, strict=True))
    return one, other


def seeds_of(setting: str, *accuracies: float) -> list[RunTest]:
    return [RunTest(f"{setting} {n}", one, 1000, setting=setting, seed=n) for n, one in enumerate(accuracies, 1)]


@pytest.mark.parametrize(("first", "second"), [(15, 5), (5, 15), (3, 0), (40, 39), (120, 60)])
def test_paired_answers_are_judged_by_mcnemars_exact_test(first: int, second: int) -> None:
    judged = compare_accuracies(pair(900, first, second, 20))

    fewer, all_told = min(first, second), first + second
    tail = sum(comb(all_told, k) for k in range(fewer + 1)) / 2**all_told
    assert judged.p_value == pytest.approx(min(1.0, 2 * tail))
    assert judged.better == ("a" if first > second else "b")
    assert judged.difference == pytest.approx(abs(first - second) / (920 + all_told))


def test_without_answers_the_accuracies_are_judged_by_fishers_exact_test() -> None:
    tests = [RunTest("a", 0.9, 40), RunTest("b", 0.75, 40)]

    def chance(right: int) -> float:
        """That `right` of the 66 right answers fall to the first: hypergeometric."""
        return comb(40, right) * comb(40, 66 - right) / comb(80, 66)

    expected = sum(chance(k) for k in range(26, 41) if chance(k) <= chance(36) * (1 + 1e-9))
    judged = compare_accuracies(tests)
    assert judged.p_value == pytest.approx(expected)
    assert "rows that just one" not in judged.explanation


def test_pairs_tell_more_than_accuracies_alone() -> None:
    paired = pair(900, 15, 2, 83)
    unpaired = [RunTest(test.name, test.accuracy, test.rows) for test in paired]
    assert compare_accuracies(paired).certainty == "sure"
    assert compare_accuracies(unpaired).certainty == "luck"


def test_settings_with_several_seeds_are_judged_by_welchs_test_on_their_means() -> None:
    wide, narrow = (0.97, 0.98, 0.975), (0.95, 0.96, 0.93, 0.94)
    judged = compare_accuracies([*seeds_of("narrow", *narrow), *seeds_of("wide", *wide)])

    errors = [np.var(one, ddof=1) / len(one) for one in (wide, narrow)]
    freedom = sum(errors) ** 2 / sum(e**2 / (len(one) - 1) for e, one in zip(errors, (wide, narrow), strict=True))
    statistic = (np.mean(wide) - np.mean(narrow)) / sqrt(sum(errors))
    assert judged.p_value == pytest.approx(2 * t.sf(statistic, freedom))
    assert judged.difference == pytest.approx(np.mean(wide) - np.mean(narrow))
    assert judged.sentence == (
        "The setting of wide 1 is better, and that is probably more than luck: 97.50 % of the 1,000 test rows right "
        "(mean of 3 seeds, from 97.00 % to 98.00 %) against 94.50 % for the setting of narrow 1 (mean of 4 seeds, from "
        f"93.00 % to 96.00 %). If both were equally good, they would still differ as much in about 1 of "
        f"{1 / judged.p_value:.0f} such tests."
    )


def test_the_words_follow_the_p_value() -> None:
    sure, likely, luck = (compare_accuracies(pair(900, *alone, 20)) for alone in ((40, 10), (20, 8), (12, 10)))
    assert [one.certainty for one in (sure, likely, luck)] == ["sure", "likely", "luck"]
    assert sure.sentence == (
        "a is better, and that is more than luck: 96.91 % of the 970 test rows right against 93.81 % for b. Of the 50 "
        "rows that just one of the two gets right, a has 40. If both were equally good, they would still differ as "
        f"much in fewer than 1 of 1,000 such tests. {_CAVEAT}"
    )
    assert likely.headline == "a is better, and that is probably more than luck"
    assert likely.explanation.endswith("they would still differ as much in about 1 of 28 such tests.")
    assert luck.headline == "a is ahead, but that may be luck"
    assert luck.explanation.endswith("they would still differ as much in most such tests.")


def test_equally_good_runs_have_no_winner() -> None:
    judged = compare_accuracies(pair(900, 5, 5, 90))
    assert (judged.better, judged.difference, judged.p_value) == (None, 0.0, 1.0)
    assert judged.sentence == (
        "a and b are equally good: 90.50 % of the 1,000 test rows right against 90.50 % for b. Of the 10 rows that "
        f"just one of the two gets right, a has 5. {_CAVEAT}"
    )
    assert compare_accuracies(pair(900, 0, 0, 90)).p_value == 1.0


def test_among_several_runs_the_best_must_lead_by_more() -> None:
    best, other = pair(900, 20, 6, 74)
    third = RunTest("c", 0.5, 1000, np.arange(1000) < 500)
    two, three = compare_accuracies([best, other]), compare_accuracies([third, other, best])
    assert two.p_value is not None
    assert three.p_value == pytest.approx(3 * two.p_value)
    assert (three.better, three.other) == ("a", "b")
    assert three.headline == "a is the best of the 3, and that is probably more than luck"


def test_runs_that_differ_in_the_seed_alone_are_told_as_one_setting() -> None:
    judged = compare_accuracies(seeds_of("a", 0.95, 0.97, 0.96))
    assert judged == Significance(
        better=None,
        other=None,
        difference=pytest.approx(0.02),
        p_value=None,
        certainty="luck",
        headline="These runs differ in their seed alone, so which of them is better is luck",
        explanation="96.00 % of the 1,000 test rows right (mean of 3 seeds, from 95.00 % to 97.00 %).",
        caveat="Other settings have to differ by more than that to be better.",
    )


@pytest.mark.parametrize("tests", [[*seeds_of("a", 0.9, 0.91), *seeds_of("b", 0.8)], seeds_of("a", 0.9) * 2])
def test_one_seed_against_several_or_against_itself_is_no_evidence(tests: Sequence[RunTest]) -> None:
    judged = compare_accuracies(tests)
    assert judged.certainty == ("unknown" if len(tests) == 3 else "luck")
    if len(tests) == 3:
        assert judged.headline == "The setting of a 1 is ahead, but whether that is luck can't be told yet"
        assert judged.explanation.endswith(
            "One seed does not show how far another would lie from it: train each setting with three."
        )
    else:
        assert judged.better is None


def test_seeds_without_any_spread_give_no_p_value() -> None:
    assert compare_accuracies([*seeds_of("a", 0.9, 0.9), *seeds_of("b", 0.8, 0.8)]).p_value is None


def test_it_takes_two_tests_on_the_same_rows() -> None:
    with pytest.raises(RunError) as few:
        compare_accuracies([RunTest("a", 0.9, 10)])
    assert str(few.value) == ("It takes two tested runs or more to say which is better. Received: a. Test another.")
    with pytest.raises(DataError) as unlike:
        compare_accuracies([RunTest("a", 0.9, 10, data="mnist"), RunTest("b", 0.9, 10, data="digits")])
    assert str(unlike.value) == (
        "Which is better can only be said of runs that were tested on the same rows. Received: runs on different "
        "data. Choose runs on one data set."
    )


_LABELS = np.array([0, 1, 2, 0, 1], np.uint8)
_DATA = Dataset("tiny", np.zeros((3, 2)), _LABELS[:3], np.zeros((5, 2)), _LABELS, ("a", "b", "c"))


def finished_run(root: Path, accuracy: float | None = 0.6, state: str = "finished", **settings: object) -> RunFolder:
    run = create_run(root, ExperimentConfig(**{"dataset": "iris", **settings}), asked_by="a test")
    writer = RunWriter.claim(run)
    assert writer is not None
    writer.finish({"state": state, "message": "", "test_accuracy": accuracy, "test_rows": 5, "steps": 9, "epochs": 3})
    writer.close()
    return run


def test_a_runs_test_is_read_with_the_answers_that_it_kept(tmp_path: Path) -> None:
    kept, forgotten, untested = finished_run(tmp_path), finished_run(tmp_path), finished_run(tmp_path, None)
    answers = np.array([0, 1, 2, 1, 2])
    keep_probabilities(kept, np.eye(3)[answers])

    first, second = read_tests({"kept": kept, "lost": forgotten, "none": untested}, load=lambda run: _DATA)

    assert first.right is not None
    np.testing.assert_array_equal(first.right, [True, True, True, False, False])
    assert (second.name, second.right, second.accuracy, second.rows) == ("lost", None, 0.6, 5)


def test_answers_are_left_out_where_the_data_are_gone_or_do_not_fit(tmp_path: Path) -> None:
    run, other = finished_run(tmp_path), finished_run(tmp_path)
    keep_probabilities(run, np.eye(3))
    keep_probabilities(other, np.eye(3)[_LABELS])

    def gone(run: RunFolder) -> Dataset:
        raise DataError("They are gone.")

    assert [test.right for test in read_tests({"short": run}, load=lambda run: _DATA)] == [None]
    assert [test.right for test in read_tests({"gone": other}, load=gone)] == [None]


def test_runs_with_the_same_settings_differ_in_title_and_seed_alone(tmp_path: Path) -> None:
    runs = {
        "one": finished_run(tmp_path, name="one", seed=1),
        "two": finished_run(tmp_path, name="two", seed=2),
        "slow": finished_run(tmp_path, learning_rate=0.0001),
        "cut": finished_run(tmp_path, state="stopped"),
        "digits": finished_run(tmp_path, dataset="digits"),
    }
    one, two, *others = read_tests(runs)
    assert one.setting == two.setting
    assert (one.seed, two.seed) == (1, 2)
    assert all(other.setting != one.setting for other in others)
    assert [test.data == one.data for test in (two, *others)] == [True, True, True, False]
