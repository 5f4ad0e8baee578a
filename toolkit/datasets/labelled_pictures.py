"""Tables that tell the class of each picture: `labels.csv` beside the folder `images`."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path, PurePath

from ..errors import DataError
from ..formatting import count, shortened
from .labels import check_class_name
from .part_names import part_of, words_of
from .picture_formats import SUFFIXES
from .separators import separator_of
from .stored_files import StoredFile

_MOST_BYTES, _MOST_CELLS = 20_000_000, 2_000_000
#: Of more tables, the outermost are read.
_MOST_TABLES = 20
_TABLES = (".csv", ".tsv")
#: Usual names of the column of classes, the likeliest first.
_CLASS_COLUMNS = (
    *("label", "labels", "class", "classes", "class_name", "classname", "category", "target", "class_id", "classid"),
    *("label_name", "species", "breed", "digit", "y"),
)

#: Words in the name of the column of file names.
_NAME_WORDS = frozenset({"image", "img", "file", "filename", "path", "picture", "photo", "id", "name"})

#: The rows of a table, all as long as the first.
_Rows = Sequence[Sequence[str]]
#: What a table may call a picture -> that picture; None if it could be several.
_Names = Mapping[str, StoredFile | None]


@dataclass(frozen=True)
class PictureLabels:
    """The class of each picture that a table tells, by its place.

    tables: those that labels were taken from. notes: a sentence for each, without the name of the data.
    """

    of_place: Mapping[PurePath, str]
    tables: tuple[StoredFile, ...]
    notes: tuple[str, ...]

    def labelled(self, pictures: Iterable[StoredFile]) -> list[tuple[StoredFile, str]]:
        """The pictures whose class is known, with it."""
        return [(one, self.of_place[one.place]) for one in pictures if one.place in self.of_place]


def is_table(file: StoredFile) -> bool:
    """Whether a file may tell classes; an example of what to hand in, as Kaggle has it, does not."""
    return file.place.suffix.lower() in _TABLES and "submission" not in file.name.lower()


def read_labels(
    path: Path, tables: Sequence[StoredFile], pictures: Mapping[str, Sequence[StoredFile]], *, must_tell: bool
) -> PictureLabels:
    """Read the classes of pictures from the tables that name them.

    pictures: by part. A table called after a part, such as `Test.csv`, names the pictures of that part alone.
    The column of file names is the one that fits most pictures, with or without folder and suffix. The column of
    classes is known by its name, or is the only other one; or there is a column of 0 and 1 per class.
    Where tables differ, the outermost counts.
    must_tell: whether nothing else tells the classes to train with.
    Raises `DataError` then, if a table can't be read, or names pictures and has no clear column of classes.
    """
    of_place: dict[PurePath, str] = {}
    used, notes = [], []
    names: dict[str | None, _Names] = {}
    for table in sorted(tables, key=lambda table: len(table.place.parts))[:_MOST_TABLES]:
        told = part_of(table.place.stem)
        part = told if told in pictures else None
        if part not in names:
            names[part] = _names({part: pictures[part]} if part else pictures)
        try:
            found = _labels_in(path, table, _rows(path, table), names[part])
        except DataError:
            if must_tell and told in (None, "train"):
                raise
            continue
        if found and not found[0].keys() <= of_place.keys():
            of_place = found[0] | of_place
            used.append(table)
            notes.append(found[1])
    return PictureLabels(of_place, tuple(used), tuple(notes))


def _rows(path: Path, table: StoredFile) -> _Rows:
    where = f"{path.name}: {shortened(table.name)}"
    if table.size > _MOST_BYTES:
        raise DataError(
            f"{where} is {table.size / 1e6:,.0f} MB; at most {_MOST_BYTES / 1e6:.0f} MB are read as a table of labels. "
            "Keep the columns of file names and classes."
        )
    with table.content() as file:
        content = file.read()
    try:
        text = StringIO(content.decode("utf-8-sig"), newline="")
        separator = separator_of(text)
        rows, num_cells = [], 0
        for row in csv.reader(text, delimiter=separator):
            num_cells += len(row)
            if num_cells > _MOST_CELLS:
                raise DataError(
                    f"{where} has more than {_MOST_CELLS:,} cells. Keep the columns of file names and classes."
                )
            if any(row):
                rows.append([cell.strip() for cell in row])
    except UnicodeDecodeError:
        raise DataError(f"{where} is not in UTF-8. Save it as UTF-8: in Excel, Save As, CSV UTF-8.") from None
    except csv.Error as error:
        raise DataError(f"{where} can't be read ({error}). Save the table again as CSV.") from None
    length = len(rows[0]) if rows else 0
    return [] if length < 2 else [row for row in rows if len(row) == length]


def _names(pictures: Mapping[str, Sequence[StoredFile]]) -> _Names:
    """What a table may call each picture: its place from any folder on, in lower case, with or without the suffix; or
    its number.

    A name that pictures of several parts have stands for the one to train with.
    """
    names: dict[str, StoredFile | None] = {}
    for of_part in sorted(pictures, key="train".__ne__):
        of_this: dict[str, StoredFile | None] = {}
        for file in pictures[of_part]:
            parts = file.place.as_posix().lower().split("/")
            for start in range(len(parts)):
                name = "/".join(parts[start:])
                stem = name.removesuffix(file.place.suffix.lower())
                # Excel makes 1 of 0001.
                number = {stem.lstrip("0") or "0"} if stem.isdecimal() else set()
                for key in {name, stem, *number}:
                    of_this[key] = None if key in of_this else file
        names = of_this | names
    return names


def _named(cell: str, names: _Names) -> StoredFile | None:
    name = cell.replace("\\", "/").lower().removeprefix("./").lstrip("/")
    return names.get(name) or names.get(name.rpartition("/")[2])


def _labels_in(path: Path, table: StoredFile, rows: _Rows, names: _Names) -> tuple[dict[PurePath, str], str] | None:
    """The classes that a table tells, and a note on how it was read; None if it names no pictures or has no classes."""
    if not rows:
        return None
    fitting = [sum(_named(row[column], names) is not None for row in rows) for column in range(len(rows[0]))]
    of_names = _best_names(rows, fitting)
    if 2 * fitting[of_names] < min(len(rows) - 1, len(set(map(id, names.values())))) or not fitting[of_names]:
        return None
    has_header = _named(rows[0][of_names], names) is None
    header = rows[0] if has_header else [f"number {column + 1}" for column in range(len(rows[0]))]
    body = [(file, row) for row in rows[has_header:] if (file := _named(row[of_names], names))]
    classes = _class_column(header, [row for _, row in body], of_names)
    if classes is None:
        others = ", ".join(shortened(name, 20) for index, name in enumerate(header[:8]) if index != of_names)
        raise DataError(
            f"{path.name}: it is unclear which column of {shortened(table.name)} holds the classes. Received: "
            f"{others}. Name that column label."
        )
    labels = {file.place: classes.label_of(row) for file, row in body if classes.label_of(row)}
    for label in set(labels.values()):
        check_class_name(f"{path.name}: {shortened(table.name)}", label)
    note = (
        f"the classes are those of {shortened(table.name)}, {classes.described}; the file names are in column "
        f"{shortened(header[of_names])}."
    )
    if lost := len(rows) - has_header - len(body):
        note += f" It names {count(lost, 'picture')} not found here."
    return labels, note


def _best_names(rows: _Rows, fitting: list[int]) -> int:
    """The column of file names. Of columns that fit equally, as numbers of rows or classes may, the likeliest."""

    def likelihood(column: int) -> tuple[int, bool, bool]:
        has_suffix = rows[-1][column].lower().endswith(SUFFIXES)
        return fitting[column], has_suffix, not _NAME_WORDS.isdisjoint(words_of(rows[0][column]))

    return max(range(len(fitting)), key=likelihood)


@dataclass(frozen=True)
class _Classes:
    """Where the classes are: a column, or a column of 0 and 1 per class."""

    columns: tuple[int, ...]
    header: Sequence[str]

    @property
    def described(self) -> str:
        if len(self.columns) > 1:
            return f"{len(self.columns)} columns of 0 and 1"
        return f"column {shortened(self.header[self.columns[0]])}"

    def label_of(self, row: Sequence[str]) -> str:
        if len(self.columns) == 1:
            return row[self.columns[0]]
        return next(self.header[column] for column in self.columns if float(row[column]) == 1)


def _class_column(header: Sequence[str], rows: _Rows, of_names: int) -> _Classes | None:
    others = [column for column in range(len(header)) if column != of_names]
    by_name = {header[column].lower().replace(" ", "_"): column for column in others}
    if usual := [by_name[name] for name in _CLASS_COLUMNS if name in by_name]:
        return _Classes((usual[0],), header)
    if len(others) > 1 and all(_is_one_hot([row[column] for column in others]) for row in rows):
        return _Classes(tuple(others), header)
    # A column of numbers or words that hardly repeat, such as widths or remarks, holds no classes.
    most = len(rows) // 2 if len(others) > 1 else len(rows) - 1
    repeated = [column for column in others if 1 < len({row[column] for row in rows}) <= most]
    return _Classes((repeated[0],), header) if len(repeated) == 1 else None


def _is_one_hot(cells: Sequence[str]) -> bool:
    return sorted(cell.removesuffix(".0") for cell in cells) == ["0"] * (len(cells) - 1) + ["1"]
