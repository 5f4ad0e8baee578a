"""The values of fields that a browser may send: only what was offered gets in.

Whoever speaks Streamlit's protocol can send anything, and Streamlit hands values to callbacks and pages before their
fields have looked at them. So each value is checked here first against what its field was drawn with in this session;
one that no browser would send is removed, as if it had not been sent. What a value means is checked in state.py.
"""

from collections.abc import Collection, Mapping
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state.common import WidgetMetadata, unpack_widget_state_value
from streamlit.runtime.state.session_state import SessionState

from dashboard.shared.fields import LONGEST_TEXT, is_countable

#: A field gives a shorter list.
_LONGEST_LIST = 1_000
#: Deeper nested than a drawing is.
_DEEPEST = 30


def guard_sessions() -> None:
    """Let nothing into any session of this server but what was offered there; called once, before it starts."""
    rerun = SessionState.on_script_will_rerun

    def on_script_will_rerun(self: SessionState, fresh_widget_states: WidgetStates | None, **others: Any) -> None:
        if fresh_widget_states is not None:
            keep_offered(fresh_widget_states, self._new_widget_state.widget_metadata)
        rerun(self, fresh_widget_states, **others)

    # Streamlit has no hook here. Where a new version has another name, this module fails and no server starts.
    SessionState.on_script_will_rerun = on_script_will_rerun  # type: ignore[method-assign]


def keep_offered(sent: WidgetStates, offers: Mapping[str, WidgetMetadata[Any]]) -> None:
    """Take away the values that were not offered.

    offers: what the session has drawn so far, by id.
    """
    kept = [state for state in sent.widgets if (offer := offers.get(state.id)) and is_offered(state, offer)]
    del sent.widgets[:]
    sent.widgets.extend(kept)


def is_offered(state: WidgetState, offer: WidgetMetadata[Any]) -> bool:
    """Whether a browser can have sent this value for what was drawn."""
    kind = state.WhichOneof("value")
    if kind is None:
        return True  # It was emptied.
    # Streamlit forgets the kind of a field that was emptied, until it is drawn again.
    if offer.value_type not in (kind, None):
        return False
    try:
        sent = unpack_widget_state_value(state)
        return _is_bearable(kind, sent) and _is_among(sent, offer) and _is_sound(offer.deserializer(sent))
    except Exception:  # Made-up values are refused in many ways, by Streamlit's own readers too.
        return False


def _is_bearable(kind: str, sent: Any) -> bool:
    """Whether a value is of a size that is worth reading."""
    if kind.endswith("_array_value") and len(sent) > _LONGEST_LIST:
        return False
    longest = None if kind.startswith("json_") else LONGEST_TEXT
    return _is_sound(list(sent) if kind.endswith("_array_value") else sent, longest)


def _is_among(sent: Any, offer: WidgetMetadata[Any]) -> bool:
    """Whether a choice is one of the options, or some of them, each once; other fields have none."""
    options = offer.formatted_options
    if options is None:
        return True
    chosen: Collection[Any] = [sent] if isinstance(sent, str) else list(sent)
    if len(chosen) > (offer.max_array_length or len(chosen)):
        return False
    return len(set(chosen)) == len(chosen) and set(chosen) <= set(options)


def _is_sound(value: Any, longest: int | None = None, depth: int = 0) -> bool:
    """Numbers that a browser can count to, texts of at most `longest` letters, nested no deeper than by hand."""
    if isinstance(value, str):
        return longest is None or len(value) <= longest
    if isinstance(value, int | float):
        return is_countable(value)
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return depth < _DEEPEST and all(_is_sound(one, longest, depth + 1) for one in value)
    return True
