"""The documentation: its examples run as they stand, its commands exist, and no link leads nowhere."""

import os
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import click
import pytest

import toolkit
from docs.__main__ import build
from toolkit import cli, figures

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))


def _blocks(language: str) -> list[tuple[str, str]]:
    """Every block in that language, with the name of its page."""
    block = re.compile(rf"^```{language}\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
    return [(page.stem, text) for page in PAGES for text in block.findall(page.read_text(encoding="utf-8"))]


def _commands() -> list[str]:
    return [line for _, block in _blocks("sh") for line in block.splitlines() if line.startswith("keras-toolkit")]


class Links(HTMLParser):
    """What a page links to, and the anchors that others may link to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.targets += [value for name in ("href", "src") if (value := values.get(name))]
        self.anchors |= {value for name in ("id", "name") if (value := values.get(name))}


def broken_links(folder: Path) -> list[str]:
    """The links within these pages that lead to no file, or to no anchor in it."""
    pages = {path.resolve(): Links(path) for path in folder.rglob("*.html")}
    broken = []
    for path, links in pages.items():
        for link in links.targets:
            place, anchor = urldefrag(unquote(link))
            if re.match(r"[a-z]+:", place):
                continue
            target = (path.parent / place).resolve() if place else path
            if not target.is_file() or (anchor and anchor not in pages[target].anchors):
                broken.append(f"{path.relative_to(folder.resolve())} -> {link}")
    return broken


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert all(path.is_file() for path in build(folder))
    return folder


def test_no_link_of_the_documentation_leads_nowhere(site: Path) -> None:
    assert broken_links(site) == []


def test_every_page_is_reached_from_the_first_one(site: Path) -> None:
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached:
            continue
        reached.add(page)
        places = {urldefrag(link)[0] for link in Links(page).targets}
        waiting += [page.parent / place for place in places if place and not re.match(r"[a-z]+:", place)]
    assert reached == {path.resolve() for path in site.rglob("*.html")}


def test_the_reference_explains_every_public_name(site: Path) -> None:
    assert set(toolkit.__all__) <= Links(site / "reference" / "toolkit.html").anchors
    assert set(figures.__all__) <= Links(site / "reference" / "toolkit" / "figures.html").anchors


@pytest.mark.parametrize("link", ["gone.html", "there.html#gone", "#gone", "folder"])
def test_a_broken_link_is_found(link: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "there.html").write_text('<p id="here">')
    good = '<a id="top" href="there.html#here">a</a><a href="#top">b</a><a href="https://example.org/c">c</a>'
    (tmp_path / "page.html").write_text(good)
    assert broken_links(tmp_path) == []
    (tmp_path / "page.html").write_text(f'{good}<a href="{link}">d</a>')
    assert broken_links(tmp_path) == [f"page.html -> {link}"]


@pytest.mark.parametrize(("page", "block"), _blocks("python"), ids=[page for page, _ in _blocks("python")])
def test_the_python_of_the_documentation_runs_as_it_stands(page: str, block: str, tmp_path: Path) -> None:
    """In an empty folder, in a process of its own."""
    (tmp_path / "example.py").write_text(block, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
    )
    assert (done.returncode, done.stderr) == (0, ""), page
    assert done.stdout.strip()


@pytest.mark.parametrize("line", _commands())
def test_the_commands_of_the_documentation_exist_with_their_options(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    command = cli.toolkit.commands[name]
    assert isinstance(command.make_context(name, arguments), click.Context)
