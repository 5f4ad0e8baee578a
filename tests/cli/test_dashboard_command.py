"""`dashboard`: the pages are served with their own settings, wherever that is asked for."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolkit.cli import dashboard as _  # noqa: F401
from toolkit.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """What would take this process's place: its command and its variables."""
    started: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda path, command, variables: started.append((command, variables)))
    return started


def test_the_server_takes_the_place_of_the_command(served: list[Any]) -> None:
    main(["dashboard"])
    ((command, variables),) = served
    assert command == [sys.executable, "-P", "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py")]
    assert variables["TOOLKIT_RUNS"] == "saved_models"


def test_port_address_folder_and_a_browser_left_closed_are_handed_on(served: list[Any], tmp_path: Path) -> None:
    main(["dashboard", "--port", "8600", "--host", "0.0.0.0", "--headless", "--root", str(tmp_path)])
    ((command, variables),) = served
    assert command[-3:] == ["--server.port=8600", "--server.address=0.0.0.0", "--server.headless=true"]
    assert variables["TOOLKIT_RUNS"] == str(tmp_path)


@pytest.mark.parametrize("missing", ["streamlit", "starlette", "streamlit_drawable_canvas"])
def test_without_the_extra_one_line_says_what_to_install(
    missing: str, command: Callable[..., Any], served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["toolkit.cli.dashboard"]
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == missing else object())
    answer = command("dashboard")
    assert (answer.status, answer.output, served) == (2, "", [])
    assert answer.errors == (
        f"The dashboard needs {missing}, which can't be found here. "
        'Install what it needs: pip install "keras-teaching-toolkit[dashboard]"\n'
    )


@pytest.mark.parametrize("port", ["0", "65536", "many"])
def test_a_port_that_is_none_is_refused(port: str, command: Callable[..., Any], served: list[Any]) -> None:
    answer = command("dashboard", "--port", port)
    assert (answer.status, served) == (2, [])
    assert "--port" in answer.errors


def test_the_pages_answer_from_a_folder_that_holds_nothing(tmp_path: Path) -> None:
    """A file that is called like a library lies in that folder, and is not meant."""
    for name in ("streamlit.py", "keras.py"):
        (tmp_path / name).write_text("raise RuntimeError('the wrong one')")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-P", "-m", "toolkit", "dashboard", "--headless", "--port", str(port)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TOOLKIT_IDLE_SECONDS": "1"},
            stdout=output,
            stderr=output,
        )
    try:
        page = _answer(f"http://127.0.0.1:{port}/", server, log)
    finally:
        server.terminate()
        server.wait(timeout=60)
    assert "<title>Streamlit" in page
    # The settings that lie beside the pages hold: this machine alone is let in.
    assert re.search(rf"http://127\.0\.0\.1:{port}", log.read_text())


def _answer(url: str, server: subprocess.Popen[bytes], log: Path) -> str:
    """The page, once there is one."""
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
