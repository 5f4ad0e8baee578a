"""`graph`: the homework's values and gradients, and its figure."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


def test_the_homework_is_computed_forwards_and_backwards(command: Command) -> None:
    assert command("graph") == (
        0,
        "Forwards, as TensorFlow's graph has it:\n"
        "  e = b × c = 2 × 3 = 6\n"
        "  d = b + a = 2 + 5 = 7\n"
        "  f = e + d = 6 + 7 = 13\n"
        "Backwards, from the output to the inputs (the gradients):\n"
        "  ∂f/∂a = 1. If a grows a little, f grows just as much.\n"
        "  ∂f/∂b = 4. If b grows a little, f grows 4 times as much: 3 through e and 1 through d.\n"
        "  ∂f/∂c = 2. If c grows a little, f grows 2 times as much.\n",
        "",
    )


def test_other_numbers_and_a_figure_that_opens_offline(command: Command, tmp_path: Path) -> None:
    page = tmp_path / "graph.html"

    document = command("graph", "--a", "-1", "--b", "0.5", "--c", 4, "--figure", page, "--json").document

    assert document["figure"] == str(page)
    assert document["nodes"][-1] == {
        "name": "f",
        "operation": "AddV2",
        "inputs": ["e", "d"],
        "value": 1.5,
        "gradient": 1.0,
        "shares": [1.0, 1.0],
    }
    text = page.read_text(encoding="utf-8")
    assert "Plotly.newPlot" in text
    assert '<script src="http' not in text


def test_a_figure_is_not_overwritten_unasked(command: Command, tmp_path: Path) -> None:
    page = tmp_path / "graph.html"
    page.write_text("mine", encoding="utf-8")

    answer = command("graph", "--figure", page)

    assert answer == (2, "", f"{page} exists already. Choose another name, or add --overwrite.\n")
    assert page.read_text(encoding="utf-8") == "mine"
    assert command("graph", "--figure", page, "--overwrite").output.endswith(f"The graph is drawn in {page}.\n")


@pytest.mark.parametrize(("text", "received"), [("nan", "nan"), ("-inf", "-inf"), ("five", "five"), ("", "nothing")])
def test_what_is_no_number_is_refused(command: Command, text: str, received: str) -> None:
    expected = f"--b must be a number from −1,000,000 to 1,000,000. Received: {received}. Try 2.\n"

    assert command("graph", "--b", text) == (2, "", expected)
