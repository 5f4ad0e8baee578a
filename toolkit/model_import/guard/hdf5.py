"""An HDF5 file from a stranger: checked link by link before any of its numbers are read.

Its parser is native code with known bugs, so this runs in a throwaway process with limits.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ...errors import ModelFileError
from .limits import MOST_ATTRIBUTE, MOST_OBJECTS, MOST_UNPACKED
from .refusals import REMEDY, harmless, refusal

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: Not chunked: Keras writes no chunks, and a small one may unpack to gigabytes.
_LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS)
_MOST_AXES, _MOST_ATTRIBUTES = 8, 64
_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT)
_PLAIN = (*_NUMBERS, h5py.h5t.STRING)
_LONGEST_NAME, _DEEPEST = 300, 12
#: The attributes that Keras writes beside the numbers.
_ATTRIBUTE = re.compile(
    rb"name|backend|keras_version|model_config|training_config|layer_names[0-9]{0,4}|weight_names[0-9]{0,4}"
)


class CheckedFile:
    """An HDF5 file of groups and plain numbers only, each linked once. numbers: its data sets by path."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self.numbers: dict[str, h5py.Dataset] = {path: file[path] for path in _paths_of_numbers(file)}

    def text(self, name: str) -> bytes | None:
        """An attribute of the whole file that is a single string; None if there is none."""
        if name not in self._file.attrs:
            return None
        attribute = h5py.h5a.open(self._file.id, name.encode())
        one = attribute.get_space().get_simple_extent_type() == h5py.h5s.SCALAR
        if attribute.get_type().get_class() != h5py.h5t.STRING or not one:
            raise refusal(f"The attribute {name}", "one text", "something else")
        value = self._file.attrs[name]
        content = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
        if len(content) > MOST_ATTRIBUTE:
            raise refusal(f"The attribute {name}", f"at most {MOST_ATTRIBUTE:,} bytes", f"{len(content):,} bytes")
        return content

    def names(self, group: str, attribute: str) -> list[str] | None:
        """The texts that an attribute of a group lists, or several numbered ones together; None if there are none.

        Keras splits a list that is too long for one attribute: `weight_names0`, `weight_names1`, …
        """
        if group not in self._file:
            return None
        notes = self._file[group].attrs
        numbered = [f"{attribute}{number}" for number in range(len(notes))]
        parts = [attribute] if attribute in notes else [name for name in numbered if name in notes]
        return [text for part in parts for text in self._texts(group, part)] if parts else None

    def _texts(self, group: str, name: str) -> list[str]:
        attribute = h5py.h5a.open(self._file[group].id, name.encode())
        if attribute.shape == (0,):  # Keras 2 keeps an empty list as one of numbers.
            return []
        if attribute.get_type().get_class() != h5py.h5t.STRING or len(attribute.shape) != 1:
            raise refusal(f"The attribute {name} of {group}", "a list of texts", "something else")
        try:
            return [one.decode() if isinstance(one, bytes) else str(one) for one in self._file[group].attrs[name]]
        except UnicodeDecodeError:
            raise refusal(f"The attribute {name} of {group}", "texts in UTF-8", "bytes that are none") from None

    def read(self, path: str, shape: tuple[int, ...], where: str, *, kind: str = "float32") -> np.ndarray:
        """The numbers at a path: float32 of that shape, all finite. where: their name in error messages.

        kind: as what they must be stored: float16, float32 or float64.
        """
        data = self.numbers[path]
        if data.shape != shape or data.dtype != np.dtype(kind).newbyteorder("<"):
            expected = f"{kind} of shape {list(shape)}"
            raise refusal(where, expected, f"{data.dtype} of shape {list(data.shape)}")
        with np.errstate(over="ignore"):
            values = np.asarray(data[()]).astype(np.float32)
        if not np.isfinite(values).all():
            raise refusal(where, "finite numbers", "NaN or infinity", "Train the model again; it has diverged.")
        return values


@contextmanager
def open_hdf5(path: Path, name: str) -> Iterator[CheckedFile]:
    """Open a file once it is known to be harmless. name: its name in error messages.

    Raises `ModelFileError` for links out of the file, objects linked twice, virtual, external or compressed data,
    anything but plain numbers, more than `MOST_UNPACKED` bytes of them, and for a damaged file.
    """
    with path.open("rb") as raw:
        if raw.read(len(_SIGNATURE)) != _SIGNATURE:
            raise refusal(name, "an HDF5 file from its first byte", "another kind of file")
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield CheckedFile(file)
    except ModelFileError:
        raise
    except MemoryError:
        raise refusal(name, "one that can be read in little memory", "one that asks for more") from None
    except Exception as error:  # HDF5 raises many kinds of errors for a file that it can't read.
        raise ModelFileError(f"{name} is damaged or cut off ({harmless(str(error))}). {REMEDY}") from None


