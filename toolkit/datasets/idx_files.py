"""IDX files that belong together, by their names: pictures and labels, to train and to test."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np

from ..errors import DataError
from .emnist import class_letters, is_emnist, split_of, upright
from .idx import is_idx, read_idx
from .part_names import part_of_word, words_of
from .raw import RawData

_NAME = re.compile(r"(?P<stem>.*?)(?P<what>images|labels)(?P<rest>.*)", re.DOTALL)
#: QMNIST's labels have eight columns: the digit, and who wrote it when and where.
_QMNIST_COLUMNS = 8

_What = Literal["images", "labels"]


@dataclass(frozen=True)
class IdxName:
    """What the name of an IDX file tells: `emnist-letters-train-images-idx3-ubyte.gz`.

    data: what it says beside part and content, such as `emnist-letters`; often nothing.
    """

    data: str
    part: str
    what: _What


@dataclass(frozen=True)
class _Group:
    """The files of one data set, by part and content, and the folder that they are in."""

    folder: Path
    data: str
    files: Mapping[tuple[str, _What], Path]

    @property
    def title(self) -> str:
        return self.data or self.folder.name


def named_as_idx(name: str) -> bool:
    """Whether a file is named like MNIST's: `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`."""
    # Hidden files don't count: macOS puts `._train-images-idx3-ubyte` beside a file that it copies.
    return not name.startswith(".") and re.search(r"(images|labels)[-._]idx\d", name) is not None


def read_idx_files(path: Path) -> RawData:
    """Pictures and labels from IDX files that are named like MNIST's.

    path: one file, such as `train-images-idx3-ubyte.gz`, or a folder that holds such files. The other files are found
    beside it, or in folders called like them: the labels, with `labels` in the name; if the name says `train`, the test
    part, with `t10k` or `test` in the name. EMNIST's pictures are turned upright, and its labels become letters. Of
    QMNIST's labels, the digit is taken.
    Raises `DataError` if a file is missing or damaged.
    """
    group, notes = _chosen(path)
    arrays: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for part in _parts(group):
        images, labels = group.files[part, "images"], _labels_of(group, part)
        arrays[part] = read_idx(images), _digits(path.name, read_idx(labels), notes)
    if is_emnist(group.data) and all(x.shape[1:] == (28, 28) for x, _ in arrays.values()):
        arrays = {part: (upright(x), y) for part, (x, y) in arrays.items()}
        notes.append(
            f"{path.name}: EMNIST's pictures are stored with rows and columns swapped; they were turned upright."
        )
        letters = class_letters(split_of(group.data), group.folder)
        if letters and all({*np.unique(y).tolist()} <= {*letters} for _, y in arrays.values()):
            arrays = {part: (x, np.array([letters[label] for label in y.tolist()])) for part, (x, y) in arrays.items()}
            notes.append(
                f"{path.name}: EMNIST's labels are numbers; they were replaced with the characters that they stand "
                f"for: {''.join(letters.values())}."
            )
    x_train, y_train = arrays["train"] if "train" in arrays else arrays["test"]
    x_test, y_test = arrays.get("test", (None, None)) if "train" in arrays else (None, None)
    x_val, y_val = arrays.get("validation", (None, None))
    return RawData(x_train, y_train, x_test, y_test, x_val, y_val, notes=tuple(dict.fromkeys(notes)))


def idx_files(path: Path) -> list[Path]:
    """The files that `read_idx_files` reads: pictures and labels, and those of the test part, if there is one.

    Raises `DataError` if one is missing.
    """
    group, _ = _chosen(path)
    return [file for part in _parts(group) for file in (group.files[part, "images"], _labels_of(group, part))]


def has_idx_files(folder: Path) -> bool:
    """Whether a folder, or one below it, holds IDX files of pictures, or is called like such a file and holds it."""
    return any("images" in file.name or _is_called_like_a_file(folder) for file in _visible_in(folder))


