"""Campaign 6: a hundred hostile names for runs, classes and columns must never become a path, HTML or a formula.

    python -m benchmarks.reliability.hostile_names [--no-browser]

Each name is used for a run (created, listed, renamed, reported, compared, exported), for a class and for a column
(described, drawn). Then Chromium opens every run on Train, and all of them on Models and Compare: names must appear
unchanged, and there must be no request to another machine, no script and no error. Prints the faults.
"""

import argparse
import ast
import csv
import io
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

import numpy as np
from plotly.offline import get_plotlyjs

from toolkit import figures
from toolkit.analysis.comparison import compare_runs
from toolkit.analysis.overfitting import find_overfitting
from toolkit.cli import main as toolkit
from toolkit.code_export import export_code
from toolkit.config import ExperimentConfig
from toolkit.datasets import load_dataset
from toolkit.errors import ToolkitError
from toolkit.report.page import render
from toolkit.runs import RunFolder, create_run, list_runs, open_run

PROJECT = Path(__file__).resolve().parents[2]
PATHS = ("../../up", "/etc/passwd", "..", ".", "~", "~nobody/x", "C:\\x", "a/b", "a\\b", ".hidden", "con", "nul.csv")
SHELL = ("-rf", "--help", "$(touch x)", "`id`", "; rm x", "| cat", "&& true", "a\0b", "a\nb", "a\r\nb", "*", "?", "!x")
TERMINAL = ("\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "\x7f\x08", "\x1b[2J")
HTML = (
    *("<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'><b>x"),
    *('"><svg onload=alert(1)>', "<a href='javascript:alert(1)'>x</a>", "&lt;b&gt;", "<!-- x", "]]>", "<br>x", "<b>x"),
    *("<style>*{display:none}</style>", "<iframe src=//elsewhere.example>", "<extra>x</extra>", "</title><h1>x"),
)
MARKDOWN = (
    *("![x](http://elsewhere.example/x.png)", "[x](http://elsewhere.example)", "http://elsewhere.example", "**b**"),
    *("www.elsewhere.example", "me@elsewhere.example", ":material/bolt:", ":smile:", ":red[x]", "$x^2$", "# x", "- x"),
    *("1. x", "`x`", "~~x~~", "a -> b -- c", "| a | b |", "[^1]", "> x"),
)
FORMATS = ("{}", "{0}", "{name}", "{0.__class__}", "%s", "%(x)s", "$title", "${HOME}", "%{y}", "{{x}}", "{% x %}")
FORMULAS = ("=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1")
CODE = ("'''", '"""', '"""\nimport os', "\\", "x\nimport os", "'); import os; ('", '","x":"', "nan", "null", "-0")
LETTERS = ("\u202egnp.exe", "\u2066x", "\u200b", "꽃", "👩‍👩‍👧", "Z\u0338\u0321", "\ud800", "")
LENGTHS = (" ", "a" * 80, "a" * 81, "꽃" * 80, "a" * 10_000)
NAMES = (*PATHS, *SHELL, *TERMINAL, *HTML, *MARKDOWN, *FORMATS, *FORMULAS, *CODE, *LETTERS, *LENGTHS)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: The HTML tags in our own figures' texts.
_OURS = re.compile(r"</?(?:b|extra)>|<br>")


def command(*arguments: str) -> tuple[int, str, str]:
    """Run a toolkit command; returns exit status, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = toolkit(arguments)
    return status, out.getvalue(), err.getvalue()


def steers(text: str) -> bool:
    """Whether a text contains characters that control a terminal."""
    return any(category(letter) == "Cc" and letter != "\n" for letter in text)


def texts_of(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_of(one)


class _Tags(HTMLParser):
    """Counts the elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self.feed(page.replace(get_plotlyjs(), ""))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.update([tag, *(f"{tag} {name}" for name, _ in attrs)])


def shape_of(code: str) -> str:
    """A script without the contents of its strings."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def run_faults(root: Path, name: str, plain: RunFolder) -> Iterator[str]:
    """The faults of a run with this title; plain: the same run with a harmless title."""
    before = {path.name for path in root.parent.iterdir()}
    try:
        run = create_run(root, plain.config.replace(name=name), asked_by="a campaign")
    except ToolkitError as error:
        if steers(str(error)) and not steers(name):
            yield "its refusal steers the terminal"
        return
    if run.path.parent != root or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", run.id):
        yield f"its id is {run.id}"
    if {path.name for path in root.parent.iterdir()} != before:
        yield "something lies beside the runs folder"
    if open_run(root, run.id).config.name != name or run.id not in [one.id for one in list_runs(root)]:
        yield "it is not found again by its title"
    if _Tags(render(run)).seen != _Tags(render(plain)).seen:
        yield "its report has other elements"
    if shape_of(export_code(run.config, about=name)) != shape_of(export_code(plain.config)):
        yield "its exported script does something else"
    yield from _spoken(root, run, name)
    yield from _compared(run, plain)


def _spoken(root: Path, run: RunFolder, name: str) -> Iterator[str]:
    """The faults on the command line."""
    at = ("--root", str(root))
    for arguments in (
        ("runs", *at, f"--name={name}"),
        ("rename", *at, "--", run.id, f"{name[:79]}x"),
        ("show", *at, "--", name),
        ("delete", *at, "--", name),
        ("train", *at, "--dataset", name),
    ):
        status, out, err = command(*arguments)
        if status not in (0, 2) or steers(out + err):
            yield f"{arguments[0]} ends with {status} and says {out + err!r:.100}"
    found = json.loads(command("runs", "--json", *at)[1])
    if f"{name[:79]}x" not in [one["name"] for one in found]:
        yield "it can't be renamed, or JSON does not tell its title"


def _compared(run: RunFolder, plain: RunFolder) -> Iterator[str]:
    """The faults in a comparison with another run, on the page and in its CSV."""
    from dashboard.views.compare.differences import to_csv

    lines = list(csv.reader(io.StringIO(to_csv(compare_runs([run, plain])), newline="")))
    for cell in (cell for line in lines for cell in line):
        if cell.startswith(_FORMULA) and not re.fullmatch(r"-?\d+(\.\d+)?(e[-+]?\d+)?", cell):
            yield f"CSV holds the formula {cell!r}"
    histories = {one.config.name: one.history() for one in (run, plain)}
    verdicts = {name: find_overfitting(history) for name, history in histories.items()}
    frames = {name: history.frame for name, history in histories.items()}
    yield from _drawn("comparison", figures.comparison(frames, verdicts, "loss"))


def _drawn(what: str, figure: Any) -> Iterator[str]:
    """Texts of a figure that Plotly would interpret as HTML or as a template."""
    for text in texts_of(json.loads(figure.to_json())):
        if "<" in _OURS.sub("", text):
            yield f"the figure {what} says {text!r:.80}"


def data_faults(folder: Path, name: str) -> Iterator[str]:
    """The faults of a class and a column with this name."""
    path = folder / "mine.csv"
    rows = [[number, number / 2, name if number % 2 else "other"] for number in range(20)]
    content = io.StringIO(newline="")
    csv.writer(content).writerows([["plain", name, "kind"], *rows])
    path.write_bytes(content.getvalue().encode("utf-8", "surrogatepass"))
    status, out, err = command("data", str(path), "--figure", str(folder / "samples.html"))
    if status not in (0, 2) or steers(out + err):
        yield f"data ends with {status} and says {out + err!r:.100}"
    try:
        data = load_dataset(str(path))
    except ToolkitError:
        return
    written = (folder / "samples.html").read_text()
    if "</script><script>alert" in written or "<img src=x" in written:
        yield "the figure's page holds it as HTML"
    json.loads(command("data", str(path), "--no-figure", "--json")[1])
    yield from _pictured(data.class_names, data.feature_names)


def _pictured(classes: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    """The faults in the figures that show class or column names."""
    matrix, half = np.array([[3, 1], [0, 4]]), np.array([[0.9, 0.1], [0.2, 0.8]])
    x, y = np.zeros((2, 4, 4), np.uint8), np.array([0, 1])
    drawn = {
        "confusion_matrix": figures.confusion_matrix(matrix, classes),
        "samples": figures.samples(x, y, classes),
        "columns": figures.samples(np.eye(2), y, classes, feature_names=columns),
        "prediction_grid": figures.prediction_grid(x, y, half, classes, true_labels=y[::-1]),
        "probability_bars": figures.probability_bars(half[0], classes, true_label=1),
        "templates": figures.templates(np.eye(4)[:, :2], (2, 2), class_names=classes),
        "one_hot_boxes": figures.one_hot_boxes(half[0], classes),
    }
    for what, figure in drawn.items():
        yield from _drawn(what, figure)


def faults_of(name: str, folder: Path) -> list[str]:
    """All faults of a name except on the pages; folder: an empty folder."""
    root = folder / "runs"
    plain = create_run(root, ExperimentConfig(name="plain", dataset="digits"), asked_by="a campaign")
    found = []
    for faults in (run_faults(root, name, plain), data_faults(folder, name)):
        try:
            found += list(faults)
        except Exception as error:
            found.append(f"raised {error!r:.200}")
    return found


def page_faults(folder: Path) -> Iterator[str]:
    """The faults on the pages with all names at once, in a browser."""
    from playwright.sync_api import sync_playwright

    from benchmarks.pages import CHROMIUM, served

    root, runs = folder / "runs", {}
    for name in NAMES:
        try:
            run = create_run(root, ExperimentConfig(name=name, dataset="digits"), asked_by="a campaign")
        except ToolkitError:
            continue
        runs[run.id] = name
    with served(PROJECT / "dashboard" / "app.py", root) as (_, port), sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        page.set_default_timeout(60_000)
        asked: list[str] = []
        wrong: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(f"a page's error: {error}"))

        def opened(path: str) -> None:
            page.goto(f"http://127.0.0.1:{port}/{path}")
            page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
            page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

        for run_id, name in runs.items():
            opened(f"?run={run_id}")
            heading = page.get_by_test_id("stMain").get_by_role("heading").first
            if visible(heading.inner_text()) != visible(f"{name} on Small digits"):
                yield f"Train says {heading.inner_text()!r} of {name!r}"
            if heading.locator("a, img, code, em, strong, [role=img]").count():
                yield f"Train makes more than letters of {name!r}"
            if page.get_by_test_id("stException").count():
                yield f"Train breaks with {name!r}"
        for path in ("models", *(f"compare?runs={a},{b}" for a, b in zip(runs, list(runs)[1:], strict=False))):
            opened(path)
            if page.get_by_test_id("stException").count():
                yield f"{path} breaks"
            if page.locator("[data-testid=stMain] a[href*=elsewhere]").count():
                yield f"{path} links elsewhere"
        yield from wrong
        elsewhere = {url for url in asked if urlsplit(url).hostname not in ("127.0.0.1", None)}
        yield from (f"{url} was asked for" for url in elsewhere)


def visible(text: str) -> str:
    """A text as it looks: white space collapsed, invisible characters removed."""
    # Browsers show a replacement character for NUL.
    shown = "".join(letter for letter in text if category(letter) not in ("Cf", "Cc") or letter.isspace())
    shown = shown.replace("\N{REPLACEMENT CHARACTER}", "")
    return " ".join(shown.split())


def main() -> int:
    """Try all names; returns how many have faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    wrong = 0
    for name in NAMES:
        with tempfile.TemporaryDirectory() as folder:
            faults = faults_of(name, Path(folder))
        wrong += bool(faults)
        for fault in faults:
            print(f"{name!r:.60}: {fault}")
    print(f"{len(NAMES) - wrong} of {len(NAMES)} names remain plain names in runs, classes and columns", flush=True)
    if not arguments.no_browser:
        with tempfile.TemporaryDirectory() as folder:
            faults = list(page_faults(Path(folder)))
        print("\n".join(faults))
        print(f"on the pages: {len(faults)} faults")
        wrong += len(faults)
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
