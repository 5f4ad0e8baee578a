"""Pictures whose classes a table beside them tells."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from toolkit.datasets import fingerprint, labelled_pictures, load_dataset
from toolkit.errors import DataError

#: The grey of picture 0, bright enough to be a pixel of 255.
_DARKEST = 100


def shade(number: int) -> bytes:
    """A picture of one grey, by which its number is known again."""
    content = BytesIO()
    Image.new("L", (4, 4), _DARKEST + number).save(content, "PNG")
    return content.getvalue()


def numbered(pattern: str, count: int = 12) -> dict[str, bytes]:
    """Pictures 0, 1, 2, …, by place."""
    return {pattern.format(number): shade(number) for number in range(count)}


#: Picture -> class: every third one is a dog.
CLASSES = ["dog" if number % 3 == 0 else "cat" for number in range(12)]


def table(line: str, header: str = "", rows: range = range(12)) -> bytes:
    """A table with a line per picture, in which {0} is its number and {1} its class."""
    lines = [line.format(number, CLASSES[number]) for number in rows]
    return "\n".join([header, *lines] if header else lines).encode()


def on_disk(folder: Path, files: dict[str, bytes]) -> Path:
    for place, content in files.items():
        path = folder / "pets" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "pets"


def zipped(folder: Path, files: dict[str, bytes]) -> Path:
    with ZipFile(folder / "pets.zip", "w") as archive:
        for place, content in files.items():
            archive.writestr(place, content)
    return folder / "pets.zip"


def told(path: Path) -> dict[int, str]:
    """A picture's number -> its class, of all rows."""
    data = load_dataset(str(path))
    rows = zip([*data.x_train, *data.x_test], [*data.y_train, *data.y_test], strict=True)
    return {int(row[0, 0]) - _DARKEST: data.class_names[label] for row, label in rows}


@pytest.mark.parametrize("stored", [on_disk, zipped])
@pytest.mark.parametrize(
    ("files", "content", "columns"),
    [
        ("images/{}.png", table("{0}.png,{1}", "filename,label"), ("label", "filename")),
        ("images/{}.png", table("{0},{1}", "id,breed"), ("breed", "id")),
        ("images/{}.png", table("{1};{0}.PNG", "Class;File"), ("Class", "File")),
        ("images/{}.png", table("{0}.png\t{1}"), ("number 2", "number 1")),
        ("pets/images/{}.png", table("images/{0}.png,{1},x", "path,category,remark"), ("category", "path")),
        ("images/{}.png", table("C:\\me\\images\\{0}.png,{1}", "path,label"), ("label", "path")),
        ("{}.png", table("{0}.png,{1}", "filename,whatever"), ("whatever", "filename")),
        ("images/{}.png", table("{0},{0},{1}", ",image_id,label"), ("label", "image_id")),
        ("images/{:05}.png", table("{0},{1}", "id,label"), ("label", "id")),
        ("part_1/{}.png", table("{0}.png,4{0},{1}", "image,size,kind of pet"), ("kind of pet", "image")),
    ],
)
def test_the_columns_are_recognised_and_said(
    tmp_path: Path, stored: object, files: str, content: bytes, columns: tuple[str, str]
) -> None:
    path = stored(tmp_path, {**numbered(files), "labels.csv": content})
    assert told(path) == dict(enumerate(CLASSES))
    assert load_dataset(str(path)).notes[0] == (
        f"{path.name}: the classes are those of labels.csv, column {columns[0]}; the file names are in column "
        f"{columns[1]}."
    )


def test_a_column_of_0_and_1_per_class_tells_it_too(tmp_path: Path) -> None:
    lines = "\n".join(f"{number},{float(one == 'cat')},{float(one == 'dog')}" for number, one in enumerate(CLASSES))
    path = on_disk(tmp_path, {**numbered("images/{}.png"), "truth.csv": f"image,cat,dog\n{lines}".encode()})
    assert told(path) == dict(enumerate(CLASSES))
    assert "truth.csv, 2 columns of 0 and 1; " in load_dataset(str(path)).notes[0]


