"""The pictures of a folder, or of a zip of it, with their part and class."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from ..errors import DataError
from ..formatting import count
from .labelled_pictures import PictureLabels, is_table, read_labels
from .part_names import part_of
from .picture_formats import SUFFIXES
from .stored_files import StoredFile, files_of

EXPECTED = (
    "Expected one sub-folder of pictures (PNG, JPEG, …) per class, or pictures and a table labels.csv with the name "
    "and the class of each."
)


@dataclass(frozen=True)
class LabelledFile:
    """A picture file and its class."""

    file: StoredFile
    label: str


@dataclass(frozen=True)
class PictureParts:
    """The labelled pictures of each part, "train" and possibly "validation" and "test".

    tables: the files that the labels come from. num_pictures: all pictures of parts, with or without a label.
    notes: a sentence for each adaptation.
    """

    parts: dict[str, list[LabelledFile]]
    num_pictures: int
    tables: tuple[StoredFile, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Placed:
    """A picture file and its place within its part, which begins with the class, if a folder tells it."""

    file: StoredFile
    place: PurePath


@dataclass
class _Found:
    parts: dict[str, list[_Placed]]
    notes: list[str] = field(default_factory=list)


def is_picture(file: StoredFile) -> bool:
    """Whether a file has the suffix of a picture."""
    return file.place.suffix.lower() in SUFFIXES


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of all of a folder's classes and parts, and the tables that label them.

    Raises `DataError` as `picture_parts` does.
    """
    with files_of(folder) as files:
        found = picture_parts(folder, files)
        labelled = [one.file for of_part in found.parts.values() for one in of_part]
        return [folder / file.name for file in (*labelled, *found.tables)]


def picture_parts(path: Path, files: list[StoredFile]) -> PictureParts:
    """Sort pictures into parts and classes: by folders, or by tables beside them if there are no folders of classes.

    Raises `DataError` if there are no pictures with classes.
    """
    if not files:
        raise DataError(f"{path.name} is empty. {EXPECTED}")
    found = _found_parts(path, [_Placed(file, file.place) for file in files if is_picture(file)])
    tables = [file for file in files if is_table(file)]
    by_folder = {"train": _in_classes(found.parts["train"])}
    classes = {_top(one) for one in by_folder["train"]}
    by_folder |= {part: _in_classes(found.parts[part], classes) for part in found.parts if part != "train"}
    if tables:
        pictures = {part: [one.file for one in of_part] for part, of_part in found.parts.items()}
        labels = read_labels(path, tables, pictures, must_tell=len(classes) < 2)
        if len(classes) < 2 or _differ(by_folder["train"], labels):
            by_folder_too = {}
        else:
            by_folder_too = {part: of_part for part, of_part in by_folder.items() if of_part}
        if any(labels.labelled(of_part) for part, of_part in pictures.items() if part not in by_folder_too):
            return _by_table(path, found, by_folder_too, labels)
    _check_folders(path, len(files), by_folder)
    parts = {part: [LabelledFile(one.file, _top(one)) for one in of_part] for part, of_part in by_folder.items()}
    return PictureParts(
        parts, sum(map(len, parts.values())), notes=tuple(f"{path.name}: {note}" for note in found.notes)
    )


def _by_table(path: Path, found: _Found, by_folder: dict[str, list[_Placed]], labels: PictureLabels) -> PictureParts:
    """The parts whose classes folders tell, by these; the others by the labels of tables."""
    parts: dict[str, list[LabelledFile]] = {}
    notes = [*found.notes, *labels.notes]
    for part, pictures in found.parts.items():
        if by_folder.get(part):
            parts[part] = [LabelledFile(one.file, _top(one)) for one in by_folder[part]]
            continue
        labelled = labels.labelled([one.file for one in pictures])
        if unlabelled := len(pictures) - len(labelled):
            where = "" if len(found.parts) == 1 else f" of the part {part}"
            notes.append(f"{count(unlabelled, 'picture')}{where} had to be left out, since no table gives their class.")
        if labelled:
            parts[part] = [LabelledFile(file, label) for file, label in labelled]
    if "train" not in parts:
        raise DataError(f"{path.name}: no table tells the classes of the pictures to train with. {EXPECTED}")
    num_pictures = sum(map(len, found.parts.values()))
    return PictureParts(parts, num_pictures, labels.tables, tuple(f"{path.name}: {note}" for note in notes))


