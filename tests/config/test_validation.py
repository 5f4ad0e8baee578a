"""Limits and choices are read from where they are checked, and put into words."""

import pytest
from pydantic import BaseModel

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Dropout
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.config.validation import choices, expected, limits
from toolkit.errors import ConfigError


@pytest.mark.parametrize(
    ("model", "name", "found"),
    [
        (ExperimentConfig, "learning_rate", {"gt": 0, "le": 10}),
        (ExperimentConfig, "epochs", {"ge": 1, "le": 1000}),
        (ExperimentConfig, "validation_split", {"gt": 0, "lt": 1}),
        (ExperimentConfig, "validation_rows", {"ge": 1}),
        (ExperimentConfig, "stratify", {}),
        (Dropout, "rate", {"ge": 0, "lt": 1}),
    ],
)
def test_limits_are_those_of_the_definition(model: type[BaseModel], name: str, found: dict[str, float]) -> None:
    assert limits(model, name) == found


@pytest.mark.parametrize("name", list(ExperimentConfig.model_fields))
def test_a_value_at_a_limit_passes_and_one_beyond_does_not(name: str) -> None:
    """Pydantic decides; what a form reads from `limits` must agree with it."""
    for key, bound in limits(ExperimentConfig, name).items():
        beyond = bound - 1 if key in ("gt", "ge") else bound + 1
        outside = bound if key in ("gt", "lt") else beyond
        with pytest.raises(Exception, match=f"^{name} must be "):
            ExperimentConfig(**{name: outside})
        if key in ("ge", "le"):
            assert getattr(ExperimentConfig(**{name: bound, "optimizer": "sgd"}), name) == bound


@pytest.mark.parametrize(
    ("model", "name", "words"),
    [
        (ExperimentConfig, "optimizer", tuple(OPTIMIZERS)),
        (ExperimentConfig, "monitor", ("val_loss", "val_accuracy", "loss", "accuracy")),
        (Conv2D, "padding", ("valid", "same")),
        (ExperimentConfig, "epochs", ()),
        (ExperimentConfig, "name", ()),
    ],
)
def test_choices_are_the_words_that_a_field_takes(model: type[BaseModel], name: str, words: tuple[str, ...]) -> None:
    assert choices(model.model_fields[name]) == words


@pytest.mark.parametrize(
    ("model", "name", "sentence"),
    [
        (ExperimentConfig, "learning_rate", "a number above 0 and at most 10"),
        (ExperimentConfig, "epochs", "a whole number from 1 to 1,000"),
        (ExperimentConfig, "validation_rows", "a whole number of at least 1"),
        (ExperimentConfig, "validation_split", "a number above 0 and below 1"),
        (ExperimentConfig, "from_logits", "true or false"),
        (ExperimentConfig, "name", "a text of 1 to 80 characters"),
        (ExperimentConfig, "layers", "a list of at most 30 layers"),
        (ExperimentConfig, "monitor", "val_loss, val_accuracy, loss or accuracy"),
        (Conv2D, "use_bias", "true or false"),
        (Dropout, "rate", "a number of at least 0 and below 1"),
    ],
)
def test_the_constraint_puts_itself_into_words(model: type[BaseModel], name: str, sentence: str) -> None:
    assert expected(model, name) == sentence


def test_a_long_value_is_cut_short_where_it_is_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        ExperimentConfig(seed="x" * 200)
    assert caught.value.problems[0].received == "x" * 59 + "…"


@pytest.mark.parametrize("name", list(ExperimentConfig.model_fields))
def test_every_field_explains_itself_to_a_learner(name: str) -> None:
    description = ExperimentConfig.model_fields[name].description
    assert description
    assert description.endswith(".")
