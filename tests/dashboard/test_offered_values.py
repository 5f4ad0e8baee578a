"""Which widget values the server accepts, and which it removes."""

from base64 import b64encode
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from websocket_client import state_of

from dashboard.server.offered_values import is_offered, keep_offered
from dashboard.views.try_it.drawing import is_drawing


def offer(value_type: str | None, options: list[str] | None = None, most: int | None = None, read: Any = None) -> Any:
    """Streamlit's metadata of a drawn widget."""
    return SimpleNamespace(
        value_type=value_type,
        formatted_options=options,
        max_array_length=most,
        deserializer=read or (lambda sent: sent),
    )


def test_a_choice_is_one_of_the_options() -> None:
    field = offer("string_value", ["MNIST", "Iris"])
    assert is_offered(state_of("x", string_value="Iris"), field)
    assert is_offered(state_of("x"), field)
    for made_up in ("/etc/passwd", "iris", ""):
        assert not is_offered(state_of("x", string_value=made_up), field)


def test_several_choices_are_options_each_once_and_no_more_than_there_may_be() -> None:
    field = offer("string_array_value", ["a", "b", "c"], most=2)
    assert is_offered(state_of("x", string_array_value=["a", "c"]), field)
    for made_up in (["a", "/etc/passwd"], ["a", "a"], ["a", "b", "c"]):
        assert not is_offered(state_of("x", string_array_value=made_up), field)


@pytest.mark.parametrize(
    "value",
    [
        {"double_value": float("nan")},
        {"double_value": float("-inf")},
        {"int_value": 2**63 - 1},
        {"string_value": "5"},
        {"double_array_value": [5.0]},
        {"bool_value": True},
    ],
)
def test_a_number_is_one_that_a_browser_can_count_to(value: dict[str, Any]) -> None:
    kind = next(iter(value)) if "nan" in str(value) or "inf" in str(value) or "int_value" in value else "double_value"
    assert not is_offered(state_of("x", **value), offer(kind))


def test_a_number_is_let_in() -> None:
    assert is_offered(state_of("x", double_value=-1e30), offer("double_value"))


def test_a_text_is_no_longer_than_a_field_takes() -> None:
    assert is_offered(state_of("x", string_value="x" * 10_000), offer("string_value"))
    assert not is_offered(state_of("x", string_value="x" * 10_001), offer("string_value"))


@pytest.mark.parametrize("sent", ["{", "[" * 100 + "]" * 100, "[" * 100_000, '{"a": NaN}', '{"a": 1e999}'])
def test_made_up_json_is_not_let_in(sent: str) -> None:
    assert not is_offered(state_of("x", json_value=sent), offer("json_value"))


def test_what_a_field_cannot_read_is_not_let_in() -> None:
    def read(sent: Any) -> Any:
        return sent["selection"]["rows"][0]

    assert is_offered(state_of("x", json_value='{"selection": {"rows": [3]}}'), offer("json_value", read=read))
    assert not is_offered(state_of("x", json_value='{"selection": 3}'), offer("json_value", read=read))


def test_of_what_comes_together_the_good_stays() -> None:
    sent = WidgetStates(
        widgets=[
            state_of("data", string_value="/etc/passwd"),
            state_of("rate", double_value=0.5),
            state_of("never drawn", string_value="x"),
        ]
    )
    keep_offered(sent, {"data": offer("string_value", ["MNIST"]), "rate": offer("double_value")})
    assert [one.id for one in sent.widgets] == ["rate"]


def picture(mode: str, side: int, kind: str = "PNG") -> str:
    content = BytesIO()
    Image.new(mode, (side, side)).save(content, kind)
    return f"data:image/png;base64,{b64encode(content.getvalue()).decode()}"


def test_a_canvas_sends_a_drawing_of_the_size_of_a_screen() -> None:
    assert is_drawing({"drawing": {"raw": {"objects": []}, "data": picture("RGBA", 672)}}, 1344)
    assert is_drawing({"drawing": None}, 1344)
    assert is_drawing({}, 1344)


@pytest.mark.parametrize(
    "sent",
    [
        {"drawing": {"raw": {}, "data": picture("RGBA", 6000)}},
        {"drawing": {"raw": {}, "data": picture("L", 30)}},
        {"drawing": {"raw": {}, "data": picture("RGB", 30, "BMP")}},
        {"drawing": {"raw": {}, "data": "data:image/png;base64,AAAA"}},
        {"drawing": {"raw": {}, "data": "http://127.0.0.1/x.png"}},
        {"drawing": {"raw": {}, "data": [1, 2]}},
        {"drawing": {"raw": 7, "data": None}},
        {"drawing": 7},
        {"drawing": {"raw": {}}, "backgroundFit": {"x": 1}},
    ],
    ids=["huge", "grey", "no PNG", "no picture", "an address", "numbers", "no objects", "a number", "a background"],
)
def test_what_no_canvas_sends_is_no_drawing(sent: Any) -> None:
    assert not is_drawing(sent, 1344)


def test_a_number_field_takes_whole_numbers_as_a_browser_sends_them() -> None:
    """Streamlit registers every number field with doubles."""
    field = offer("double_value")
    assert is_offered(state_of("x", int_value=3), field)
    assert is_offered(state_of("x", double_value=0.5), field)
    assert not is_offered(state_of("x", int_value=3), offer("string_value"))
    assert not is_offered(state_of("x", double_value=0.5), offer("int_value"))
