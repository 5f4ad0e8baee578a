"""Whether one network's test accuracy is better than another's by more than chance.

`compare_accuracies(read_tests({"wide": run, "narrow": other}))` judges the best against the next best.

Two networks that were tested on the same rows are compared row by row with McNemar's exact test: if they are equally
good, each row that only one of them gets right is a coin toss. If a run has not kept its predictions, Fisher's exact
test compares the two accuracies; it ignores the rows, and so misses small differences. Both tests hold for these two
trained networks alone: the same settings with another seed give another network, as Dietterich warns. So if runs of
the same settings differ in their seeds, Welch's t-test compares the means of the settings instead. With more than two,
the p-value is multiplied by the number of pairs (Bonferroni), since the best two were picked after looking at all.

References: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
percentages", Psychometrika 12 (1947); T. G. Dietterich, "Approximate statistical tests for comparing supervised
classification learning algorithms", Neural Computation 10 (1998); B. L. Welch, "The generalization of 'Student's'
problem when several different population variances are involved", Biometrika 34 (1947).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from statistics import mean
from typing import Literal

import numpy as np

from ..datasets import Dataset
from ..errors import DataError, RunError, ToolkitError
from ..formatting import percent
from ..models.classes import most_probable
from ..runs import RunFolder
from ..runs.artifacts import load_data, read_probabilities
from ..runs.schema import Outcome

#: "sure": more than chance, p < 0.01. "likely": p < 0.05. "luck": it may be chance. "unknown": there is no p-value.
Certainty = Literal["sure", "likely", "luck", "unknown"]

_CAVEAT = (
    "This holds for these trained networks. The same settings with another seed can differ as much: train each "
    "with three seeds to see which settings are better."
)
_HEADLINES: dict[Certainty, str] = {
    "sure": "{better} is {rank}, and that is more than luck",
    "likely": "{better} is {rank}, and that is probably more than luck",
    "luck": "{better} is ahead, but that may be luck",
    "unknown": "{better} is ahead, but whether that is luck can't be told yet",
}


@dataclass(frozen=True, eq=False)
class RunTest:
    """The test result of one run.

    name: the run's name in sentences. accuracy: in [0, 1]. rows: how many test rows there were. right: whether the
    network got each of them right, bool of shape (rows,); None if the run has not kept its predictions.
    data: equal for runs with the same test rows. setting: equal for runs that differ only in `seed`.
    """

    name: str
    accuracy: float
    rows: int
    right: np.ndarray | None = None
    data: Hashable = None
    setting: Hashable = None
    seed: int = 0


@dataclass(frozen=True)
class Significance:
    """Which run or setting is better, and how certain that is.

    better, other: names of the best and the next best, or of the first runs of two settings; better is None if both
    are equally good. difference: of their accuracies, or of the settings' means, in [0, 1]. p_value: how likely
    equally good ones would differ as much, in [0, 1]; None if it can't be computed. headline, explanation: a sentence
    in two parts. caveat: what this does not show, or "".
    """

    better: str | None
    other: str | None
    difference: float
    p_value: float | None
    certainty: Certainty
    headline: str
    explanation: str
    caveat: str = ""

    @property
    def sentence(self) -> str:
        """All of it as one text: `wide is better, and that is more than luck: it gets …`"""
        return " ".join(part for part in (f"{self.headline}: {self.explanation}", self.caveat) if part)


def read_tests(
    runs: Mapping[str, RunFolder], *, load: Callable[[RunFolder], Dataset] = load_data
) -> tuple[RunTest, ...]:
    """The tests of runs, by their names in sentences; runs that were not tested are skipped.

    load: loads a run's data, for the true classes of its test rows.
    """
    tested = [(name, run, run.result or Outcome()) for name, run in runs.items()]
    return tuple(
        RunTest(
            name=name,
            accuracy=result.test_accuracy,
            rows=result.test_rows,
            right=_right(run, load),
            data=(run.config.dataset, run.config.label, run.about.get("data_sha256"), result.test_rows),
            setting=_setting(run, result),
            seed=run.config.seed,
        )
        for name, run, result in tested
        if result.test_accuracy is not None and result.test_rows
    )


def _right(run: RunFolder, load: Callable[[RunFolder], Dataset]) -> np.ndarray | None:
    probabilities = read_probabilities(run)
    if probabilities is None:
        return None
    try:
        labels = load(run).y_test
    except ToolkitError:  # The data are missing; the accuracies can be compared without them.
        return None
    return most_probable(probabilities) == labels if len(probabilities) == len(labels) else None


def _setting(run: RunFolder, result: Outcome) -> Hashable:
    """The config without title and seed; a stopped run counts as another setting than one that was trained to the end.

    How an imported run was trained is unknown, so it is a setting of its own.
    """
    if run.imported:
        return run.id
    config = run.config.replace(name="any", seed=0)
    return config, run.about.get("weights_from"), None if run.state == "finished" else result.steps


def compare_accuracies(tests: Sequence[RunTest]) -> Significance:
    """Compare the best of two or more with the next best: single runs, or settings trained with several seeds.

    >>> compare_accuracies(read_tests({"wide": run, "narrow": other})).sentence  # doctest: +SKIP
    'wide is better, and that is more than luck: it gets 98.05 % of the 10,000 test rows right, narrow 97.03 %. …'

    Raises `RunError` for fewer than two tests, `DataError` if not all were tested on the same rows.
    """
    if len(tests) < 2:
        names = ", ".join(test.name for test in tests) or "none"
        raise RunError(f"It takes two tested runs or more to say which is better. Received: {names}. Test another.")
    if len({test.data for test in tests}) > 1:
        raise DataError(
            "Which is better can only be said of runs that were tested on the same rows. Received: runs on different "
            "data. Choose runs on one data set."
        )
    settings = _by_setting(tests)
    if max(map(len, settings)) == 1:
        return _compare([[test] for test in tests])
    return _describe_seeds(settings[0]) if len(settings) == 1 else _compare(settings)


def _by_setting(tests: Sequence[RunTest]) -> list[list[RunTest]]:
    """The tests of each setting in the given order, one per seed: the same seed gives the same network again."""
    settings: dict[Hashable, dict[int, RunTest]] = {}
    for number, test in enumerate(tests):
        key = number if test.setting is None else test.setting
        settings.setdefault(key, {}).setdefault(test.seed, test)
    return [list(seeds.values()) for seeds in settings.values()]


def _compare(settings: Sequence[Sequence[RunTest]]) -> Significance:
    """Compare the best setting with the next best; each is a list of its tests, one per seed."""
    best, other = sorted(settings, key=_mean, reverse=True)[:2]
    difference = _mean(best) - _mean(other)
    p_value = _p_value(best, other)
    if p_value is not None:
        p_value = min(1.0, p_value * comb(len(settings), 2))
    certainty = _certainty(p_value)
    form = _HEADLINES[certainty] if difference else "{better} and {other} are equally good"
    rank = "better" if len(settings) == 2 else f"the best of the {len(settings)}"
    headline = form.format(better=_called(best), other=_called(other), rank=rank)
    sentences = [
        f"{percent(_mean(best))} of the {best[0].rows:,} test rows right{_spread(best)} against "
        f"{percent(_mean(other))} for {_called(other)}{_spread(other)}.",
        _disagreement(best, other),
        _chance(p_value) if difference else "",
    ]
    return Significance(
        better=best[0].name if difference else None,
        other=other[0].name,
        difference=difference,
        p_value=p_value,
        certainty=certainty,
        headline=headline if len(best) == 1 else headline[0].upper() + headline[1:],
        explanation=" ".join(filter(None, sentences)),
        caveat=_CAVEAT if len(best) == len(other) == 1 else "",
    )


def _describe_seeds(seeds: Sequence[RunTest]) -> Significance:
    """One setting with several seeds."""
    accuracies = [test.accuracy for test in seeds]
    return Significance(
        better=None,
        other=None,
        difference=max(accuracies) - min(accuracies),
        p_value=None,
        certainty="luck",
        headline="These runs differ in their seed alone, so which of them is better is luck",
        explanation=f"{percent(_mean(seeds))} of the {seeds[0].rows:,} test rows right{_spread(seeds)}.",
        caveat="Other settings have to differ by more than that to be better.",
    )


def _p_value(best: Sequence[RunTest], other: Sequence[RunTest]) -> float | None:
    """How likely equally good ones would differ as much; None if a setting with several seeds faces a single one."""
    # Imported here, since it takes a second: `--help` stays fast.
    from scipy.stats import binomtest, fisher_exact, ttest_ind

    if len(best) > 1 or len(other) > 1:
        accuracies = [[test.accuracy for test in seeds] for seeds in (best, other)]
        if min(map(len, accuracies)) < 2 or not any(map(np.ptp, accuracies)):
            return None
        return float(ttest_ind(*accuracies, equal_var=False).pvalue)
    if (alone := _right_alone(best, other)) is not None:
        return float(binomtest(alone[0], sum(alone)).pvalue) if sum(alone) else 1.0
    right = [round(test.accuracy * test.rows) for test in (best[0], other[0])]
    return float(fisher_exact([[count, best[0].rows - count] for count in right]).pvalue)


def _right_alone(best: Sequence[RunTest], other: Sequence[RunTest]) -> tuple[int, int] | None:
    """How many rows each gets right and the other wrong; None if that is unknown or there are several seeds."""
    first, second = best[0].right, other[0].right
    if len(best) > 1 or len(other) > 1 or first is None or second is None:
        return None
    return int((first & ~second).sum()), int((second & ~first).sum())


def _mean(seeds: Sequence[RunTest]) -> float:
    return mean(test.accuracy for test in seeds)


def _called(seeds: Sequence[RunTest]) -> str:
    return seeds[0].name if len(seeds) == 1 else f"the setting of {seeds[0].name}"


def _certainty(p_value: float | None) -> Certainty:
    if p_value is None:
        return "unknown"
    return "sure" if p_value < 0.01 else "likely" if p_value < 0.05 else "luck"


def _spread(seeds: Sequence[RunTest]) -> str:
    if len(seeds) == 1:
        return ""
    accuracies = [test.accuracy for test in seeds]
    return f" (mean of {len(seeds)} seeds, from {percent(min(accuracies))} to {percent(max(accuracies))})"


def _disagreement(best: Sequence[RunTest], other: Sequence[RunTest]) -> str:
    alone = _right_alone(best, other)
    if alone is None:
        return ""
    return f"Of the {sum(alone):,} rows that just one of the two gets right, {best[0].name} has {alone[0]:,}."


def _chance(p_value: float | None) -> str:
    if p_value is None:
        return "One seed does not show how far another would lie from it: train each setting with three."
    often = "most" if p_value > 0.5 else "fewer than 1 of 1,000" if p_value < 0.001 else f"about 1 of {1 / p_value:.0f}"
    return f"If both were equally good, they would still differ as much in {often} such tests."
