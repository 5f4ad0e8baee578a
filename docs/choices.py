"""Generates choices.md, the list of all optimizers, losses, layers, activations and initializers:

python -m docs.choices > docs/choices.md
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from toolkit.config.initializers import INITIALIZERS
from toolkit.config.layers import ACTIVATIONS, LAYER_KINDS, Layer
from toolkit.config.losses import LOSSES
from toolkit.config.optimizers import OPTIMIZERS

#: The generated file.
CHOICES_FILE = Path(__file__).with_name("choices.md")

_INTRODUCTION = """\
# What a config can name

Generated from the records by `python -m docs.choices > docs/choices.md`. The form, the command line, exported code,
figures and these tables use the same records. To add an entry, add its record to the file named above its table,
regenerate this file, and run `python -m pytest tests/config/test_choices.py`, which says what is missing.
"""

_OPTIMIZERS = """\
## Optimizers

In `optimizers.py`. A config without a `learning_rate` gets the one in the column *default*; the form and error messages
suggest the one in *try first*. Optimizers that once had no rate of their own keep the default 0.001, so that old
files keep their meaning.
"""


def choices_page() -> str:
    """The content of choices.md."""
    return "\n".join([_INTRODUCTION, _optimizers(), _losses(), _layers(), _activations(), _initializers()])


def _optimizers() -> str:
    rows = [
        (f"`{name}`", one.title, f"{one.usual_learning_rate:g}", f"{one.learning_rate:g}", one.help, one.reference)
        for name, one in OPTIMIZERS.items()
    ]
    return f"{_OPTIMIZERS}\n{_table(('name', 'title', 'try first', 'default', 'what it does', 'published'), rows)}"


def _losses() -> str:
    rows = [(f"`{name}`", one.title, one.help) for name, one in LOSSES.items()]
    return f"## Losses\n\nIn `losses.py`.\n\n{_table(('name', 'title', 'what it does'), rows)}"


def _layers() -> str:
    rows = [
        (f"`{kind}`", layer_class.title, ", ".join(_settings(layer_class)), layer_class.__doc__ or "")
        for kind, layer_class in LAYER_KINDS.items()
    ]
    return f"## Layers\n\nIn `layers.py`.\n\n{_table(('kind', 'title', 'settings', 'what it does'), rows)}"


def _settings(layer_class: type[Layer]) -> list[str]:
    return [f"`{name}`" for name in layer_class.model_fields if name != "kind"]


def _activations() -> str:
    rows = [(f"`{name}`", title) for name, title in ACTIVATIONS.items()]
    return f"## Activations\n\nIn `layers.py`.\n\n{_table(('name', 'title'), rows)}"


def _initializers() -> str:
    rows = [
        (f"`{name}`", "none" if number is None else f"`{number[0]}`, default {number[1]:g}")
        for name, number in INITIALIZERS.items()
    ]
    return f"## Initializers\n\nIn `initializers.py`.\n\n{_table(('name', 'argument'), rows)}"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(choices_page(), end="")
