"""Messages: where, expected, received, remedy."""

import pytest

from toolkit.errors import ConfigError, DataError, ModelFileError, Problem, RunError, ToolkitError, listed, nearest


@pytest.mark.parametrize("kind", [ConfigError, DataError, ModelFileError, RunError])
def test_every_mistake_that_a_user_can_mend_has_one_base_class(kind: type[Exception]) -> None:
    assert issubclass(kind, ToolkitError)


def test_a_problem_says_where_expected_received_and_remedy() -> None:
    problem = Problem("learning_rate", "above 0", "-1", "Try 0.001.")

    assert str(problem) == "learning_rate must be above 0. Received: -1. Try 0.001."


def test_a_problem_without_a_remedy_ends_with_what_was_received() -> None:
    assert str(Problem("seed", "a whole number", "x")) == "seed must be a whole number. Received: x."


def test_the_advice_leaves_the_place_to_the_form() -> None:
    assert Problem("seed", "a whole number", "x").advice == "must be a whole number. Received: x."


@pytest.mark.parametrize(
    ("field", "place"),
    [("epochs", "epochs"), ("layers", "layers"), ("layers.0", "layer 1"), ("layers.11.units", "layer 12: units")],
)
def test_layers_are_counted_from_1_where_people_read(field: str, place: str) -> None:
    assert Problem(field, "", "").place == place


def test_a_config_error_holds_all_problems_and_says_them_in_turn() -> None:
    error = ConfigError([Problem("epochs", "1", "0"), Problem("layers.0.units", "2", "3", "Try 2.")])

    assert [problem.field for problem in error.problems] == ["epochs", "layers.0.units"]
    assert str(error) == "epochs must be 1. Received: 0. layer 1: units must be 2. Received: 3. Try 2."


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c"), (iter("ab"), "a or b")],
)
def test_listed_names_read_as_a_sentence(names: list[str], sentence: str) -> None:
    assert listed(names) == sentence


@pytest.mark.parametrize("written", ["adan", "ADAM", "Adam", "adamm"])
def test_an_unknown_name_is_answered_with_the_nearest(written: str) -> None:
    assert nearest(written, ["sgd", "adam"]) == "Did you mean adam?"


@pytest.mark.parametrize("written", ["xyz", "", None, 7, ["adam", "adam"]])
def test_a_name_near_to_none_is_answered_with_all(written: object) -> None:
    assert nearest(written, ["sgd", "adam"]) == "Known: sgd, adam."
