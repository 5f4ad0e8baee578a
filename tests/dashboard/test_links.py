"""A link contains a whole configuration; a damaged or crafted link is refused with a sentence."""

import json
import re
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from session import Session

from dashboard import texts
from dashboard.shared.links import decode_config, encode_config, link_to, linked_config
from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS, Dense
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.config.presets import PRESETS, preset
from toolkit.errors import ToolkitError
from toolkit.runs import RunFolder

EVERY_FIELD = ExperimentConfig(
    name="첫 실험 🙂 &?#%+ <b>",
    dataset="digits",
    validation_rows=100,
    seed=0,
    layers=[Dense(units=5, activation="tanh", kernel_initializer="he_normal", use_bias=False)],
    kernel_initializer="random_normal(0.01)",
    bias_initializer="constant(0.1)",
    use_bias=False,
    from_logits=True,
    optimizer="sgd",
    learning_rate=1e-7,
    momentum=0.9,
    nesterov=True,
    batch_size=1,
    steps=7,
    log_every=2,
    patience=3,
    monitor="val_accuracy",
    restore_best_weights=True,
)
CONFIGS = {**{name: one.config for name, one in PRESETS.items()}, "every field": EVERY_FIELD, "": ExperimentConfig()}


def packed(values: object) -> str:
    """The text of a link, with any JSON in it."""
    return urlsafe_b64encode(zlib.compress(json.dumps(values).encode(), 9)).decode().rstrip("=")


@pytest.mark.parametrize("name", CONFIGS)
def test_a_link_opens_with_the_configuration_that_it_was_made_of(name: str) -> None:
    config = CONFIGS[name]
    link = link_to(config, "http://10.0.0.7:8501/")
    assert link.startswith("http://10.0.0.7:8501/?config=")
    assert len(link) < 500
    assert re.fullmatch(r"[\w-]+", encode_config(config), re.ASCII)
    assert decode_config(parse_qs(urlsplit(link).query)["config"][0]) == config


@pytest.mark.parametrize("rate", [0.001, 0.0001, 0.02])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_travels_with_its_rate(name: str, rate: float) -> None:
    config = ExperimentConfig(optimizer=name, learning_rate=rate)
    assert decode_config(encode_config(config)) == config


def test_a_link_made_before_optimizers_had_rates_of_their_own_means_what_it_meant() -> None:
    assert decode_config(packed({"optimizer": "sgd"})).learning_rate == 0.001


def test_every_kind_of_layer_travels() -> None:
    config = ExperimentConfig(layers=[kind() for kind in LAYER_KINDS.values()])  # type: ignore[call-arg]
    assert decode_config(encode_config(config)) == config


def test_the_largest_network_travels() -> None:
    layers = [Dense(units=100 + n, kernel_initializer=f"random_normal(0.{n + 1}23)") for n in range(30)]
    config = ExperimentConfig(name="x" * 80, layers=layers)
    assert decode_config(encode_config(config)) == config


def test_only_what_differs_from_the_defaults_is_in_a_link() -> None:
    assert encode_config(ExperimentConfig()) == packed({})


GOOD = encode_config(preset("cnn"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Ä" * 40,
        "a\0b",
        GOOD[:-9],
        GOOD[4:],
        urlsafe_b64encode(b"no compressed text").decode(),
        urlsafe_b64encode(zlib.compress(b"\xff\xfe")).decode(),
        urlsafe_b64encode(zlib.compress(b" " * 2_000_000)).decode(),
    ],
    ids=["nothing", "a letter", "umlauts", "null", "cut", "beheaded", "raw", "no UTF-8", "a bomb"],
)
def test_a_damaged_link_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(ToolkitError) as caught:
        decode_config(text)
    assert str(caught.value) == texts.train.LINK_DAMAGED


def test_a_link_that_is_too_long_is_told_in_a_sentence() -> None:
    with pytest.raises(ToolkitError) as caught:
        decode_config("x" * 4001)
    assert str(caught.value) == texts.train.LINK_TOO_LONG.format(longest=4000, received=4001)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"learning_rate": 0}, "learning_rate must be a number above 0 and at most 10. Received: 0. Try 0.001,"),
        ({"learning": 1}, "learning must be a field of the config. Received: learning. Did you mean learning_rate?"),
        ([1], "The config must be a JSON object of fields. Received: list."),
    ],
)
def test_values_that_no_config_takes_are_told_in_its_words(values: object, problem: str) -> None:
    with pytest.raises(ToolkitError) as caught:
        decode_config(packed(values))
    start, _, end = texts.train.LINK_WRONG.partition("{problem}")
    assert str(caught.value).startswith(f"{start}{problem}")
    assert str(caught.value).endswith(end)


def test_values_that_are_nested_too_deeply_are_told_in_the_configs_words() -> None:
    with pytest.raises(ToolkitError) as caught:
        decode_config(urlsafe_b64encode(zlib.compress(b"[" * 19_000)).decode())
    problem = "The config is nested too deeply. Expected an object of fields."
    assert str(caught.value) == texts.train.LINK_WRONG.format(problem=problem)


def test_a_link_opens_no_other_files_of_this_machine(
    tmp_path: Path, make_run: Callable[..., RunFolder], root: Path
) -> None:
    brought, used, foreign = root / ".data" / "mine.csv", tmp_path / "used.csv", tmp_path / "foreign.csv"
    brought.parent.mkdir(parents=True)
    for table in (brought, used, foreign):
        table.write_text("size,kind\n" + "1,ant\n2,bee\n" * 20)
    make_run("queued", ExperimentConfig(dataset=str(used)))

    for table in (brought, used):
        config = ExperimentConfig(dataset=str(table), label="kind")
        assert linked_config(encode_config(config), root) == config
    for name in (foreign, brought.parent / ".." / ".." / "foreign.csv", "/", "a\0b", "x" * 3000):
        text = packed({"dataset": str(name)})
        with pytest.raises(ToolkitError) as caught:
            linked_config(text if len(text) < 4000 else text[:4000], root)
        assert str(caught.value) == texts.train.LINK_DATA


def test_a_visitor_with_a_link_finds_it_in_the_form(visit: Callable[..., Session], submitted: list[Any]) -> None:
    session = visit(config=encode_config(EVERY_FIELD))
    assert not session.has_broken
    assert session.problems == []
    assert session.field("Learning rate").value == 1e-7
    session.click(texts.train.START)
    assert submitted == [(EVERY_FIELD, None)]
    assert "config" not in session.app.query_params


def test_a_visitor_with_a_damaged_link_is_told_and_finds_the_usual_settings(
    visit: Callable[..., Session], submitted: list[Any]
) -> None:
    session = visit(config=GOOD[:-9])
    assert not session.has_broken
    assert "it is damaged or was cut off" in session.words
    assert "config" not in session.app.query_params
    session.click(texts.train.START)
    assert submitted == [(preset("keras-mlp"), None)]
    assert "it is damaged or was cut off" not in session.words
