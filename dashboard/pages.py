"""Which pages there are. Adding one takes its folder in views/, its texts in texts/, and one line here."""

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import texts


@dataclass(frozen=True)
class Page:
    """One page. name: of its folder in views/, of its texts, and its address; icon: of the navigation."""

    name: str
    icon: str

    @property
    def script(self) -> str:
        """The page's script, as `st.switch_page` takes it: from this folder on."""
        return f"views/{self.name}/page.py"

    @property
    def title(self) -> str:
        """What the navigation calls it."""
        title: str = getattr(texts, self.name).TITLE
        return title


#: In the order of the navigation; the first one opens where the address names none.
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
    """Draw the bar of all pages; the one that the visitor is on."""
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
