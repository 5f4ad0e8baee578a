"""Hostile names of runs, classes and columns are data. The campaign tries every name in full, in a browser too."""

import csv
import io
from pathlib import Path

import pytest

from benchmarks.reliability.hostile_names import NAMES, faults_of
from dashboard.shared.formatting import plain
from dashboard.views.compare.differences import to_csv
from toolkit.analysis.comparison import compare_runs
from toolkit.config import ExperimentConfig
from toolkit.errors import ToolkitError
from toolkit.runs import create_run, list_runs


@pytest.mark.parametrize("name", NAMES[5::15], ids=ascii)
def test_a_hostile_name_does_nothing_anywhere(name: str, tmp_path: Path) -> None:
    assert faults_of(name, tmp_path) == []


def test_there_are_a_hundred_names_and_each_makes_a_run_or_is_refused(tmp_path: Path) -> None:
    assert len(set(NAMES)) >= 100
    made, refused = [], []
    for name in NAMES:
        try:
            made.append(create_run(tmp_path / "runs", ExperimentConfig(name=name), asked_by="a test").config.name)
        except ToolkitError:
            refused.append(name)
    assert refused == ["\ud800", "", "a" * 81, "a" * 10_000]
    assert sorted(run.config.name for run in list_runs(tmp_path / "runs")) == sorted(made)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_spreadsheet_takes_no_title_for_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    titles = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "a\r\n=1", "plain"]
    runs = [create_run(tmp_path, ExperimentConfig(name=title), asked_by="a test") for title in titles]
    lines = list(csv.DictReader(io.StringIO(to_csv(compare_runs(runs)), newline="")))
    assert [line["name"] for line in lines] == ["'=1+1", "'+1", "'-1+1", "'@SUM(1)", "'=1", "'=1", "a =1", "plain"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("keras-mlp, 2 epochs", "keras-mlp, 2 epochs"),
        ("97.08 % at epoch 10", "97.08 % at epoch 10"),
        ("-0.5", "-0.5"),
        ("*a* _b_ `c` [d](e) # $x$ ~s~ | !", r"\*a\* \_b\_ \`c\` \[d\](e) \# \$x\$ \~s\~ \| \!"),
        ("<b>&amp;</b>", r"\<b\>\&amp;\</b\>"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("one\n\n# two\n    three", r"one \# two three"),
        (":smile: :material/bolt:", ":\u2060smile: :\u2060material/bolt:"),
        ("http://a.example www.a.example", "http:\u2060//a.example www\u2060.a.example"),
        ("me@a.example", "me\u2060@a.example"),
        ("a -> b -- c <= d", "a -\u2060\\> b -\u2060- c \\<\u2060= d"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
def test_somebodys_words_are_shown_as_they_are(words: str, shown: str) -> None:
    assert plain(words) == shown
