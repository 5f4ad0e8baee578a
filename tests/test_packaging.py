"""The package: what the wheel holds, and that it works where nothing else of the project is."""

import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import toolkit

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Lines of requirements.txt and the like that name one package in one version.
_PINNED = re.compile(r"^([\w.-]+)==([\w.]+)$")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(archive.read(name).decode())


def _needed_at_run_time(package: str) -> set[str]:
    """Every file below a package but what readers of the source alone look at."""
    files = {path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    for_readers = {ROOT / "dashboard" / "README.md", *(ROOT / "dashboard" / "images").iterdir()}
    return {str(path.relative_to(ROOT)) for path in files - for_readers}


def test_the_wheel_holds_both_packages_whole(names: set[str]) -> None:
    held = {name for name in names if ".dist-info/" not in name}
    assert held == _needed_at_run_time("toolkit") | _needed_at_run_time("dashboard")


@pytest.mark.parametrize(
    "name",
    [
        "toolkit/data/mnist.npz",
        "toolkit/data/README.md",
        "toolkit/report/style.css",
        "dashboard/style.css",
        "dashboard/.streamlit/config.toml",
        "toolkit/py.typed",
        "dashboard/py.typed",
    ],
)
def test_the_wheel_holds_what_is_no_code_but_needed(name: str, names: set[str]) -> None:
    assert name in names


def test_the_wheel_holds_nothing_that_is_for_developers(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"toolkit", "dashboard", f"keras_teaching_toolkit-{toolkit.__version__}.dist-info"}


def test_licences_travel_with_the_wheel(names: set[str], metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE", "toolkit/data/README.md"]
    assert sum(".dist-info/licenses/" in name for name in names) == 2


def test_the_version_is_written_once(metadata: Message) -> None:
    assert metadata["Version"] == toolkit.__version__
    assert "version" in PROJECT["dynamic"]


def test_the_command_and_the_module_are_one_program() -> None:
    asked = [sys.executable, "-m", "toolkit", "--version"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{toolkit.__version__}\n"
    assert PROJECT["scripts"] == {"keras-toolkit": "toolkit.__main__:run"}


def _requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    return [one for one in map(Requirement, lines) if one.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", _requirements(), ids=lambda requirement: requirement.name)
def test_every_requirement_has_a_tested_version_within_its_range(requirement: Requirement) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(match.groups() for line in lines if (match := _PINNED.match(line)))
    assert requirement.specifier.contains(tested[requirement.name])


@pytest.mark.parametrize(
    ("machine", "system", "expected"),
    [
        ("x86_64", "Linux", "tensorflow-cpu"),
        ("aarch64", "Linux", "tensorflow"),
        ("arm64", "Darwin", "tensorflow"),
    ],
)
def test_each_machine_gets_the_one_tensorflow_that_it_has(machine: str, system: str, expected: str) -> None:
    place = {"platform_machine": machine, "platform_system": system}
    found = [one.name for one in _requirements() if one.name.startswith("tensorflow")]
    assert sorted(found) == ["tensorflow", "tensorflow-cpu"]
    chosen = [one.name for one in _requirements() if one.name in found and one.marker and one.marker.evaluate(place)]
    assert chosen == [expected]


@pytest.mark.parametrize("name", ["requirements.txt", "tests/requirements.txt", "constraints.txt", "pyproject.toml"])
def test_where_packages_come_from_is_left_to_whoever_installs(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links|--trusted-host", text)


_TRAIN = """
from toolkit import build_model, load_dataset, preset, train
data, config = load_dataset("digits"), preset("keras-mlp").replace(epochs=1, dataset="digits")
print(train(build_model(config, data), data, config).state)
"""
_SUBMIT = """
import time
from toolkit import jobs, preset, runs
run = jobs.submit(runs.default_root(), preset("keras-mlp").replace(epochs=1, dataset="digits"), asked_by="a test")
while run.state in ("queued", "running"):
    time.sleep(0.1)
print(run.state)
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a fresh environment, into which the wheel was installed with its dashboard."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    target = f"{wheel}[dashboard]"
    command = [str(folder / "bin" / "pip"), "install", "--quiet", "-c", str(ROOT / "constraints.txt"), target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def _run(folder: Path, *command: object) -> str:
    """What a command prints in that folder, with nothing of this project on its path."""
    ours = ("PYTHONPATH", "TOOLKIT_ROOT", "TOOLKIT_RUNS")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**environment, "TOOLKIT_IDLE_SECONDS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_an_installed_toolkit_trains_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    assert _run(tmp_path, installed / "python", "-c", _TRAIN).strip() == "finished"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_installed_command_keeps_its_runs_in_the_folder_where_it_is_started(
    installed: Path, tmp_path: Path
) -> None:
    _run(
        tmp_path, installed / "keras-toolkit", "train", "--preset", "keras-mlp", "--dataset", "digits", "--epochs", "1"
    )
    (run,) = (tmp_path / "saved_models").glob("*/result.json")
    assert run.parent.name in _run(tmp_path, installed / "keras-toolkit", "runs")


@pytest.mark.slow
def test_a_worker_of_the_installed_toolkit_trains_a_run(installed: Path, tmp_path: Path) -> None:
    assert _run(tmp_path, installed / "python", "-c", _SUBMIT).strip() == "finished"


@pytest.mark.slow
def test_the_installed_dashboard_answers_with_its_page(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(installed / "keras-toolkit"), "dashboard", "--headless", "--port", str(port)]
    server = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "TOOLKIT_IDLE_SECONDS": "1"})
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    page = answer.read()
                    break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
    finally:
        server.terminate()
        server.wait(timeout=60)
    assert b"<title>Streamlit" in page
