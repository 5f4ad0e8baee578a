"""What CONTRIBUTING.md says of the project's files is so, and its steps work when they are followed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_PATHS = sorted(set(re.findall(r"`((?:toolkit|dashboard|tests|docs|benchmarks)/[\w./-]+)`", TEXT)))


@pytest.mark.parametrize("path", [path for path in _PATHS if "NAME" not in path])
def test_a_file_that_it_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("link", re.findall(r"\]\(([\w./-]+)\)", TEXT))
def test_a_file_that_it_links_to_is_there(link: str) -> None:
    assert (ROOT / link).is_file()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the project's code, to be changed."""
    for name in ("toolkit", "dashboard"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "images"))
    return tmp_path


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def _run(clone: Path, script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_page_takes_its_folder_its_texts_and_one_line(clone: Path) -> None:
    page = clone / "dashboard" / "views" / "quiz" / "page.py"
    page.parent.mkdir()
    page.write_text("import streamlit as st\nfrom dashboard import texts\nst.header(texts.quiz.TITLE)\n")
    (page.parents[2] / "texts" / "quiz.py").write_text('"""Words of the quiz."""\n\nTITLE = "Quiz"\n')
    _change(page.parents[2] / "texts" / "__init__.py", "from . import compare, ", "from . import quiz, compare, ")
    _change(page.parents[2] / "pages.py", "PAGES = (\n", 'PAGES = (\n    Page("quiz", ":material/quiz:"),\n')

    shown = _run(
        clone,
        "import sys; sys.path.insert(0, '.')\n"
        "import toolkit.jobs; toolkit.jobs.keep_workers = lambda root: None\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('dashboard/main.py', default_timeout=60).run()\n"
        "print(app.exception, app.header[0].value)",
    )

    assert shown.strip() == "ElementList() Quiz"


def test_a_data_set_takes_its_loader_and_one_entry(clone: Path) -> None:
    registry = clone / "toolkit" / "datasets" / "registry.py"
    (registry.parent / "stripes.py").write_text(
        '"""Stripes."""\n\nimport numpy as np\n\nfrom .dataset import Dataset\n\n\ndef load_stripes() -> Dataset:\n'
        "    x, y = np.eye(4, dtype=np.uint8).reshape(4, 2, 2), np.arange(4) % 2\n"
        '    return Dataset("stripes", x, y, x, y, ("a", "b"))\n'
    )
    _change(registry, "from .tables import", "from .stripes import load_stripes\nfrom .tables import")
    _change(
        registry,
        "DATASETS: dict[str, DatasetInfo] = {\n",
        'DATASETS: dict[str, DatasetInfo] = {\n    "stripes": DatasetInfo("Stripes", (2, 2), 2, 4, load_stripes),\n',
    )

    assert _run(clone, "import toolkit; print(toolkit.load_dataset('stripes').x_train.shape)") == "(4, 2, 2)\n"


def test_a_preset_takes_one_entry(clone: Path) -> None:
    presets = clone / "toolkit" / "config" / "presets.py"
    text = presets.read_text(encoding="utf-8")
    presets.write_text(
        text.replace(
            "    Preset(\n",
            '    Preset(\n        _TF1.replace(name="tiny", epochs=1),\n        "nothing much",\n    ),\n    Preset(\n',
            1,
        ),
        encoding="utf-8",
    )

    assert _run(clone, "import toolkit; print(toolkit.preset('tiny').epochs)") == "1\n"
