"""Drives the dashboard's pages like a visitor, by their labels."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import texts

_FIELDS = ("selectbox", "number_input", "text_input", "toggle", "segmented_control", "pills", "multiselect")


class Session:
    """One visitor. Fields are found by their label, `nth` counting those of the same label from 0."""

    def __init__(self, script: Path, query: Mapping[str, str]) -> None:
        self.app = AppTest.from_file(script, default_timeout=60)
        for name, value in query.items():
            self.app.query_params[name] = value

    def reload(self) -> None:
        """Run the page once more."""
        self.app.run()

    def go_to(self, page: str) -> None:
        """Open another page by its name: "train", "try_it", "models"."""
        # As a browser does, by its address: `switch_page` knows addresses only once a page has run.
        self.app._page_hash = calc_hash(page)
        self.app.run()

    def field(self, label: str, nth: int = 0) -> Any:
        """A form field."""
        return [one for kind in _FIELDS for one in getattr(self.app, kind) if one.label == label][nth]

    def has_field(self, label: str) -> bool:
        """Whether there is a field of that label."""
        return any(one.label == label for kind in _FIELDS for one in getattr(self.app, kind))

    def fill(self, label: str, value: Any, nth: int = 0) -> None:
        """Put a value into a field."""
        self.field(label, nth).set_value(value).run()

    def button(self, label: str, nth: int = 0) -> Any:
        """A button."""
        return [one for one in self.app.button if one.label == label][nth]

    def click(self, label: str, nth: int = 0) -> None:
        """Press a button."""
        self.button(label, nth).click().run()

    def has_button(self, label: str) -> bool:
        """Whether there is a button of that label."""
        return any(one.label == label for one in self.app.button)

    def add_layer(self, kind: str) -> None:
        """Add a layer; kind: the config's word for it."""
        self.app.button(key=next(one.key for one in self.app.button if str(one.key).startswith(f"add-{kind}-"))).click()
        self.app.run()

    def select_row(self, number: int) -> None:
        """Choose a row of the table that rows can be chosen from, counted from 0 as first shown."""
        table = next(one for one in self.app.dataframe if one.key)
        self.app.session_state[table.key] = {"selection": {"rows": [number], "columns": [], "cells": []}}
        self.reload()

    @property
    def layers(self) -> list[str]:
        """The titles of the layers in the form."""
        add = texts.form.ADD_LAYER
        labels = [block.label for block in _popovers(self.app.sidebar)]
        return [label for label in labels if label != add]

    @property
    def can_start(self) -> bool:
        """Whether the button that starts is on."""
        return not self.button(texts.train.START).disabled

    @property
    def shapes(self) -> tuple[str, str]:
        """The line of shapes and the number of parameters, as the sidebar tells them; empty where it does not."""
        told = [caption.value for caption in self.app.sidebar.caption if " → " in caption.value]
        line, _, parameters = told[0].partition("  \n") if told else ("", "", "")
        return line, parameters

    @property
    def words(self) -> str:
        """All that the main part says, one piece a line; the captions of pictures too."""
        said: list[str] = []
        for element in _elements(self.app.main):
            value = getattr(element, "value", None)
            said += element.captions if element.type == "image" else [value] if isinstance(value, str) else []
        return "\n".join(said)

    @property
    def problems(self) -> list[str]:
        """The sentences in the sidebar on what is wrong."""
        return [words.value for words in self.app.sidebar.markdown if words.value.startswith(":red[:material/error:")]

    def sentence_after(self, element: Any) -> str:
        """What stands in the sidebar right behind an element."""
        elements = list(_elements(self.app.sidebar))
        place = next(index for index, one in enumerate(elements) if one.proto is element.proto)
        return str(getattr(elements[place + 1], "value", ""))

    @property
    def pictures(self) -> int:
        """How many pictures the page shows."""
        return sum(len(element.value) for element in self.app.image)

    @property
    def charts(self) -> list[dict[str, Any]]:
        """The live charts: each figure as the browser gets it, and under "alt" its words."""
        components = [one.proto for one in self.app.get("bidi_component")]
        sent = [json.loads(one.json) for one in components if one.component_name == "live_chart"]
        return [{**json.loads(one["figure"]), "alt": one["alt"]} for one in sent]

    @property
    def has_broken(self) -> bool:
        """Whether a traceback is on the page."""
        return bool(self.app.exception)


def _elements(block: Any) -> Iterator[Any]:
    """All that is no container, in the order of the page."""
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from _elements(child)
        else:
            yield child


def _popovers(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        if child.type == "popover":
            yield child.proto.popover
        if hasattr(child, "children"):
            yield from _popovers(child)
