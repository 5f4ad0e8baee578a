"""Encodes a configuration in a link: its differences from the defaults, as compressed JSON in base64."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import urlencode

from dashboard import texts
from dashboard.shared.fields import is_countable
from dashboard.shared.offered import is_brought_to, may_learn_from
from toolkit.config import ExperimentConfig
from toolkit.errors import ToolkitError

#: The query parameter that holds a configuration.
QUERY_CONFIG = "config"
#: Thirty different layers take 900 characters: longer texts were not made here.
_LONGEST, _LONGEST_UNPACKED = 4_000, 20_000


def link_to(config: ExperimentConfig, address: str) -> str:
    """The URL that opens the Train page with this configuration.

    address: the URL of the Train page in the learner's browser.
    """
    return f"{address}?{urlencode({QUERY_CONFIG: encode_config(config)})}"


def encode_config(config: ExperimentConfig) -> str:
    """A config as a short text that consists of letters, digits, hyphens and underscores."""
    # A config without a learning rate gets the default of its optimizer.
    usual = ExperimentConfig(optimizer=config.optimizer).model_dump(mode="json")
    usual["optimizer"] = ExperimentConfig().optimizer
    fields = config.model_dump(mode="json", exclude={"layers"})
    values = {name: value for name, value in fields.items() if value != usual[name]}
    if config.layers != ExperimentConfig.model_fields["layers"].default:
        # `exclude_defaults` would omit the kind, which is a default of each layer class.
        values["layers"] = [
            {"kind": layer.kind, **layer.model_dump(mode="json", exclude_defaults=True)} for layer in config.layers
        ]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def decode_config(text: str) -> ExperimentConfig:
    """The config that `encode_config` wrote. Raises `ToolkitError` if the text is damaged or too long."""
    if len(text) > _LONGEST:
        raise ToolkitError(texts.train.LINK_TOO_LONG.format(longest=_LONGEST, received=len(text)))
    try:
        unpacking = zlib.decompressobj()
        packed = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        content = unpacking.decompress(packed, _LONGEST_UNPACKED)
        if not unpacking.eof:
            raise ValueError("cut off, or too much")
        config = ExperimentConfig.from_json(content.decode())
        if not all(map(_is_shown, config.model_dump().values())):
            raise ValueError("a number that no form can show")
        return config
    except (ValueError, RecursionError, zlib.error):
        raise ToolkitError(texts.train.LINK_DAMAGED) from None
    except ToolkitError as error:
        raise ToolkitError(texts.train.LINK_WRONG.format(problem=error)) from None


def _is_shown(value: object) -> bool:
    return not isinstance(value, int) or is_countable(value)


def linked_config(text: str, root: Path) -> ExperimentConfig:
    """The config of a link that a visitor opened; root: the runs folder.

    Raises `ToolkitError` if the link is damaged, or names a file that was neither uploaded here nor used by any run:
    a crafted link must not read other files on this machine, nor reveal which exist. An uploaded file is open to
    anyone who knows its path, since that contains the file's digest and so can't be guessed.
    """
    config = decode_config(text)
    if not (may_learn_from(config.dataset, root, ()) or is_brought_to(root, config.dataset)):
        raise ToolkitError(texts.train.LINK_DATA)
    return config
