"""The project's build: packages point one way, light modules stay light, everything public is explained."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import package_graph
from docs.package_graph import DASHBOARD_ROOMS, ROOT, TOOLKIT_ROOMS, dotted, imported_modules, room_of

FILES = package_graph.files()

#: What pages, `--help` and the supervisor use: quick to import, without TensorFlow.
LIGHT = (
    "toolkit",
    "toolkit.config",
    "toolkit.config.presets",
    "toolkit.config.shapes",
    "toolkit.datasets",
    "toolkit.training.history",
    "toolkit.analysis.comparison",
    "toolkit.analysis.significance",
    "toolkit.analysis.metrics",
    "toolkit.code_export",
    "toolkit.figures",
    "toolkit.notebook.display",
    "toolkit.report",
    "toolkit.runs",
    "toolkit.model_import.guard",
    "toolkit.model_import.adopt",
)
#: At the top of toolkit/, besides packages.
MOST_TOP_LEVEL_FILES = 12
LONGEST_MODULE = 300


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def rank_of(room: str) -> int:
    """How high a room stands; a room without a place is an error."""
    top, _, name = room.partition(".")
    rooms = TOOLKIT_ROOMS if top == "toolkit" else DASHBOARD_ROOMS
    place = name.partition(".")[0] or top
    assert place in rooms, f"{room} has no place: add {place!r} to the rooms in docs/package_graph.py."
    return rooms.index(place) + (len(TOOLKIT_ROOMS) if top == "dashboard" else 0)


def wrong_imports(path: Path, root: Path = ROOT) -> list[str]:
    """What a file imports from a room that is not below its own, with the line; pages are all at one height."""
    own = room_of(dotted(path, root))
    return [
        f"line {line}: {module}"
        for line, module in imported_modules(path, root)
        if (room := room_of(module)) != own and rank_of(room) >= rank_of(own)
    ]


@pytest.mark.parametrize("path", FILES, ids=short)
def test_imports_point_down(path: Path) -> None:
    assert wrong_imports(path) == [], f"{short(path)} imports from a room that is not below its own."


def test_every_room_is_there() -> None:
    rooms = {room_of(dotted(path)).partition(".")[2].partition(".")[0] for path in FILES}

    assert rooms == ({*TOOLKIT_ROOMS, *DASHBOARD_ROOMS} - {"toolkit"}) | {""}


@pytest.mark.parametrize(
    ("where", "statement", "wrong"),
    [
        ("toolkit/config/shapes.py", "def late():\n    from ..runs import RunFolder", ["line 2: toolkit.runs"]),
        ("toolkit/config/shapes.py", "from .layers import Dense\nfrom ..errors import listed", []),
        ("toolkit/runs/store.py", "import toolkit.training.history\nfrom ..cli import main", ["line 2: toolkit.cli"]),
        ("toolkit/models/build.py", "from toolkit import train", ["line 1: toolkit"]),
        ("toolkit/jobs/queue.py", "if True:\n    from .. import experiment, cli", ["line 2: toolkit.cli"]),
        (
            "toolkit/system/files.py",
            "class A:\n    def b(self):\n        import dashboard.app",
            ["line 3: dashboard.app"],
        ),
        (
            "dashboard/views/train/page.py",
            "from dashboard.views.results import rows",
            ["line 1: dashboard.views.results.rows"],
        ),
        ("dashboard/shared/state.py", "from dashboard.views.train import form", ["line 1: dashboard.views.train.form"]),
        ("dashboard/views/train/page.py", "from dashboard.shared import state\nfrom toolkit import cli", []),
    ],
)
def test_the_rule_sees_every_way_to_import(where: str, statement: str, wrong: list[str], tmp_path: Path) -> None:
    """The rule above is only worth something if it sees them, lazy ones too."""
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(statement, encoding="utf-8")

    assert wrong_imports(path, tmp_path) == wrong


def test_the_picture_of_the_rooms_is_up_to_date() -> None:
    assert package_graph.PICTURE.read_text(encoding="utf-8") == package_graph.draw(), "python -m docs.package_graph"


def test_the_toolkits_top_level_can_be_taken_in_at_a_glance() -> None:
    names = [path.name for path in (ROOT / "toolkit").iterdir() if path.is_file()]

    assert len(names) <= MOST_TOP_LEVEL_FILES, sorted(names)


@pytest.mark.parametrize("path", FILES, ids=short)
def test_no_module_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def modules_that_pages_import() -> set[str]:
    """The toolkit's modules that a page brings into the dashboard's process at once."""
    pages = [path for path in FILES if dotted(path).startswith("dashboard")]
    return {name for path in pages for _, name in imported_modules(path) if name.startswith("toolkit.")}


def test_light_modules_bring_neither_tensorflow_nor_keras() -> None:
    names = [*LIGHT, *sorted(modules_that_pages_import())]
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    heavy = sorted({'tensorflow', 'keras'} & set(sys.modules))\n"
        "    if heavy: sys.exit(f'{name} brings {heavy}')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["toolkit.runs", "toolkit.jobs.supervisor", "toolkit.models", "toolkit.training"])
def test_what_the_supervisor_imports_does_without_numpy(module: str) -> None:
    script = f"import {module}, sys; sys.exit('NumPy' if 'numpy' in sys.modules else 0)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def public_definitions(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """The file itself, its public functions and classes, and the public methods of those classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield short(path), tree
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            methods = node.body if isinstance(node, ast.ClassDef) else []
            for method in methods:
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                    yield f"{node.name}.{method.name}", method


@pytest.mark.parametrize("path", [path for path in FILES if short(path).startswith("toolkit")], ids=short)
def test_everything_public_has_a_docstring(path: Path) -> None:
    missing = [name for name, node in public_definitions(path) if not ast.get_docstring(node)]
    assert not missing