def _found_parts(path: Path, pictures: Sequence[_Placed]) -> _Found:
    """The parts by their folders, such as `train` and `test`; without such folders, all is one part.

    A single folder around all others is ignored. Pictures beside the folders of parts, such as a cover, don't count.
    """
    inner, notes = _without_copy(_unwrapped(pictures))
    tops = sorted(set(map(_top, _deeper_than(1, inner))))
    parts = {top: part_of(top) for top in tops}
    named = set(parts.values()) - {None}
    if "train" in named and len(named) > 1 and _are_parts(inner, parts):
        found: dict[str, list[_Placed]] = {}
        for top, part in parts.items():
            if part:
                found.setdefault(part, []).extend(map(_below, (one for one in inner if _is_in(top, one))))
        others = [top for top, part in parts.items() if part is None]
        if others:
            notes.append(f"only folders called train, test or val were read, not {', '.join(others)}.")
        return _Found(found, notes)
    if named and len(tops) > 1 and not named & {"train"} and None not in parts.values():
        raise DataError(
            f"{path.name}: there must be a folder train beside {' and '.join(tops)}. Name the folder of the pictures "
            "to train with so."
        )
    return _Found({"train": list(inner)}, notes)


def _are_parts(pictures: Sequence[_Placed], parts: dict[str, str | None]) -> bool:
    """Whether folders, at least one of which has the name of a part, are parts: classes could have such names too.

    If other folders are beside them, the training part must hold folders of several classes.
    """
    of_train = [_below(one) for one in pictures if parts.get(_top(one)) == "train"]
    return None not in parts.values() or len({_top(one) for one in _in_classes(of_train)}) > 1


def _without_copy(pictures: Sequence[_Placed]) -> tuple[Sequence[_Placed], list[str]]:
    """The pictures without those in a folder that repeats all folders beside it, and a note: zips often hold one."""
    in_folders = _deeper_than(2, pictures)
    tops = set(map(_top, _deeper_than(1, pictures)))
    for top in sorted(tops) if len(tops) > 2 else ():
        if tops - {top} <= {_top(_below(one)) for one in in_folders if _top(one) == top}:
            rest = [one for one in pictures if not _is_in(top, one)]
            return rest, [f"the folder {top} repeats the folders beside it and was left out."]
    return pictures, []


def _in_classes(pictures: Sequence[_Placed], classes: Collection[str] = ()) -> list[_Placed]:
    """The pictures of a part in their folders of classes; pictures beside these, such as a cover, don't count.

    A single folder around them, as in `train/train`, is ignored, unless it is one of the known classes.
    """
    return _deeper_than(1, _unwrapped(pictures, classes))


def _unwrapped(pictures: Sequence[_Placed], classes: Collection[str] = ()) -> Sequence[_Placed]:
    """There are at least two classes, so a single folder can't be one: if it contains folders, it wraps all others."""
    in_folders = _deeper_than(1, pictures)
    if not in_folders:
        return pictures
    while len(tops := set(map(_top, in_folders))) == 1 and not tops & {*classes}:
        deeper = _deeper_than(2, in_folders)
        if not deeper:
            break
        in_folders = list(map(_below, deeper))
    return in_folders


def _differ(pictures: Sequence[_Placed], labels: PictureLabels) -> bool:
    """Whether a table tells other classes than the folders, of most pictures: folders may merely be portions."""
    told = [(_top(one), labels.of_place[one.file.place]) for one in pictures if one.file.place in labels.of_place]
    return 2 * len(told) > len(pictures) and len(set(told)) > len({folder for folder, _ in told})


def _check_folders(path: Path, num_files: int, by_folder: dict[str, list[_Placed]]) -> None:
    if not any(by_folder.values()):
        raise DataError(f"{path.name} holds {count(num_files, 'file')} and no folder of pictures. {EXPECTED}")
    if empty := next((part for part, of_part in by_folder.items() if not of_part), None):
        raise DataError(
            f"{path.name}: {' and '.join(by_folder)} must each hold one sub-folder of pictures per class. Received: "
            f"none in {empty}. Sort its pictures into such folders, or leave out the folder {empty}."
        )


def _top(file: _Placed) -> str:
    return file.place.parts[0]


def _is_in(top: str, file: _Placed) -> bool:
    return len(file.place.parts) > 1 and _top(file) == top


def _deeper_than(level: int, files: Sequence[_Placed]) -> list[_Placed]:
    return [file for file in files if len(file.place.parts) > level]


def _below(file: _Placed) -> _Placed:
    return _Placed(file.file, file.place.relative_to(_top(file)))