def test_pictures_without_a_label_and_labels_without_a_picture_are_said(tmp_path: Path) -> None:
    lines = table("{0}.png,{1}", "file,label", range(2, 12)) + b"\n77.png,cat"
    path = on_disk(tmp_path, {**numbered("images/{}.png"), "labels.csv": lines})
    assert told(path) == dict(list(enumerate(CLASSES))[2:])
    assert load_dataset(str(path)).notes[:2] == (
        "pets: the classes are those of labels.csv, column label; the file names are in column file. It names 1 "
        "picture not found here.",
        "pets: 2 pictures had to be left out, since no table gives their class.",
    )


def test_each_part_has_a_table_and_the_same_names(tmp_path: Path) -> None:
    files = {**numbered("train/{}.png"), **{f"test/{n}.png": shade(100 + n) for n in range(12)}}
    tables = {"train.csv": table("{0},{1}", "id,label"), "test.csv": table("{0},{1}", "id,label")}
    data = load_dataset(str(on_disk(tmp_path, {**files, **tables})))
    for x, y, first in ((data.x_train, data.y_train, 0), (data.x_test, data.y_test, 100)):
        assert {
            int(row[0, 0]) - _DARKEST - first: data.class_names[label] for row, label in zip(x, y, strict=True)
        } == dict(enumerate(CLASSES))


def test_a_test_part_without_classes_is_left_out_and_an_example_to_hand_in_tells_none(tmp_path: Path) -> None:
    files = {**numbered("train/{}.png"), **{f"test/{n}.png": shade(100 + n) for n in range(12)}}
    tables = {
        "train.csv": table("{0},{1}", "id,label"),
        "test.csv": table("{0},{0}5", "id,width"),
        "sample_submission.csv": table("{0},cat", "id,label"),
    }
    path = on_disk(tmp_path, {**files, **tables})
    assert told(path) == dict(enumerate(CLASSES))
    assert (
        "pets: 12 pictures of the part test had to be left out, since no table gives their class."
        in load_dataset(str(path)).notes
    )


def test_a_test_part_without_folders_has_a_table_where_folders_tell_the_other_classes(tmp_path: Path) -> None:
    """The German traffic signs."""
    files = {f"Train/{number % 2}/{number}.png": shade(number) for number in range(12)}
    tests = {f"Test/{number:05}.png": shade(100 + number) for number in range(6)}
    lines = "\n".join(f"30,Test/{number:05}.png,{number % 2}" for number in range(6))
    tables = {"Test.csv": f"Width,Path,ClassId\n{lines}".encode(), "Meta.csv": b"Path,ClassId\nMeta/0.png,0\n"}
    data = load_dataset(str(on_disk(tmp_path, {**files, **tests, **tables, "Meta/0.png": shade(9)})))
    assert (len(data.x_train), len(data.x_test)) == (12, 6)
    assert [int(row[0, 0]) % 2 for row in data.x_test] == data.y_test.tolist()


def test_folders_that_are_only_portions_do_not_tell_classes(tmp_path: Path) -> None:
    files = {f"part_{number % 2}/{number}.png": shade(number) for number in range(12)}
    assert told(on_disk(tmp_path, {**files, "meta.csv": table("{0},{1}", "id,label")})) == dict(enumerate(CLASSES))


