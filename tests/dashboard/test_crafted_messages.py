"""Whatever a client sends, the server reveals only what was offered: tested through the real websocket.

Every widget of every page gets every kind of value; which there are is read from what the pages draw.
"""

import json
import math
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, StringTriggerValue
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websocket_client import Answer, Client, Widget, served, state_of

from dashboard import texts
from dashboard.shared.formatting import plain
from dashboard.shared.links import encode_config
from toolkit.analysis.metrics import Evaluation, find_worst_mistakes
from toolkit.config import ExperimentConfig
from toolkit.datasets import dataset_title, load_dataset
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import keep_probabilities

PAGES = ("", "results", "try_it", "compare", "data", "models")
#: A text that occurs only in the secret file.
SECRETS = (b"Zephyrine", b"Quentin", b"pocket_money")
#: Streamlit's expanders and buttons, for which only values of the right type can be dangerous.
_PRESSED = ("button", "download_button", "link_button")
#: The number of values of wrong types that each widget gets; together, the widgets of a page get all of them.
_OTHERS = 4
_LONG = "tell-tale " * 10_000
#: The ids in download URLs, which differ each time.
_DRAWN_BY_LOT = re.compile(rb"[0-9a-f]{32}")


@dataclass(frozen=True)
class Place:
    """The server, the run on its pages, a file that no visitor may read, and one that does not exist."""

    port: int
    run: RunFolder
    secret: str
    missing: str
    log: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, making_runs: Callable[[Path], Any]) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("crafted")
    secret = folder / "grades.csv"
    lines = (f"{row},{row % 7},{('Zephyrine', 'Quentin')[row % 2]}" for row in range(60))
    secret.write_text("\n".join(["pocket_money,absences,who", *lines]))
    root = folder / "runs"
    with making_runs(root) as make_run:
        for _ in range(11):  # So many that the list can be searched.
            make_run("finished")
        run = make_tested(make_run)
    with served(root) as port:
        yield Place(port, run, str(secret), str(folder / "grabes.csv"), folder / "server.log")


def make_tested(make_run: Callable[..., RunFolder]) -> RunFolder:
    """A run with all files of a test, so that Results shows its fields."""
    data = load_dataset("digits")
    true = data.y_test
    labels = np.where(np.arange(len(true)) % 9 == 4, (true + 1) % 10, true)
    probabilities = np.full((len(true), 10), 0.02, np.float32)
    probabilities[np.arange(len(true)), labels] = 0.82
    evaluation = Evaluation(
        test_loss=0.1234,
        test_accuracy=float(np.mean(labels == true)),
        confusion_matrix=confusion_matrix(true, labels),
        num_rows=len(true),
        class_names=data.class_names,
        worst_mistakes=find_worst_mistakes(true, probabilities, data.class_names),
    )
    run = make_run("finished", **evaluation.as_dict())
    keep_probabilities(run, probabilities)
    return run


def picture_of(side: int) -> str:
    content = BytesIO()
    Image.new("RGBA", (side, side)).save(content, "PNG")
    return f"data:image/png;base64,{b64encode(content.getvalue()).decode()}"


def selection(rows: Any) -> str:
    """What tables and charts send."""
    points = [{"customdata": rows, "point_index": rows}]
    return json.dumps({"selection": {"rows": rows, "columns": rows, "cells": rows, "points": points, "box": rows}})


def drawing(raw: Any, data: Any) -> str:
    """What the canvas sends."""
    return json.dumps({"drawing": {"raw": raw, "data": data, "width": 10**9, "height": -1}})


