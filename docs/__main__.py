"""`python -m docs [FOLDER]` builds this folder's pages and the API reference as HTML.

They open without a server and without internet. Needs pdoc: pip install -r tests/requirements.txt
"""

import argparse
import re
from importlib import import_module
from pathlib import Path

import markdown2
from pdoc import doc, render

_HERE = Path(__file__).parent
#: The public API; everything else may change between versions.
_PUBLIC = ("toolkit", "toolkit.figures")
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
  pre {{ overflow-x: auto; padding: 0.75rem; background: color-mix(in srgb, currentColor 8%, transparent); }}
</style>
<nav><a href="index.html">All pages</a></nav>
{body}
</html>
"""


def main() -> None:
    """Build the documentation in the folder given on the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs", description="Build the documentation as HTML.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("site"), help="output folder  [default: site]")
    folder = parser.parse_args().folder
    print(f"{len(build(folder))} pages are in {folder.resolve()}; start with index.html.")


def build(folder: Path) -> list[Path]:
    """Write every page and the reference into the folder; returns the files."""
    texts = {Path(f"{path.stem}.html"): _page(path.read_text(encoding="utf-8")) for path in _HERE.glob("*.md")}
    for name, text in {**texts, **_reference()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in [*texts, *_reference_names()]]


def _page(text: str) -> str:
    """A page's Markdown as HTML, with links to the HTML of other pages."""
    body = markdown2.markdown(text, extras=["fenced-code-blocks", "header-ids", "tables", "highlightjs-lang"])
    title = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    linked = re.sub(r'href="([\w-]+)\.md(#[\w-]+)?"', r'href="\1.html\2"', body)
    return _PAGE.format(title=title[1] if title else "", body=linked)


def _reference_names() -> list[Path]:
    return [Path("reference", *name.split(".")).with_suffix(".html") for name in _PUBLIC]


def _reference() -> dict[Path, str]:
    """The page of each public module."""
    for name in _PUBLIC:
        module = import_module(name)
        for public in module.__all__:
            getattr(module, public)  # The toolkit imports public names lazily.
    render.configure(docformat="markdown", search=False, show_source=False)
    modules = {name: doc.Module.from_name(name) for name in _PUBLIC}
    pages = [render.html_module(module, modules) for module in modules.values()]
    return dict(zip(_reference_names(), pages, strict=True))


if __name__ == "__main__":
    main()
