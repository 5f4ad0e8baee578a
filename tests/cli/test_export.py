"""`export`: a run or a preset as a script, printed or written."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.code_export import export_code
from toolkit.config.presets import preset
from toolkit.datasets import load_dataset
from toolkit.datasets.mnist import MNIST_FILE
from toolkit.runs import RunFolder, create_run

Command = Callable[..., Any]


def test_a_preset_is_printed_and_nothing_else(command: Command, tmp_path: Path) -> None:
    assert command("export", "cnn", "--root", tmp_path) == (0, export_code(preset("cnn")), "")
    document = command("export", "cnn", "--root", tmp_path, "--json").document
    assert document == {"preset": "cnn", "script": export_code(preset("cnn")), "output": None, "data": None}


def test_a_written_script_comes_with_the_line_that_runs_it(command: Command, tmp_path: Path) -> None:
    script = tmp_path / "mine.py"

    answer = command("export", "mlp", "--output", script)

    assert answer == (0, f"Wrote {script}. Run it with: python {script} {MNIST_FILE}\n", "")
    assert script.read_text(encoding="utf-8") == export_code(preset("mlp"))


def test_a_run_comes_with_its_result_and_its_data(command: Command, trained: Any, tmp_path: Path) -> None:
    run, script, data_file = trained.logits, tmp_path / "run.py", tmp_path / "digits.npz"

    document = command(
        "export", run.id, "--root", trained.root, "--output", script, "--data", data_file, "--json"
    ).document

    tree, digits = ast.parse(script.read_text(encoding="utf-8")), load_dataset("digits")
    assert document == {"run_id": run.id, "output": str(script), "data": str(data_file)}
    words = " ".join((ast.get_docstring(tree) or "").split())
    accuracy = f"{100 * run.result.test_accuracy:.2f} %"
    assert f"Run {run.id}, finished: its test accuracy was {accuracy}." in words
    assert f"DATA = '{data_file}'" in ast.unparse(tree)
    with np.load(data_file) as file:
        assert sorted(file) == ["x_test", "x_train", "y_test", "y_train"]
        for name in file:
            np.testing.assert_array_equal(file[name], getattr(digits, name))


def test_a_script_that_lacks_its_data_says_how_to_get_them(command: Command, trained: Any, tmp_path: Path) -> None:
    script = tmp_path / "run.py"

    answer = command("export", trained.logits.id, "--root", trained.root, "--output", script)

    sentence = f"Wrote {script}. It reads its data from digits.npz, which --data digits.npz writes.\n"
    assert answer == (0, sentence, "")


def test_a_run_that_started_from_anothers_weights_names_their_file(command: Command, trained: Any) -> None:
    first = trained.probabilities
    run = create_run(trained.root, first.config, asked_by="a test", weights_from=first.id)

    code = command("export", run.id, "--root", trained.root).output
    RunFolder(run.path).delete()

    assert f'WEIGHTS = "{first.weights_path}"\n' in code
    assert "model.load_weights(WEIGHTS)" in code
    assert f"Run {run.id}, queued." in " ".join((ast.get_docstring(ast.parse(code)) or "").split())


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("keras-mpl", "Did you mean keras-mlp?"),
        ("ends-in-logitz", "Did you mean {run}?"),
        ("zzz", "List them with: python -m toolkit presets, and: python -m toolkit runs --root {root}"),
        ("../secret", "List them with: python -m toolkit presets, and: python -m toolkit runs --root {root}"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_run_or_preset(
    command: Command, trained: Any, name: str, remedy: str
) -> None:
    expected = f"There is no run or preset {name}. {remedy.format(run=trained.logits.id, root=trained.root)}\n"

    assert command("export", name, "--root", trained.root) == (2, "", expected)


def test_files_are_checked_before_any_is_written(command: Command, trained: Any, tmp_path: Path) -> None:
    script, data_file = tmp_path / "a.py", tmp_path / "a.npz"
    data_file.write_text("mine", encoding="utf-8")

    both = ("export", trained.logits.id, "--root", trained.root, "--output", script, "--data", data_file)

    assert command(*both) == (2, "", f"{data_file} exists already. Choose another name, or add --overwrite.\n")
    assert not script.exists()
    assert command(*both, "--overwrite") == (0, f"Wrote {script}. Run it with: python {script}\n", "")
    assert command("export", "mlp", "--output", script) == (
        2,
        "",
        f"{script} exists already. Choose another name, or add --overwrite.\n",
    )


def test_names_that_no_file_can_have_are_refused(command: Command, tmp_path: Path) -> None:
    text, nowhere = tmp_path / "a.txt", tmp_path / "no" / "a.py"

    assert command("export", "mlp", "--output", text) == (2, "", f"The name must end in .py. Received: {text}.\n")
    assert command("export", "mlp", "--data", text) == (2, "", f"The name must end in .npz. Received: {text}.\n")
    assert command("export", "mlp", "--output", nowhere) == (
        2,
        "",
        f"The folder {tmp_path / 'no'} does not exist. Make it first, or choose another.\n",
    )
