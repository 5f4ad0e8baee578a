"""What the README says works as it stands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from docs.package_graph import TOOLKIT_ROOMS
from toolkit import cli, limits
from toolkit.cli.options import given_changes
from toolkit.config import ExperimentConfig
from toolkit.config.presets import preset

ROOT = Path(__file__).resolve().parent.parent


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", _readme(), flags=re.MULTILINE | re.DOTALL)
    return [text for name, text in blocks if name == language]


def _commands() -> list[str]:
    """Every `python -m toolkit …`, in a block or within a sentence, up to a comment, a pipe or the closing mark."""
    text = re.sub(r"\\\n\s*", " ", _readme())
    return re.findall(r"python -m toolkit(?: +[^`\n#|>]*[^`\n#|>\s])?", text)


def test_the_readme_shows_python_that_a_reader_can_copy() -> None:
    assert len(_blocks("python")) >= 1
    assert "from toolkit import" in _blocks("python")[0]


@pytest.mark.parametrize("block", range(len(_blocks("python"))))
def test_the_python_of_the_readme_runs_as_it_stands(block: int, tmp_path: Path) -> None:
    """In an empty folder, in a process of its own, with nothing on standard error."""
    (tmp_path / "example.py").write_text(_blocks("python")[block], encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert (done.returncode, done.stderr) == (0, "")
    if block == 0:
        printed = done.stdout.splitlines()[-1]
        assert re.search(r"Test accuracy 9\d\.\d\d %, test loss 0\.\d{4} on 10,000 rows\.$", printed)
        assert (tmp_path / "digits.keras").stat().st_size > 100_000


def test_the_readme_names_every_command_at_least_once() -> None:
    named = {shlex.split(line)[3] for line in _commands() if len(shlex.split(line)) > 3}

    assert {"train", "evaluate", "predict", "runs", "presets", "reproduce"} <= named <= set(cli.toolkit.commands)


@pytest.mark.parametrize("line", _commands())
def test_the_commands_of_the_readme_exist_with_their_options(line: str) -> None:
    """Parsed by the command line itself, and their settings checked, without running them."""
    arguments = shlex.split(line)[3:]
    if not arguments:
        return
    command = cli.toolkit.commands[arguments[0]]
    try:
        context = command.make_context(arguments[0], arguments[1:])
    except click.exceptions.Exit:  # --help
        return
    if arguments[0] == "train":
        values = {name: context.params[name] for name in ExperimentConfig.model_fields}
        preset(context.params["preset_name"] or "keras-mlp").replace(**given_changes(values))
    if arguments[0] == "reproduce":
        assert [preset(name).name for name in context.params["names"]] == list(context.params["names"])


@pytest.mark.parametrize("place", re.findall(r"\]\((?!https?:)([^)#]+)\)", _readme()))
def test_what_the_readme_links_to_is_there(place: str) -> None:
    assert (ROOT / place).exists()


def _file_map() -> list[str]:
    """The paths of the file map: the first word of each line, below the folder above it."""
    (block,) = [block for block in _blocks("") if block.startswith("toolkit/")]
    paths, folder = [], ""
    for line in block.splitlines():
        names = re.match(r"\s*((?:[\w.-]+/?, )*[\w.-]+/?)(?:\s|$)", line)[1].split(", ")
        if not line.startswith(" "):
            folder = names[0]
        paths += names if not line.startswith(" ") else [folder + name for name in names]
    return paths


@pytest.mark.parametrize("path", _file_map())
def test_the_file_map_shows_what_is_there(path: str) -> None:
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


def test_the_file_map_shows_every_room() -> None:
    rooms = {f"toolkit/{path.name}" for path in (ROOT / "toolkit").glob("*.py") if not path.name.startswith("__")}
    rooms |= {f"toolkit/{path.parent.name}/" for path in (ROOT / "toolkit").glob("*/__init__.py")}

    assert rooms <= set(_file_map())


def test_the_file_map_stands_in_the_order_of_the_imports() -> None:
    places = [TOOLKIT_ROOMS.index(Path(path).stem) for path in _file_map() if re.match(r"toolkit/.", path)]

    assert places == sorted(places)


def test_the_settings_for_a_class_list_every_limit_with_its_default() -> None:
    lines = (ROOT / "dashboard" / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip(" `*") for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    defaults = {variable: default for variable, default, _ in rows}
    known = {value.variable: value.usual for value in vars(limits).values() if isinstance(value, limits.Limit)}

    assert set(known) <= set(defaults)
    known.pop("TOOLKIT_MAX_MEMORY_GB")  # it depends on the number of cores
    assert {name: float(defaults[name].replace(",", "")) for name in known} == known


def test_the_files_of_the_dashboard_are_all_listed() -> None:
    text = (ROOT / "dashboard" / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"[a-z_]+\.(?:py|js|css)", text.partition("## Files")[2]))
    found = {path.name for path in (ROOT / "dashboard").rglob("*.*") if path.suffix in (".py", ".js", ".css")}
    texts = {path.name for path in (ROOT / "dashboard" / "texts").glob("*.py")}

    assert listed <= found
    assert found - texts - {"__init__.py"} <= listed