#: Crafted values, by the field of Streamlit's protocol that carries them.
CRAFTED: dict[str, list[Any]] = {
    "string_value": [
        "no such thing",
        "![x](http://127.0.0.1/x.png) <img src=x onerror=alert(1)>",
        _LONG,
        "/\0/etc",
        selection([10**9]),
        selection([["x"], None]),
        selection("abc"),
        selection([99, -99]),
        '{"selection": null, "columns": 3}',
    ],
    "string_array_value": [["no such thing", "/etc/passwd"], ["digits"] * 20_000],
    "double_value": [math.nan, math.inf, 1e300, 1e-300, -1.5],
    "double_array_value": [[math.nan, -math.inf, 1e300], [1e300]],
    "int_value": [2**63 - 1, -(2**63)],
    "int_array_value": [[10**15, -1]],
    "bool_value": [True],
    "bytes_value": [b"\x00\xff" * 1000],
    "file_uploader_state_value": [
        FileUploaderState(uploaded_file_info=[{"file_id": "../../etc/passwd", "name": "x", "size": 2**62}])
    ],
    "string_trigger_value": [StringTriggerValue(data="x")],
    "json_trigger_value": ['[{"event": "change", "value": 1}]', "{"],
    "json_value": [
        "{",
        "[1, null]",
        "[" * 3000 + "]" * 3000,
        '{"selection": null, "drawing": 3}',
        drawing({"objects": [1]}, "data:image/png;base64,AAAA"),
        drawing({"objects": [1]}, picture_of(6000)),
    ],
}
#: Kind of widget, as Streamlit names it -> the field that its browser part fills.
RIGHT_FIELDS = {
    "selectbox": "string_value",
    "text_input": "string_value",
    "multiselect": "string_array_value",
    "button_group": "string_array_value",
    "number_input": "double_value",
    "slider": "double_array_value",
    "checkbox": "bool_value",
    "arrow_data_frame": "string_value",
    "plotly_chart": "string_value",
    "bidi_component": "json_value",
    "component_instance": "json_value",
    "file_uploader": "file_uploader_state_value",
    "camera_input": "file_uploader_state_value",
}


def opened(client: Client, page: str, run: RunFolder) -> list[Widget]:
    """The widgets of a page, including those in closed sections."""
    client.open(page, f"run={run.id}")
    closed = [state_of(one.id, bool_value=True) for one in client.answer.widgets if one.kind == "expandable"]
    if closed:
        client.answer.messages += client.send(*closed).messages
    return client.answer.widgets


def check(answer: Answer) -> None:
    """No exception, and nothing of the secret file."""
    assert answer.exceptions == []
    assert [secret for secret in SECRETS if secret in answer.content] == []


def crafted(widget: Widget, number: int) -> list[WidgetState]:
    """The states to try on a widget: all that its field may hold, and some of other fields, not those of the next one.

    number: the widget's place on the page.
    """
    right = RIGHT_FIELDS.get(widget.kind)
    # Pressing a button or switching a toggle on is a valid value.
    others = [field for field in CRAFTED if field != right and (widget.kind not in _PRESSED or field != "bool_value")]
    chosen = (others[(number * _OTHERS + place) % len(others)] for place in range(_OTHERS))
    states = [state_of(widget.id, **{field: CRAFTED[field][0]}) for field in chosen]
    return states + [state_of(widget.id, **{right: value}) for value in CRAFTED.get(right or "", ())]


@pytest.mark.parametrize("page", PAGES)
def test_no_value_of_any_kind_breaks_a_page(place: Place, page: str) -> None:
    with Client(place.port) as client:
        widgets = opened(client, page, place.run)
        assert len(widgets) > 3
        check(client.answer)
        tried = [crafted(widget, number) for number, widget in enumerate(widgets)]
        # Each message gives each widget another value; the widgets start at different places in their lists.
        for number in range(max(map(len, tried))):
            states = [states[(number + place) % len(states)] for place, states in enumerate(tried)]
            answer = client.send(*states)
            assert answer.exceptions == [], states
            assert _LONG.encode() not in answer.content
        check(client.open(page, f"run={place.run.id}"))


@pytest.mark.parametrize("page", PAGES)
def test_a_foreign_file_and_a_missing_one_are_refused_alike_by_every_field(place: Place, page: str) -> None:
    with Client(place.port) as client:
        widgets = opened(client, page, place.run)
        shown = []
        # The first message only lets the page settle.
        for path in (place.missing, place.secret, place.missing):
            answer = client.send(
                *(state_of(one.id, string_value=path) for one in widgets if one.kind != "multiselect"),
                *(state_of(one.id, string_array_value=[path]) for one in widgets if one.kind == "multiselect"),
            )
            check(answer)
            shown.append(drawn(answer, path))
        assert shown[1] == shown[2]


def drawn(answer: Answer, path: str) -> list[bytes]:
    """What the page shows, but for the path itself, which a text field may hold as any other text, and for numbers."""
    shown = [one for one in answer.messages if one.WhichOneof("type") == "delta"]
    contents = [one.delta.SerializeToString().replace(path.encode(), b"") for one in shown]
    return [_DRAWN_BY_LOT.sub(b"", content) for content in contents]


