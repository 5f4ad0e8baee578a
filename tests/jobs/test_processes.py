"""A new Python finds the toolkit, wherever that is."""

import os
import site
from pathlib import Path

import pytest

from toolkit.jobs import processes


def test_from_a_clone_the_toolkit_is_put_before_what_the_user_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PROJECT", Path("/home/me/clone"))
    monkeypatch.setenv("PYTHONPATH", "/mine")
    assert processes._paths_of_imports() == {"PYTHONPATH": os.pathsep.join(["/home/me/clone", "/mine"])}


def test_where_it_is_installed_no_package_comes_before_pythons_own_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PROJECT", Path(site.getsitepackages()[0]))
    assert processes._paths_of_imports() == {}