def _paths_of_numbers(file: h5py.File) -> list[str]:
    """The paths of the data sets; checks every link and every object of the file."""
    found, total = [], 0
    seen = {_address(file.id)}
    groups: list[tuple[str, Any]] = [("", file.id)]
    while groups:
        path, group = groups.pop()
        _check_attributes(group, path)
        if group.get_num_objs() > MOST_OBJECTS:
            raise refusal("The weights", f"kept in at most {MOST_OBJECTS:,} groups and arrays", "more")
        for name in group:
            inner = _checked_path(path, name)
            if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                raise refusal(f"The link {inner}", "one to what is in the file itself", "a soft or external link")
            object_ = h5py.h5o.open(group, name)
            if _address(object_) in seen or h5py.h5o.get_info(object_).rc != 1:
                raise refusal(f"What is at {inner}", "linked once", "linked several times")
            seen.add(_address(object_))
            if len(seen) > MOST_OBJECTS:
                raise refusal("The weights", f"kept in at most {MOST_OBJECTS:,} groups and arrays", "more")
            if isinstance(object_, h5py.h5g.GroupID):
                groups.append((inner, object_))
            elif isinstance(object_, h5py.h5d.DatasetID):
                _check_attributes(object_, inner)
                total += _checked_bytes(object_, inner)
                found.append(inner)
            else:
                raise refusal(f"What is at {inner}", "a group or an array of numbers", "something else")
            if total > MOST_UNPACKED:
                raise refusal("The weights", f"at most {MOST_UNPACKED:,} bytes", "more")
    return found


def _address(object_: Any) -> tuple[int, int]:
    info = h5py.h5o.get_info(object_)
    return info.fileno, info.addr


def _checked_path(path: str, name: bytes) -> str:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        raise refusal(f"A name in {path or 'the file'}", "UTF-8", "bytes that are none") from None
    inner = f"{path}/{text}" if path else text
    if text in ("", ".", "..") or "/" in text or len(inner) > _LONGEST_NAME or inner.count("/") >= _DEEPEST:
        raise refusal("A name in the file", "a plain one, not nested too deeply", inner)
    return inner


def _checked_bytes(data: Any, path: str) -> int:
    """The bytes of an array, which must be plain numbers, stored completely."""
    kind, space, plan = data.get_type(), data.get_space(), data.get_create_plist()
    if kind.get_class() not in _NUMBERS or kind.get_size() > 8:
        raise refusal(f"What is at {path}", "an array of plain numbers", "texts, references or records")
    if space.get_simple_extent_type() not in (h5py.h5s.SIMPLE, h5py.h5s.SCALAR):
        raise refusal(f"The array {path}", "one with a shape", "one without")
    shape, item = space.get_simple_extent_dims(), kind.get_size()
    if len(shape) > _MOST_AXES or prod(shape) * item > MOST_UNPACKED:
        raise refusal(f"The array {path}", f"one of at most {MOST_UNPACKED:,} bytes", f"the shape {list(shape)}")
    if plan.get_layout() not in _LAYOUTS or plan.get_external_count() or plan.get_nfilters():
        raise refusal(
            f"The array {path}",
            "kept in the file itself in one piece, as Keras does",
            "a virtual one, one in another file, in chunks or compressed",
        )
    size = prod(shape) * item
    if data.get_storage_size() != size:
        raise refusal(f"The array {path}", f"{size:,} bytes in the file", f"{data.get_storage_size():,}")
    return size


def _check_attributes(object_: Any, path: str) -> None:
    """Refuse attributes that Keras does not write; none of them is read."""
    where = f"What is noted at {path or 'the top of the file'}"
    if h5py.h5a.get_num_attrs(object_) > _MOST_ATTRIBUTES:
        raise refusal(where, f"at most {_MOST_ATTRIBUTES} attributes", "more")
    for index in range(h5py.h5a.get_num_attrs(object_)):
        attribute = h5py.h5a.open(object_, index=index)
        if not _ATTRIBUTE.fullmatch(attribute.name):
            raise refusal(where, "what Keras notes", attribute.name.decode("utf-8", "replace"))
        size = prod(attribute.shape) * attribute.get_type().get_size()
        if attribute.get_type().get_class() not in _PLAIN or size > MOST_ATTRIBUTE:
            raise refusal(f"{where}: {attribute.name.decode()}", "texts or numbers", "something else, or too much")