def test_a_path_instead_of_known_data_changes_nothing_on_train(place: Place) -> None:
    with Client(place.port) as client:
        client.open()
        field = client.widget(texts.form.DATA)
        client.send()
        before = client.send()
        for path in (place.secret, place.missing, "/dev/zero", ""):
            answer = client.send(state_of(field.id, string_value=path))
            check(answer)
            assert answer.words == before.words


def test_what_was_offered_is_taken(place: Place) -> None:
    with Client(place.port) as client:
        client.open()
        field = client.widget(texts.form.DATA)
        (iris,) = (title for title in field.proto.options if title.startswith(dataset_title("iris")))
        client.answer = client.send(state_of(field.id, string_value=iris))
        check(client.answer)
        assert dataset_title("iris") in " ".join(client.answer.words)
        rate = client.widget(texts.FIELDS["learning_rate"])
        answer = client.send(state_of(rate.id, double_value=-1.0))
        check(answer)
        (sentence,) = (words for words in answer.words if words.startswith(":red["))
        assert "at most 10" in sentence


def test_what_a_visitor_brings_is_theirs_alone(place: Place) -> None:
    lines = [f"{row},{row % 5},{('plum', 'pear')[row % 2]}" for row in range(60)]
    with Client(place.port) as owner, Client(place.port) as other:
        owner.open("data")
        field = owner.widget(texts.data.UPLOAD)
        answer = owner.upload(field, "fruit.csv", "\n".join(["size,stones,kind", *lines]).encode())
        assert answer.exceptions == []
        assert b"plum" in answer.content
        title = next(one for one in answer.widgets if one.label == texts.data.DATA).proto.options[-1]
        (path,) = (place.run.path.parent / ".data").glob("*/fruit.csv")
        other.open("data")
        for made_up in (title, str(path)):
            answer = other.send(state_of(other.widget(texts.data.DATA).id, string_value=made_up))
            check(answer)
            assert b"plum" not in answer.content


@pytest.mark.parametrize(
    "query",
    [
        "run=../../../etc&row=1",
        "run=%00&runs=%2Fetc%2Fpasswd,..,~",
        f"row={10**30}&runs={'x,' * 4000}",
        "config=" + "A" * 3000,
        "row=-1&run=" + "x" * 20_000,
        "&".join(f"{number}=%ff" for number in range(1000)),
    ],
)
def test_an_address_that_somebody_made_up_breaks_no_page(place: Place, query: str) -> None:
    with Client(place.port) as client:
        for page in ("", "compare"):
            check(client.open(page, query))


def test_links_to_a_foreign_file_and_to_a_missing_one_are_answered_alike(place: Place) -> None:
    answers = []
    for path in (place.secret, place.missing, str(place.run.path / "config.json"), "/usr"):
        with Client(place.port) as client:
            answer = client.open("", f"config={encode_config(ExperimentConfig(dataset=path))}")
            check(answer)
            assert plain(texts.train.LINK_DATA) in answer.words
            answers.append(answer.words)
    assert answers == [answers[0]] * len(answers)


def test_a_request_that_no_browser_makes_is_borne(place: Place) -> None:
    requests: list[dict[str, Any]] = [
        {"page_script_hash": "../../etc/passwd"},
        {"page_script_hash": "x" * 100_000, "page_name": "../" * 1000},
        {"page_name": "\0<img src=x>"},
        {"is_auto_rerun": True, "is_history_navigation": True},
    ]
    with Client(place.port) as client:
        for request in requests:
            check(client.send(state_of("no such widget", string_value=place.secret), **request))
        check(client.open())


def test_what_a_session_is_not_asked_for_is_passed_over(place: Place) -> None:
    with Client(place.port) as client:
        client.open()
        for name in ("clear_cache", "load_git_info", "set_run_on_save"):
            client.tell(BackMsg(**{name: True}))
        client.tell(BackMsg(rerun_script={"fragment_id": "no such part"}))
        client.tell(BackMsg())
        answer = client.open()
        check(answer)
        assert not any(one.HasField("git_info_changed") for one in answer.messages)


def test_the_server_has_met_nothing_unforeseen(place: Place) -> None:
    """Must be the last test: none above has left a traceback in the server's log."""
    assert "Traceback" not in place.log.read_text()
