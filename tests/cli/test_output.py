"""One JSON document or a few lines on standard output; a progress bar on a terminal, and nowhere else."""

import io
import json
import os
import pty
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from toolkit.cli.output import _folded, print_json, print_table, progress_bar
from toolkit.config import ExperimentConfig


class _Terminal(io.StringIO):
    """A standard stream that says of itself that a person reads it."""

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        """What was written, without colours and movements of the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())


@pytest.fixture
def bar(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What a wide terminal shows while a run reports these events."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)

    def show(config: ExperimentConfig, *events: dict[str, Any]) -> str:
        stream = _Terminal()
        with redirect_stderr(stream), progress_bar(config) as report:
            for event in events:
                report(event)
        return stream.text

    return show


def _epoch(epoch: int, **figures: Any) -> dict[str, Any]:
    known = {"loss": 0.5, "accuracy": 0.9, "val_loss": 0.25, "honest_loss": 0.4, "honest_accuracy": 0.8}
    return {"event": "epoch", "epoch": epoch, "step": 8 * epoch, **known, **figures}


def test_json_is_one_document_that_keeps_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    value = [{"name": "첫 실험", "loss": None, "accuracy": 0.97}]

    print_json(value)

    text = capsys.readouterr().out
    assert json.loads(text) == value
    assert "첫 실험" in text


def test_json_escapes_what_the_outputs_encoding_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="replace")
    monkeypatch.setattr("sys.stdout", output)

    print_json({"name": "첫 실험"})

    output.seek(0)
    assert json.load(output) == {"name": "첫 실험"}


@pytest.mark.parametrize("encoding", ["euc-kr", "latin-1", "ascii"])
def test_an_encoding_without_a_dash_shows_a_question_mark(start: Callable[..., Any], encoding: str) -> None:
    process = start("presets", env={"PYTHONIOENCODING": encoding}, encoding=encoding)
    output, errors = process.communicate(timeout=60)

    claimed = {line[:30].split()[0]: line[30:].split()[0] for line in output.splitlines()}
    assert (process.returncode, errors) == (0, "")
    assert (claimed["keras-mlp"], claimed["cifar10"]) == ("97.08", "?")


#: Whether Python holds back what is printed until there is more of it.
_BUFFERED = pytest.mark.parametrize("env", [{"PYTHONUNBUFFERED": ""}, {"PYTHONUNBUFFERED": "1"}], ids=str)
_COMMANDS = pytest.mark.parametrize("line", ["presets", "runs --json", "runs", "--help"])


@_BUFFERED
@_COMMANDS
def test_output_to_a_full_disk_is_answered_in_a_sentence(
    start: Callable[..., Any], line: str, env: dict[str, str]
) -> None:
    with Path("/dev/full").open("w") as full:
        process = start(*line.split(), stdout=full, env=env)
    _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (
        1,
        "The output can't be written (No space left on device). Free some space, or choose another place.\n",
    )


@_BUFFERED
@_COMMANDS
def test_a_reader_who_has_gone_is_passed_over_in_silence(
    start: Callable[..., Any], line: str, env: dict[str, str]
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    process = start(*line.split(), stdout=theirs, env=env)
    os.close(theirs)

    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 1


def test_json_refuses_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json({"loss": float("nan")})
    assert capsys.readouterr().out == ""


def test_a_table_has_the_keys_as_its_head_and_a_dash_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"run": "one", "accuracy": None}, {"run": "another one", "accuracy": "97.08 %"}])

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["run", "accuracy"], ["one", "–"], ["another", "one", "97.08", "%"]]


def test_a_table_without_rows_breaks_nothing() -> None:
    print_table([])


def test_a_table_in_a_file_keeps_a_row_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"run": "a" * 90, "teaches": "b" * 90}])

    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("text", ["[/red]", "[bold]x", "{x} %s :smile:", "첫 실험"])
def test_a_table_shows_a_users_words_as_they_are(capsys: pytest.CaptureFixture[str], text: str) -> None:
    print_table([{"name": text}])

    assert capsys.readouterr().out.splitlines()[1].strip() == text


def test_the_bar_shows_how_far_it_is_with_loss_accuracy_and_time_left(bar: Callable[..., str]) -> None:
    text = bar(
        ExperimentConfig(name="first try", epochs=2),
        {"event": "state", "state": "running"},
        _epoch(1),
        {"event": "samples", "labels": [], "probabilities": []},
        _epoch(2, loss=0.125, accuracy=0.95),
    )

    last = [line for line in text.splitlines() if line.strip()][-1]
    assert "first try" in last
    assert "epoch 2 of 2" in last
    assert "loss 0.1250 · accuracy 95.00 % · val_loss 0.2500" in last
    assert " left " in last


def test_the_bar_counts_steps_where_the_run_does(bar: Callable[..., str]) -> None:
    assert "step 24 of 800" in bar(ExperimentConfig(steps=800, log_every=8), _epoch(3))


@pytest.mark.parametrize(
    ("figures", "shown"),
    [
        ({"loss": None, "accuracy": None}, "loss 0.4000 · accuracy 80.00 % · val_loss 0.2500"),
        ({"val_loss": None}, "loss 0.5000 · accuracy 90.00 %"),
        ({"loss": None, "honest_loss": None, "val_loss": None, "accuracy": 0.1}, "loss – · accuracy 10.00 %"),
    ],
    ids=["before training", "without validation", "diverged"],
)
def test_the_bar_shows_what_there_is(bar: Callable[..., str], figures: dict[str, Any], shown: str) -> None:
    assert shown in bar(ExperimentConfig(epochs=2), _epoch(1, **figures))


@pytest.mark.parametrize("sentence", ["Each epoch is one full batch.", "[one] full batch [/x]"])
def test_notes_stand_above_the_bar(bar: Callable[..., str], sentence: str) -> None:
    lines = bar(ExperimentConfig(epochs=2), {"event": "note", "sentence": sentence}).splitlines()

    assert sentence in [line.strip() for line in lines]


@pytest.mark.parametrize("title", ["first try", "[/red]", "[bold]x", "{task} %s :smile:", "첫 실험"])
def test_the_bar_shows_a_users_title_as_it_is(bar: Callable[..., str], title: str) -> None:
    assert title in bar(ExperimentConfig(name=title, epochs=2), _epoch(1))


@pytest.mark.parametrize("setting", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}], ids=str)
def test_where_there_is_no_terminal_the_bar_is_silent(monkeypatch: pytest.MonkeyPatch, setting: dict[str, str]) -> None:
    """Settings that ask for colours, as in CI, make no terminal of a file."""
    stream = io.StringIO()
    for name, value in setting.items():
        monkeypatch.setenv(name, value)

    with redirect_stderr(stream), progress_bar(ExperimentConfig(epochs=2)) as report:
        report({"event": "note", "sentence": "One full batch."})
        report(_epoch(1))

    assert stream.getvalue() == ""


def test_in_a_log_file_a_line_follows_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, seconds = io.StringIO(), iter([1.0, 6.0, 13.0, 19.0, 25.0])
    monkeypatch.setattr("toolkit.cli.output.time.monotonic", lambda: next(seconds))

    with redirect_stderr(stream), progress_bar(ExperimentConfig(epochs=4)) as report:
        for epoch in range(5):
            report(_epoch(epoch))

    figures = "loss 0.5000 · accuracy 90.00 % · val_loss 0.2500"
    assert stream.getvalue().splitlines() == [
        f"epoch 2 of 4 · {figures} · 12 s left",
        f"epoch 4 of 4 · {figures} · 1 s left",
    ]


@pytest.mark.slow
def test_a_training_on_a_terminal_shows_a_bar_and_prints_one_document(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    """Standard error is a real terminal, standard output a pipe."""
    ours, theirs = pty.openpty()
    process = start(
        "train",
        *("--dataset", "digits", "--epochs", 2, "--batch-size", 5000, "--name", "on a terminal"),
        *("--root", tmp_path, "--json"),
        stderr=theirs,
        env={"TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # Linux says so when the last process has closed the terminal.
    finally:
        os.close(ours)
    output, _ = process.communicate(timeout=60)

    text = _Terminal(shown.decode()).text
    assert process.returncode == 0, text
    assert json.loads(output)["epochs"] == 2
    assert "on a terminal" in text
    assert "epoch 2 of 2" in text
    assert re.search(r"loss \d\.\d{4} · accuracy \d+\.\d\d % · val_loss \d\.\d{4}", text)
    assert "each epoch is one full batch." in text
    assert not re.search("tensorflow|cuda|warning", text, re.IGNORECASE)


def test_a_table_that_fits_is_what_rich_draws_and_one_that_does_not_is_folded(capsys: pytest.CaptureFixture) -> None:
    rows = [{"run_id": f"run-{n}", "name": "꽃" * n, "x": None} for n in range(5)]
    print_table(rows)
    lines = capsys.readouterr().out.splitlines()
    Console(width=200).print(_folded(list(rows[0]), [[one["run_id"], one["name"], "–"] for one in rows]))
    assert [line.rstrip() for line in lines] == [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    print_table([{"run_id": "run-1", "name": "long " * 60}])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 200


def test_what_would_steer_the_terminal_is_printed_as_a_sign_that_it_is_not_shown(capsys: pytest.CaptureFixture) -> None:
    print_table([{"a\x1b[2Jb": "c\x9b31m\nd"}])
    assert capsys.readouterr().out.split() == ["a�[2Jb", "c�31m�d"]
