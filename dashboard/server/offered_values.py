"""Removes widget values that the page never offered.

A client that speaks Streamlit's protocol can send anything, and Streamlit passes values to callbacks and pages before
the widgets have validated them. So each value is first checked here against the widget that this session has drawn;
a value that no browser could have sent is removed. state.py checks what the values mean.
"""

from collections.abc import Collection, Mapping
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state.common import WidgetMetadata, unpack_widget_state_value
from streamlit.runtime.state.session_state import SessionState

from dashboard.shared.fields import LONGEST_TEXT, is_countable

#: No widget sends a longer list.
_LONGEST_LIST = 1_000
#: No drawing is nested more deeply.
_DEEPEST = 30


def guard_sessions() -> None:
    """Remove values that were not offered from every session of this server; called once, before it starts."""
    rerun = SessionState.on_script_will_rerun

    def on_script_will_rerun(self: SessionState, fresh_widget_states: WidgetStates | None, **others: Any) -> None:
        if fresh_widget_states is not None:
            keep_offered(fresh_widget_states, self._new_widget_state.widget_metadata)
        rerun(self, fresh_widget_states, **others)

    # Streamlit has no hook here. If a new version renames the method, this module fails and the server does not start.
    SessionState.on_script_will_rerun = on_script_will_rerun  # type: ignore[method-assign]


def keep_offered(sent: WidgetStates, offers: Mapping[str, WidgetMetadata[Any]]) -> None:
    """Remove the values that were not offered.

    offers: the widgets that the session has drawn so far, by id.
    """
    kept = [state for state in sent.widgets if (offer := offers.get(state.id)) and is_offered(state, offer)]
    del sent.widgets[:]
    sent.widgets.extend(kept)


def is_offered(state: WidgetState, offer: WidgetMetadata[Any]) -> bool:
    """Whether a browser could have sent this value for this widget."""
    kind = state.WhichOneof("value")
    if kind is None:
        return True  # The widget was cleared.
    # Streamlit forgets the value type of a cleared widget until it is drawn again. A number input is always registered
    # with doubles, but a browser sends whole numbers as such.
    wanted = "double_value" if kind == "int_value" else kind
    if offer.value_type not in (kind, wanted, None):
        return False
    try:
        sent = unpack_widget_state_value(state)
        return _is_bearable(kind, sent) and _is_among(sent, offer) and _is_sound(offer.deserializer(sent))
    except Exception:  # Crafted values raise many kinds of errors, in Streamlit's deserializers too.
        return False


def _is_bearable(kind: str, sent: Any) -> bool:
    """Whether a value is small enough to read."""
    if kind.endswith("_array_value") and len(sent) > _LONGEST_LIST:
        return False
    longest = None if kind.startswith("json_") else LONGEST_TEXT
    return _is_sound(list(sent) if kind.endswith("_array_value") else sent, longest)


def _is_among(sent: Any, offer: WidgetMetadata[Any]) -> bool:
    """Whether each chosen value is one of the options and none is repeated; True for widgets without options."""
    options = offer.formatted_options
    if options is None:
        return True
    chosen: Collection[Any] = [sent] if isinstance(sent, str) else list(sent)
    if len(chosen) > (offer.max_array_length or len(chosen)):
        return False
    return len(set(chosen)) == len(chosen) and set(chosen) <= set(options)


def _is_sound(value: Any, longest: int | None = None, depth: int = 0) -> bool:
    """Whether numbers are exact in a browser, texts have at most `longest` characters, and nesting is shallow."""
    if isinstance(value, str):
        return longest is None or len(value) <= longest
    if isinstance(value, int | float):
        return is_countable(value)
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return depth < _DEEPEST and all(_is_sound(one, longest, depth + 1) for one in value)
    return True
