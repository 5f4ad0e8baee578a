"""The layers a config can name, and how an initializer is written."""

import re
from typing import get_args

import pytest
from pydantic import ValidationError

from toolkit.config.layers import (
    INITIALIZER_HELP,
    INITIALIZERS,
    LAYER_KINDS,
    PICTURE_KINDS,
    AnyLayer,
    Conv2D,
    Dense,
    Layer,
    MaxPooling2D,
    parse_initializer,
)


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("glorot_uniform", "glorot_uniform", {}),
        ("zeros", "zeros", {}),
        ("random_normal", "random_normal", {"stddev": 0.05}),
        ("random_normal(1)", "random_normal", {"stddev": 1.0}),
        ("random_normal(0.01)", "random_normal", {"stddev": 0.01}),
        ("random_normal(stddev=0.01)", "random_normal", {"stddev": 0.01}),
        (" truncated_normal ( .1 ) ", "truncated_normal", {"stddev": 0.1}),
        ("random_normal(1e-2)", "random_normal", {"stddev": 0.01}),
        ("constant", "constant", {"value": 0.0}),
        ("constant(0.1)", "constant", {"value": 0.1}),
        ("constant(-2)", "constant", {"value": -2.0}),
        ("constant(0)", "constant", {"value": 0.0}),
    ],
)
def test_an_initializer_is_a_name_with_a_number_where_it_takes_one(
    text: str, name: str, settings: dict[str, float]
) -> None:
    assert parse_initializer(text) == (name, settings)


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_every_initializer_stands_without_a_number(name: str) -> None:
    assert parse_initializer(name)[0] == name


@pytest.mark.parametrize(
    "text",
    ["", "normal", "Zeros", "random_normal()", "random_normal(", "random_normal(a)", "zeros;", "random_normal(0.1, 2)"],
)
def test_an_unknown_initializer_is_answered_with_those_that_exist(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(INITIALIZER_HELP)}$"):
        parse_initializer(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("zeros(1)", "zeros without a number"),
        ("he_normal(2)", "he_normal without a number"),
        ("random_normal(0)", "random_normal with a standard deviation above 0"),
        ("truncated_normal(-0.1)", "truncated_normal with a standard deviation above 0"),
    ],
)
def test_a_number_where_it_makes_no_sense_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_initializer(text)


def test_the_registry_holds_every_kind_of_layer_under_its_own_name() -> None:
    assert set(LAYER_KINDS.values()) == set(get_args(AnyLayer))
    assert all(layer_class().kind == kind for kind, layer_class in LAYER_KINDS.items())


def test_the_kinds_that_need_a_picture_are_known_kinds() -> None:
    assert set(LAYER_KINDS) > PICTURE_KINDS


@pytest.mark.parametrize("layer_class", LAYER_KINDS.values(), ids=LAYER_KINDS)
def test_every_layer_is_frozen_and_refuses_unknown_words(layer_class: type[Layer]) -> None:
    with pytest.raises(ValidationError):
        layer_class().kind = "other"
    with pytest.raises(ValidationError):
        layer_class(colour="red")


@pytest.mark.parametrize("layer_class", LAYER_KINDS.values(), ids=LAYER_KINDS)
def test_every_layer_explains_itself_to_a_learner(layer_class: type[Layer]) -> None:
    assert layer_class.__doc__ != Layer.__doc__
    assert layer_class.__doc__.endswith(".")


def test_layers_with_the_same_values_are_equal() -> None:
    assert Dense(units=8) == Dense(units=8)
    assert Dense(units=8) != Dense(units=9)


def test_what_a_layer_leaves_open_is_taken_from_the_config() -> None:
    assert (Dense().kernel_initializer, Dense().bias_initializer, Dense().use_bias) == (None, None, None)


def test_layers_start_with_what_the_published_networks_use() -> None:
    assert (Dense().activation, Conv2D().padding, Conv2D().strides) == ("relu", "same", 1)
    assert (MaxPooling2D().pool_size, MaxPooling2D().strides) == (2, None)