@pytest.mark.parametrize(
    "content", [table("{1}/{0}.png,{1}", "file,label"), "file,label\n".encode("utf-16"), b"a,b\n1,2\n", b""]
)
def test_folders_of_classes_need_no_table(tmp_path: Path, content: bytes) -> None:
    files = {f"{CLASSES[number]}/{number}.png": shade(number) for number in range(12)}
    assert told(on_disk(tmp_path, {**files, "list.csv": content})) == dict(enumerate(CLASSES))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "\n".join(["id,a,b", *(f"{n},{n % 2},{n % 4 // 2}" for n in range(12))]).encode(),
            "pets: it is unclear which column of labels.csv holds the classes. Received: a, b. Name that column label.",
        ),
        (
            table("{0},{1}", "id,label").decode().encode("utf-16"),
            "pets: labels.csv is not in UTF-8. Save it as UTF-8: in Excel, Save As, CSV UTF-8.",
        ),
        (
            table("{0}," + "x" * 101, "id,label"),
            f"pets: labels.csv: the name of a class may have at most 100 characters. Received: 101, {'x' * 59}…. "
            "Shorten it, or choose labels that name a class.",
        ),
    ],
)
def test_a_table_that_does_not_tell_is_explained(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = on_disk(tmp_path, {**numbered("images/{}.png"), "labels.csv": content})
    with pytest.raises(DataError) as caught:
        load_dataset(str(path))
    assert str(caught.value) == sentence


def test_a_large_table_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path, {**numbered("images/{}.png"), "labels.csv": table("{0},{1}", "id,label")})
    with monkeypatch.context() as limited:
        limited.setattr("toolkit.datasets.labelled_pictures._MOST_CELLS", 9)
        with pytest.raises(DataError) as caught:
            load_dataset(str(path))
        assert str(caught.value) == (
            "pets.zip: labels.csv has more than 9 cells. Keep the columns of file names and classes."
        )
    monkeypatch.setattr("toolkit.datasets.labelled_pictures._MOST_BYTES", 50)
    with pytest.raises(
        DataError, match=r"^pets\.zip: labels\.csv is 0 MB; at most 0 MB are read as a table of labels\."
    ):
        load_dataset(str(path))


def test_of_several_tables_the_outermost_counts_and_the_others_tell_the_rest(tmp_path: Path) -> None:
    files = {**numbered("images/{}.png"), "labels.csv": table("{0},{1}", "id,label", range(8))}
    deeper = {f"images/lists/{number}.csv": table("{0},{1}s", "id,label") for number in range(5)}
    path = zipped(tmp_path, {**files, **deeper})
    assert told(path) == dict(list(enumerate(CLASSES))[:8]) | {number: f"{CLASSES[number]}s" for number in range(8, 12)}
    said = [note.split(",")[0] for note in load_dataset(str(path)).notes if "the classes are those of" in note]
    assert said == [f"pets.zip: the classes are those of {name}" for name in ("labels.csv", "images/lists/0.csv")]


def test_very_many_tables_are_not_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {**numbered("images/{}.png"), "labels.csv": table("{0},{1}", "id,label")}
    path = zipped(tmp_path, {**files, **{f"lists/{number}.csv": b"a,b\n" for number in range(200)}})
    read = []
    rows = labelled_pictures._rows
    monkeypatch.setattr(labelled_pictures, "_rows", lambda path, table: read.append(table) or rows(path, table))
    assert told(path) == dict(enumerate(CLASSES))
    assert len(read) == 20


def test_a_changed_label_changes_the_fingerprint(tmp_path: Path) -> None:
    path = on_disk(tmp_path, {**numbered("images/{}.png"), "labels.csv": table("{0},{1}", "id,label")})
    before = fingerprint(path)
    (path / "labels.csv").write_bytes(table("{0},{1}", "id,label").replace(b"0,dog", b"0,cat", 1))
    assert fingerprint(path) != before


def test_names_that_could_be_several_pictures_stand_for_none(tmp_path: Path) -> None:
    files = {**numbered("a/{}.png", 2), **{f"b/{n}.png": shade(100 + n) for n in range(12)}}
    path = on_disk(tmp_path, {**files, "labels.csv": table("b/{0}.png,{1}", "path,label")})
    assert told(path) == {100 + number: one for number, one in enumerate(CLASSES)}
    (path / "labels.csv").write_bytes(table("{0},{1}", "path,label"))
    assert set(told(path)) == {100 + number for number in range(2, 12)}
