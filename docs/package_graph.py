"""Draws the import graph: `python -m docs.package_graph` writes docs/packages.svg.

Each box is a "room": a package of `toolkit/` or `dashboard/`, or a module beside them. Rooms are in the import order
that tests/test_structure.py enforces, so every line leads downwards.
"""

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = Path(__file__).with_name("packages.svg")

#: The rooms of the toolkit, bottom first: a room imports only from itself and from those before it.
#: "toolkit" is the package's own __init__.
TOOLKIT_ROOMS = (
    "formatting",
    "errors",
    "system",
    "limits",
    "config",
    "datasets",
    "models",
    "training",
    "runs",
    "analysis",
    "handwriting",
    "figures",
    "notebook",
    "code_export",
    "report",
    "model_import",
    "preflight",
    "computation_graph",
    "experiment",
    "toolkit",
    "jobs",
    "cli",
    "__main__",
)
#: The rooms of the dashboard. Each page's folder is a separate room, and no page imports from another.
DASHBOARD_ROOMS = ("texts", "pages", "shared", "server", "views", "main", "app")

_LINE, _LEFT, _TOP, _BOX = 30, 30, 20, 190


def dotted(path: Path, root: Path = ROOT) -> str:
    """The dotted module name of a file."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room of a module: `toolkit.runs`, `dashboard.views.train`, or `toolkit` itself."""
    parts = module.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["dashboard", "views"] else 2])


def imported_modules(path: Path, root: Path = ROOT) -> Iterator[tuple[int, str]]:
    """Every module of this project that a file imports, anywhere in the file, with the line number."""
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            found = [(base, alias.name) for alias in node.names]
        else:
            continue
        for base, name in found:
            if base.split(".")[0] in ("toolkit", "dashboard"):
                yield node.lineno, f"{base}.{name}" if name and _is_module(f"{base}.{name}") else base


def files() -> list[Path]:
    """Every module of the toolkit and the dashboard."""
    return sorted([*ROOT.glob("toolkit/**/*.py"), *ROOT.glob("dashboard/**/*.py")])


def arrows() -> set[tuple[str, str]]:
    """The imports between rooms, as (importing, imported); all pages count as one room."""
    found = {(_drawn(dotted(path)), _drawn(module)) for path in files() for _, module in imported_modules(path)}
    return {(one, other) for one, other in found if one != other}


def draw() -> str:
    """The graph as SVG: one box per room, the lowest at the bottom, and one curve per import.

    Curves that are implied by others (transitive imports) are pale.
    """
    rooms = [f"toolkit.{name}" if name != "toolkit" else name for name in TOOLKIT_ROOMS]
    rooms += [f"dashboard.{name}" for name in DASHBOARD_ROOMS]
    places = {room: _TOP + _LINE * (len(rooms) - 1 - index) for index, room in enumerate(rooms)}
    height = 2 * _TOP + _LINE * len(rooms)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{height}" viewBox="0 0 640 {height}" '
        'font-family="sans-serif" font-size="13" role="img" aria-label="Which room imports which">',
        f'<rect width="640" height="{height}" fill="white"/>',
    ]
    found = arrows()
    needed = _needed(found)
    for one, other in sorted(found, key=lambda pair: (pair in needed, places[pair[0]], places[pair[1]])):
        start, end = places[one] + _LINE / 2 - 5, places[other] + _LINE / 2 - 5
        right, reach = _LEFT + _BOX, 30 + (end - start) * 0.46
        color = "#e8590c" if one.startswith("dashboard") else "#2f6feb"
        lines.append(
            f'<path d="M{right},{start:g} C{right + reach:.0f},{start:g} {right + reach:.0f},{end:g} {right},{end:g}" '
            f'fill="none" stroke="{color}" stroke-opacity="{0.9 if (one, other) in needed else 0.15}"/>'
        )
        lines.append(f'<circle cx="{right}" cy="{end:g}" r="2.5" fill="{color}"/>')
    for room, top in places.items():
        lines.append(
            f'<rect x="{_LEFT}" y="{top}" width="{_BOX}" height="{_LINE - 10}" rx="4" fill="#f1f3f5" stroke="#868e96"/>'
            f'<text x="{_LEFT + 10}" y="{top + 15}" fill="#212529">{escape(room)}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


def _needed(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows that are not implied by two others through a third room."""
    return {
        (one, other)
        for one, other in found
        if not any((one, between) in found and (between, other) in found for _, between in found)
    }


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def _drawn(module: str) -> str:
    return ".".join(room_of(module).split(".")[:2])


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {len(arrows())} arrows")
