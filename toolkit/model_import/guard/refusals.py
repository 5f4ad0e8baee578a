"""Error messages for refused files: one or two sentences, in which the stranger's words can do no harm."""

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import category

from ...errors import ModelFileError, nearest
from ...formatting import shortened

#: The remedy in most cases.
REMEDY = "Save the model again with plain Keras, and see that the file arrives whole."

#: The remedy for weights alone.
WHOLE_MODEL = "Load them into their network in Keras, and save the whole: model.save('model.keras')."

#: The remedy for a network of another program.
OTHER_PROGRAM = (
    "Build the same network in Keras, give it the weights with set_weights, and save it: model.save('model.keras')."
)
#: The remedy for a network that is too large.
SMALLER = "Choose a smaller network."
#: The remedies for layers that are not supported.
PLAIN_LAYERS = "Build the network from plain layers, give it the weights with set_weights, and save it."
_NO_CODE = "It holds code, which is never run: put a plain layer such as Rescaling in its place, and save it again."
_NO_SEQUENCES = "Networks here take pictures or rows of numbers, no texts or sequences: use this one in Keras itself."
OF_LAYERS = {
    **dict.fromkeys(("Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"), _NO_CODE),
    **dict.fromkeys(("TextVectorization", "StringLookup", "Embedding", "LSTM", "GRU", "SimpleRNN"), _NO_SEQUENCES),
    **dict.fromkeys(("Bidirectional", "TimeDistributed", "MultiHeadAttention"), _NO_SEQUENCES),
}

_LONGEST = 60


def refusal(where: str, expected: str, received: Any, remedy: str = REMEDY) -> ModelFileError:
    """The error to raise. where, received: as in the file; they are made printable and shortened."""
    return ModelFileError(f"{harmless(where)} must be {expected}. Received: {shown(received)}. {remedy}")


def harmless(text: str, longest: int = 2 * _LONGEST) -> str:
    """Foreign text on one line, shortened, without characters that control a terminal or reverse the writing."""
    cut = shortened(text, longest)
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_unprintable(letter) else letter for letter in cut)


def did_you_mean(name: str, known: Sequence[str], otherwise: str = REMEDY) -> str:
    """The remedy for an unknown word: the nearest known one, if one is near."""
    remedy = nearest(harmless(name, _LONGEST), known)
    return remedy if remedy.startswith("Did you mean") else otherwise


def shown(value: Any) -> str:
    """A value from JSON in a few words."""
    if isinstance(value, str):
        return harmless(value, _LONGEST) or "an empty text"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        few = ", ".join("null" if one is None else shown(one) for one in value[:4])
        return f"a list of {len(value):,}" if len(value) > 4 else harmless(f"[{few}]", _LONGEST)
    if isinstance(value, dict):
        name = value.get("class_name")
        return harmless(f"an object of the class {name}", _LONGEST) if isinstance(name, str) else "an object"
    return harmless(f"{value:,}", _LONGEST)


def shown_origin(value: Mapping[str, Any]) -> str:
    """What an object in the file claims to be, such as `keras.config.set_floatx`."""
    return harmless(f"{value.get('module')}.{value.get('class_name')}")


def _is_unprintable(letter: str) -> bool:
    return category(letter)[0] == "C" or category(letter) in ("Zl", "Zp")
