"""The project's build: imports point one way, light modules stay light, everything public is explained."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*ROOT.glob("toolkit/**/*.py"), *ROOT.glob("dashboard/**/*.py")])

#: From the ground up, a line a layer. A module imports from its own layer and from those below, never
#: from one above. A package counts as one module; "toolkit" is the package's own __init__.
LAYERS = (
    "errors backend compilation_cache",
    "initializers losses optimizers files locks run_files run_paths archives limits pictures ink",
    "layers",
    "problems",
    "config",
    "choices presets shapes datasets preparation history metrics engine_choice guard",
    "models overfitting learning_rate run_folder code_export rebuilding",
    "programs checkpoints run_writer",
    "engine training_data",
    "training",
    "evaluation prediction activations handwriting figures weights runs storage computation_graph",
    "comparison transfer room",
    "saved_runs notebook",
    "significance",
    "checks experiment importing",
    "report",
    "toolkit",
    "jobs cli",
    "__main__",
    "dashboard",
)
RANKS = {name: rank for rank, line in enumerate(LAYERS) for name in line.split()}

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
    "toolkit.code_export",
    "toolkit.analysis.metrics",
    "toolkit.figures",
    "toolkit.notebook.display",
    "toolkit.report",
    "toolkit.model_import.guard",
    "toolkit.model_import.adopt",
)


def module_of(path: Path) -> str:
    """The name under which `LAYERS` knows a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0] if parts[0] == "dashboard" or parts == ("toolkit", "__init__") else parts[1]


def walk_without(tree: ast.AST, name: str) -> Iterator[ast.AST]:
    """As `ast.walk`, without what lies inside functions of that name."""
    if not (isinstance(tree, ast.FunctionDef) and tree.name == name):
        yield tree
        for node in ast.iter_child_nodes(tree):
            yield from walk_without(node, name)


def imported_names(path: Path) -> Iterator[str]:
    """Every dotted name that a file imports from this project, wherever in the file it does.

    A record shows itself in a notebook through the figures above it: what `_repr_mimebundle_` imports is left out.
    """
    package = path.relative_to(ROOT).parts[:-1]
    for node in walk_without(ast.parse(path.read_text(encoding="utf-8")), "_repr_mimebundle_"):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            found = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in found if name.split(".")[0] in ("toolkit", "dashboard"))


def imported_modules(path: Path) -> set[str]:
    """What a file imports, named as in `LAYERS`; `from toolkit import train` asks the package's own __init__."""
    modules = set()
    for name in imported_names(path):
        first, second, *_ = [*name.split("."), ""]
        is_module = (ROOT / first / second).is_dir() or (ROOT / first / f"{second}.py").is_file()
        modules.add(second if first == "toolkit" and second and is_module else first)
    return modules


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=short)
def test_every_module_has_its_layer(path: Path) -> None:
    name = module_of(path)
    assert name in RANKS, f"{short(path)} has no layer: add {name!r} to LAYERS in tests/test_structure.py."


@pytest.mark.parametrize("path", FILES, ids=short)
def test_imports_point_down(path: Path) -> None:
    name = module_of(path)
    upward = {module for module in imported_modules(path) if RANKS.get(module, 0) > RANKS.get(name, len(LAYERS))}
    assert not upward, f"{short(path)} is in a lower layer than {', '.join(sorted(upward))}, which it imports."


def test_the_imports_of_a_file_are_found_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule above is only worth something if it sees every way to import."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    package = tmp_path / "toolkit" / "jobs"
    package.mkdir(parents=True)
    for name in ("errors", "config", "runs", "training"):
        (tmp_path / "toolkit" / f"{name}.py").touch()
    path = package / "worker.py"
    path.write_text(
        "import numpy\nimport toolkit.training.trainer\nfrom .. import runs\nfrom ..config import ExperimentConfig\n"
        "from .queue import claim\nfrom toolkit import preset\ndef run():\n    from toolkit.errors import DataError\n"
        "def _repr_mimebundle_():\n    from .. import experiment\n",
        encoding="utf-8",
    )
    assert imported_modules(path) == {"training", "runs", "config", "jobs", "toolkit", "errors"}
    assert module_of(path) == "jobs"


def modules_that_pages_import() -> set[str]:
    """The toolkit's modules that a page brings into the dashboard's process at once."""
    pages = [path for path in FILES if module_of(path) == "dashboard"]
    return {f"toolkit.{name}" for path in pages for name in imported_modules(path) - {"dashboard", "toolkit"}}


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
