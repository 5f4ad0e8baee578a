"""Everything that a page can show has a text, and every text is used."""

from pathlib import Path
from typing import get_args

import pytest

from dashboard import texts
from dashboard.pages import PAGES
from dashboard.shared import verdict_box
from toolkit.analysis.overfitting import State
from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS, Activation, Layer
from toolkit.config.validation import choices
from toolkit.runs import STATES

DASHBOARD = Path(texts.__file__).parents[1]
_MARKS = set("<>")


@pytest.mark.parametrize(
    ("field", "words"),
    [("optimizer", texts.OPTIMIZERS), ("loss", texts.LOSSES), ("monitor", texts.MONITORS)],
)
def test_every_choice_of_a_field_has_words(field: str, words: dict[str, str]) -> None:
    assert set(words) == set(choices(ExperimentConfig.model_fields[field]))


def test_every_activation_has_words() -> None:
    assert set(texts.ACTIVATIONS) == set(get_args(Activation))


def test_every_kind_of_layer_has_words() -> None:
    assert set(texts.LAYERS) == set(LAYER_KINDS)


def test_every_field_of_the_config_has_words() -> None:
    assert set(ExperimentConfig.model_fields) - {"dataset", "label", "layers"} <= set(texts.FIELDS)


@pytest.mark.parametrize("layer", LAYER_KINDS.values(), ids=list(LAYER_KINDS))
def test_every_field_of_a_layer_has_words(layer: type[Layer]) -> None:
    assert set(layer.model_fields) - {"kind"} <= set(texts.FIELDS)


def test_every_state_and_every_verdict_has_words() -> None:
    assert set(texts.STATES) == set(STATES)
    assert set(texts.VERDICTS) == set(get_args(State))


@pytest.mark.parametrize("verdict", get_args(State))
def test_every_verdict_has_its_icon(verdict: str) -> None:
    assert verdict_box._ICONS[verdict].startswith(":material/")


#: The shared texts and those of each page, by their name in code.
TEXTS = {
    f"{prefix}.{name}": value
    for prefix, module in {"texts": texts, **{f"texts.{name}": getattr(texts, name) for name in texts.__all__}}.items()
    for name, value in vars(module).items()
    if name.isupper()
}


def test_every_text_is_shown_somewhere() -> None:
    sources = "".join(file.read_text() for file in DASHBOARD.rglob("*.py") if file.parent.name != "texts")
    sources += "".join(f"texts.{page.name}.TITLE" for page in PAGES)  # the bar at the top
    assert [name for name in TEXTS if name not in sources] == []


def test_no_text_contains_html() -> None:
    assert [name for name, text in TEXTS.items() if isinstance(text, str) and _MARKS & set(text)] == []
