"""The list of pages. A new page needs a folder in views/, a module in texts/, and one line here."""

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import texts


@dataclass(frozen=True)
class Page:
    """One page. name: its folder in views/, its module in texts/, and its URL path; icon: shown in the navigation."""

    name: str
    icon: str

    @property
    def script(self) -> str:
        """The path of the page's script relative to this folder, as `st.switch_page` expects it."""
        return f"views/{self.name}/page.py"

    @property
    def title(self) -> str:
        """The page's title in the navigation."""
        title: str = getattr(texts, self.name).TITLE
        return title


#: In navigation order; the first is the default page.
PAGES = (
    Page("train", ":material/play_circle:"),
    Page("results", ":material/query_stats:"),
    Page("try_it", ":material/draw:"),
    Page("compare", ":material/compare_arrows:"),
    Page("data", ":material/dataset:"),
    Page("models", ":material/save:"),
)
_BY_NAME = {page.name: page for page in PAGES}


def navigation() -> StreamlitPage:
    """Draw the navigation bar; returns the current page."""
    first, *_ = PAGES
    return st.navigation(
        [
            st.Page(page.script, title=page.title, icon=page.icon, url_path=page.name, default=page is first)
            for page in PAGES
        ],
        position="top",
    )


def switch_to(name: str) -> None:
    """Open another page by its name."""
    st.switch_page(_BY_NAME[name].script)