def _chosen(path: Path) -> tuple[_Group, list[str]]:
    """The files that belong to a path, and a note if a folder holds those of other data sets too."""
    if path.is_dir() and not _is_called_like_a_file(path):
        groups = sorted(_groups(_visible_in(path)), key=lambda group: (len(group.folder.parts), group.title))
        group, *others = [group for group in groups if any(what == "images" for _, what in group.files)]
        if not others:
            return group, []
        some = ", ".join(other.title for other in others[:5]) + (", …" if len(others) > 5 else "")
        return group, [
            f"{path.name} holds several data sets: {group.title} was read, and not {some}. To read another, name its "
            "file of pictures."
        ]
    file = next(filter(_is_idx_file, sorted(path.iterdir())), path) if path.is_dir() else path
    name = parse_idx_name(file.name)
    folder = _folder_of(file)
    around = chain(*(place.iterdir() if _is_called_like_a_file(place) else [place] for place in folder.iterdir()))
    found = next((group for group in _groups([*around, file]) if group.data == name.data), None)
    files = {**found.files, (name.part, name.what): file} if found else {(name.part, name.what): file}
    if (name.part, "images") not in files:
        expected = re.sub(r"idx\d", "idx3", file.name.replace("labels", "images"))
        raise DataError(f"The pictures of {file.name} are missing. Put {expected} beside it.")
    if name.part == "test":
        files = {key: one for key, one in files.items() if key[0] == "test"}
    return _Group(folder, name.data, files), []


def _visible_in(folder: Path) -> Iterator[Path]:
    """The files in or below a folder that are named like MNIST's."""
    for file in folder.rglob("*"):
        hidden = any(name.startswith((".", "__MACOSX")) for name in file.relative_to(folder).parts)
        if named_as_idx(file.name) and not hidden and file.is_file():
            yield file


def _groups(files: Iterable[Path]) -> list[_Group]:
    """IDX files grouped into data sets; of several copies of a file, the one in the outermost folder counts."""
    found: dict[tuple[Path, str], dict[tuple[str, _What], Path]] = {}
    for file in sorted(filter(_is_idx_file, files), key=lambda file: (len(file.parts), file.suffix == ".gz", file)):
        name = parse_idx_name(file.name)
        found.setdefault((_folder_of(file), name.data), {}).setdefault((name.part, name.what), file)
    return [_Group(folder, data, group) for (folder, data), group in found.items()]


def _is_idx_file(file: Path) -> bool:
    return file.is_file() and (named_as_idx(file.name) or (_NAME.fullmatch(file.name) is not None and is_idx(file)))


def _is_called_like_a_file(folder: Path) -> bool:
    """Whether a folder is called like an IDX file, as in Kaggle's `mnist-dataset`: the files are in it."""
    return named_as_idx(folder.name) and folder.is_dir()


def _folder_of(file: Path) -> Path:
    return file.parent.parent if named_as_idx(file.parent.name) else file.parent


def parse_idx_name(file_name: str) -> IdxName:
    """What the name of an IDX file tells. Raises `DataError` if it is not like those of MNIST's files."""
    name = _NAME.fullmatch(file_name)
    if name is None:
        raise DataError(
            f"{file_name} must be the file of pictures, with images in its name. The labels are found beside it: "
            "name it like train-images-idx3-ubyte."
        )
    words = words_of(name["stem"])
    part = next((part for word in words if (part := part_of_word(word))), "train")
    data = "-".join(word for word in words if not part_of_word(word))
    return IdxName(data, part, "images" if name["what"] == "images" else "labels")


def _parts(group: _Group) -> list[str]:
    return [part for part in ("train", "test", "validation") if (part, "images") in group.files]


def _labels_of(group: _Group, part: str) -> Path:
    if labels := group.files.get((part, "labels")):
        return labels
    images = group.files[part, "images"].name
    expected = re.sub(r"idx\d", "idx1", images.replace("images", "labels"))
    raise DataError(f"The labels of {images} are missing. Put {expected} beside it.")


def _digits(name: str, labels: np.ndarray, notes: list[str]) -> np.ndarray:
    if labels.ndim != 2 or labels.shape[1] != _QMNIST_COLUMNS or labels.dtype != np.int32:
        return labels
    notes.append(
        f"{name}: the labels have {_QMNIST_COLUMNS} columns, as QMNIST's do: the class is the first, the digit; the "
        "others tell of the writer."
    )
    return labels[:, 0]
