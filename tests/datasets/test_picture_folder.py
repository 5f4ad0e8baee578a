"""Pictures sorted into folders, on disk and in a zip."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
import pytest
from PIL import Image

from toolkit.datasets import load_dataset
from toolkit.datasets.part_names import part_of
from toolkit.datasets.picture_files import EXPECTED
from toolkit.errors import DataError

RANDOM = np.random.default_rng(0)


def picture(
    height: int = 6, width: int = 5, *, colour: bool = False, pixels: np.ndarray | None = None, kind: str = "PNG"
) -> bytes:
    """A picture file of random pixels, or of these."""
    if pixels is None:
        pixels = RANDOM.integers(0, 256, (height, width, 3) if colour else (height, width), np.uint8)
    content = BytesIO()
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


def ten(top: str = "") -> dict[str, bytes]:
    """Five grey pictures each of cats and dogs, by their place."""
    return {f"{top}{name}/{number}.png": picture() for name in ("cat", "dog") for number in range(5)}


def on_disk(folder: Path, files: dict[str, bytes]) -> str:
    """A folder `pets` with these files."""
    (folder / "pets").mkdir()
    for place, content in files.items():
        path = folder / "pets" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(folder / "pets")


def zipped(folder: Path, files: dict[str, bytes]) -> str:
    """A zip of them."""
    with ZipFile(folder / "pets.zip", "w") as archive:
        for place, content in files.items():
            archive.writestr(place, content)
    return str(folder / "pets.zip")


BOTH = pytest.mark.parametrize("stored", [on_disk, zipped])


@BOTH
@pytest.mark.parametrize("top", ["", "my pets/", "a/b/"])
def test_a_sub_folder_a_class_is_a_data_set(tmp_path: Path, stored: object, top: str) -> None:
    files = ten(top)
    path = stored(tmp_path, files)
    data = load_dataset(path)

    assert data.class_names == ("cat", "dog")
    assert (data.x_train.shape, data.x_test.shape, data.x_train.dtype) == ((8, 6, 5), (2, 6, 5), np.uint8)
    expected = {np.asarray(Image.open(BytesIO(content))).tobytes(): place for place, content in files.items()}
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert all(
            f"/{data.class_names[label]}/" in f"/{expected[row.tobytes()]}" for row, label in zip(x, y, strict=True)
        )
    name = Path(path).name
    assert data.notes == (f"{name} has no test part: 2 of 10 rows, always the same ones, are kept for the test.",)


@BOTH
@pytest.mark.parametrize("top", ["", "pets/"])
def test_train_and_test_folders_are_the_two_parts(tmp_path: Path, stored: object, top: str) -> None:
    files = {**ten(f"{top}train/"), f"{top}test/cat/1.png": picture(), f"{top}test/dog/1.jpg": picture(kind="JPEG")}
    data = load_dataset(stored(tmp_path, files))
    assert (len(data.x_train), len(data.x_test), data.notes) == (10, 2, ())


@BOTH
@pytest.mark.parametrize("stray", ["Train/cover.png", "TEST/cover.png", "cover.png", "pets/cover.png"])
def test_a_picture_beside_the_classes_of_a_part_is_passed_over(tmp_path: Path, stored: object, stray: str) -> None:
    top = "pets/" if stray.startswith("pets/") else ""
    path = stored(tmp_path, {**ten(f"{top}Train/"), **ten(f"{top}TEST/"), stray: picture()})
    data = load_dataset(path)
    assert (data.class_names, len(data.x_train), len(data.x_test)) == (("cat", "dog"), 10, 10)
    assert data.notes == (f"{Path(path).name}: 1 file skipped: only pictures of a class are read.",)


@BOTH
@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training", "testing"),
        ("Train_Set", "Test_Set"),
        ("TRAIN", "TEST"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train/train", "test/test"),
        ("mnist_png/mnist_png/training", "mnist_png/mnist_png/testing"),
        ("trainingSet/trainingSet", "testSet"),
    ],
)
def test_parts_have_many_names(tmp_path: Path, stored: object, train: str, test: str) -> None:
    path = stored(tmp_path, {**ten(f"{train}/"), f"{test}/cat/1.png": picture(), f"{test}/dog/1.png": picture()})
    data = load_dataset(path)
    assert (data.class_names, len(data.x_train), len(data.x_test), data.notes) == (("cat", "dog"), 10, 2, ())


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *(
            ("train", "train"),
            ("Training", "train"),
            ("my-train-data", "train"),
            ("t10k", "test"),
            ("Valid", "validation"),
        ),
        *(("dev", "validation"), ("trainSet", "train"), ("cat", None), ("strain", None), ("train_test", None)),
    ],
)
def test_a_name_tells_a_part_by_a_word_of_it(name: str, part: str | None) -> None:
    assert part_of(name) == part


@BOTH
@pytest.mark.parametrize("name", ["val", "Valid", "validation", "VALIDATION_SET"])
def test_the_part_to_validate_with_joins_the_one_to_train_with(tmp_path: Path, stored: object, name: str) -> None:
    files = {**ten("train/"), **ten("test/"), **ten(f"{name}/")}
    path = stored(tmp_path, files)
    data = load_dataset(path)
    assert (len(data.x_train), len(data.x_test)) == (20, 10)
    assert data.notes == (
        f"{Path(path).name}: the validation part of 10 rows was added to the training part, from which the toolkit "
        "splits rows for validation itself.",
    )
    expected = {
        np.asarray(Image.open(BytesIO(files[place]))).tobytes() for place in files if not place.startswith("test")
    }
    assert {row.tobytes() for row in data.x_train} == expected


def test_without_a_test_part_the_one_to_validate_with_is_kept_for_the_test(tmp_path: Path) -> None:
    data = load_dataset(on_disk(tmp_path, {**ten("train/"), **ten("val/")}))
    assert (len(data.x_train), len(data.x_test)) == (10, 10)
    assert data.notes == ("pets has no test part: its validation part of 10 rows is kept for the test.",)


@BOTH
def test_the_same_folders_once_more_in_one_of_them_are_left_out(tmp_path: Path, stored: object) -> None:
    files = {f"{top}{part}/{place}": content for top in ("xray/", "xray/xray/") for part in ("train", "test", "val")
             for place, content in ten().items()}  # fmt: skip
    path = stored(tmp_path, files)
    data = load_dataset(path)
    assert (data.class_names, len(data.x_train), len(data.x_test)) == (("cat", "dog"), 20, 10)
    assert f"{Path(path).name}: the folder xray repeats the folders beside it and was left out." in data.notes


def test_other_folders_beside_parts_are_named(tmp_path: Path) -> None:
    files = {**ten("seg_train/seg_train/"), **ten("seg_test/seg_test/"), "seg_pred/seg_pred/1.png": picture()}
    data = load_dataset(on_disk(tmp_path, files))
    assert (len(data.x_train), len(data.x_test)) == (10, 10)
    assert data.notes[0] == "pets: only folders called train, test or val were read, not seg_pred."


def test_a_test_part_may_lack_classes(tmp_path: Path) -> None:
    data = load_dataset(on_disk(tmp_path, {**ten("train/"), "test/cat/1.png": picture()}))
    assert (data.class_names, data.y_test.tolist()) == (("cat", "dog"), [0])


@BOTH
def test_pictures_that_can_not_be_read_are_left_out_and_named(tmp_path: Path, stored: object) -> None:
    files = ten()
    bad = {
        "cat/no.png": b"Dear all",
        "cat/empty.png": b"",
        "dog/half.png": files["dog/0.png"][:60],
        "dog/huge.png": picture(pixels=np.zeros((2001, 2000), np.uint8)),
    }
    path = stored(tmp_path, {**files, **bad})
    data = load_dataset(path)
    assert data.notes[0] == (
        f"{Path(path).name}: 4 of 14 pictures can't be read and had to be left out: cat/empty.png, "
        "cat/no.png, dog/half.png, dog/huge.png."
    )
    expected = {np.asarray(Image.open(BytesIO(content))).tobytes(): place[:3] for place, content in files.items()}
    rows = zip([*data.x_train, *data.x_test], [*data.y_train, *data.y_test], strict=True)
    assert sorted(data.class_names[label] for _, label in rows) == ["cat"] * 5 + ["dog"] * 5
    for row, label in zip(data.x_train, data.y_train, strict=True):
        assert expected[row.tobytes()] == data.class_names[label]


def test_empty_folders_do_not_count(tmp_path: Path) -> None:
    path = on_disk(tmp_path, ten())
    (Path(path) / "bird").mkdir()
    assert load_dataset(path).class_names == ("cat", "dog")


@BOTH
@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP", "TIFF", "HEIF"])
def test_pictures_of_every_format_are_grey_if_they_are(tmp_path: Path, stored: object, kind: str) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    suffix = {"TIFF": "TIF", "HEIF": "heic"}.get(kind, kind)
    soft = 4 * np.add.outer(np.arange(28), np.arange(28)).astype(np.uint8)
    files = {
        f"{name}/{number}.{suffix}": picture(pixels=soft + number, kind=kind) for name in "ab" for number in range(5)
    }
    data = load_dataset(stored(tmp_path, files))
    assert data.row_shape == (28, 28)
    assert np.abs(data.x_train.astype(float) - soft).max() < 12


def test_16_bit_pictures_are_said_to_have_been_reduced(tmp_path: Path) -> None:
    files = ten() | {"cat/0.png": picture(pixels=np.full((6, 5), 4095, np.uint16))}
    data = load_dataset(on_disk(tmp_path, files))
    assert data.notes[0] == "pets: 1 picture had more than 8 bits a pixel; 8 were kept."
    assert any((row == 255).all() for row in (*data.x_train, *data.x_test))


@BOTH
def test_a_class_may_have_pictures_and_folders_of_more(tmp_path: Path, stored: object) -> None:
    data = load_dataset(stored(tmp_path, {**ten(), "cat/black/1.png": picture()}))
    assert (data.class_names, len(data.x_train) + len(data.x_test)) == (("cat", "dog"), 11)


def test_a_class_may_have_the_name_of_a_part(tmp_path: Path) -> None:
    files = {f"{name}/{number}.png": picture() for name in ("bus", "Train") for number in range(5)}
    assert load_dataset(on_disk(tmp_path, files)).class_names == ("Train", "bus")


@BOTH
def test_hidden_files_and_those_of_other_kinds_are_passed_over(tmp_path: Path, stored: object) -> None:
    hidden = {"__MACOSX/cat/._0.png": b"?", ".git/x.png": b"?", "cat/.DS_Store": b"?", "cat/Thumbs.db": b"?"}
    path = stored(tmp_path, {**ten(), **hidden, "readme.txt": b"hello", "cat/a.pdf": b"%PDF", "Desktop.ini": b"?"})
    data = load_dataset(path)
    assert len(data.x_train) + len(data.x_test) == 10
    assert data.notes[0] == (f"{Path(path).name}: 2 files skipped: only pictures of a class are read.")


def test_pictures_of_different_sizes_get_the_most_common_one(tmp_path: Path) -> None:
    files = {**ten(), "cat/tall.png": picture(20, 5), "dog/flat.png": picture(5, 20)}
    data = load_dataset(on_disk(tmp_path, files))
    assert data.row_shape == (6, 5)
    assert data.notes[0] == "pets: all pictures were resized to 6 × 5 pixels (height × width)."


def test_large_pictures_are_scaled_down_and_keep_their_proportions(tmp_path: Path) -> None:
    files = {place: picture(128, 96) for place in ten()}
    data = load_dataset(on_disk(tmp_path, files))
    assert data.row_shape == (64, 48)
    assert data.notes[0] == "pets: all pictures were resized to 64 × 48 pixels (height × width)."


def test_one_picture_in_colour_makes_all_of_them_colour(tmp_path: Path) -> None:
    red = np.zeros((6, 5, 3), np.uint8)
    red[..., 0] = 255
    data = load_dataset(on_disk(tmp_path, {**ten(), "cat/red.png": picture(pixels=red)}))
    assert data.row_shape == (6, 5, 3)
    rows = np.concatenate([data.x_train, data.x_test])
    assert sum(np.array_equal(row, red) for row in rows) == 1


def test_where_a_picture_is_transparent_it_is_white(tmp_path: Path) -> None:
    clear = np.zeros((6, 5, 4), np.uint8)
    files = {f"{name}/{number}.png": picture(pixels=clear) for name in "ab" for number in range(5)}
    assert load_dataset(on_disk(tmp_path, files)).x_train.min() == 255


def test_class_folders_may_be_named_by_numbers(tmp_path: Path) -> None:
    files = {f"{name}/{number}.png": picture() for name in (10, 9, 1) for number in range(5)}
    assert load_dataset(on_disk(tmp_path, files)).class_names == ("1", "9", "10")


@BOTH
@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, f"{{name}} is empty. {EXPECTED}"),
        ({"a.png": picture(), "b.png": picture()}, f"{{name}} holds 2 files and no folder of pictures. {EXPECTED}"),
        ({"cat/a.txt": b"x"}, f"{{name}} holds 1 file and no folder of pictures. {EXPECTED}"),
        (
            {**ten(), **{f"cat/x{number}.png": b"Dear all" for number in range(11)}},
            "{name}: most pictures can't be read. The first of them: {name}: cat/x0.png can't be read as a picture (it "
            "is not PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC). Save it again as PNG.",
        ),
        (
            {**ten(), "bird/6.png": picture(pixels=np.zeros((2001, 2000), np.uint8))},
            "{name}: no picture of class bird can be read. {name}: bird/6.png has 2,000 × 2,001 pixels; at most 4 "
            "megapixels are read. Scale it down.",
        ),
        (
            {f"cat/{number}.png": picture() for number in range(5)},
            "{name}: there must be at least two classes to tell apart. Received: 1 (cat). Add rows of another class.",
        ),
        (
            {**ten("train/"), "test/bird/1.png": picture()},
            "{name}: a class of the test part must have training rows too. Received: bird in y_test alone. "
            "Add training rows, or remove it.",
        ),
        (
            {**ten("test/"), **ten("val/")},
            "{name}: there must be a folder train beside test and val. Name the folder of the pictures to train with "
            "so.",
        ),
        (
            {**ten("train/"), "test/1.png": picture()},
            "{name}: train and test must each hold one sub-folder of pictures per class. Received: none in test. "
            "Sort its pictures into such folders, or leave out the folder test.",
        ),
    ],
    ids=[
        "empty",
        "no folders",
        "no pictures",
        "texts",
        "a class that can't be read",
        "one class",
        "an unknown class",
        "no part to train with",
        "no classes in a part",
    ],
)
def test_what_can_not_be_learned_from_is_explained(
    tmp_path: Path, stored: object, files: dict[str, bytes], sentence: str
) -> None:
    path = stored(tmp_path, files)
    with pytest.raises(DataError) as caught:
        load_dataset(path)
    assert str(caught.value) == sentence.format(name=Path(path).name)


def test_a_torn_zip_is_explained(tmp_path: Path) -> None:
    path = Path(zipped(tmp_path, ten()))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError) as caught:
        load_dataset(str(path))
    assert str(caught.value) == (
        "pets.zip can't be read as a zip file (File is not a zip file). It may be cut short: copy or save it again."
    )


class _Bare(ZipInfo):
    """A member whose name is written as it is, in these bytes, without saying how they are meant."""

    def __init__(self, in_bytes: bytes) -> None:
        super().__init__(in_bytes.decode("cp437"))
        self._in_bytes = in_bytes

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - what zipfile calls it
        return self._in_bytes, 0


def zipped_bare(folder: Path, names: list[str], encoding: str) -> str:
    """A zip of ten pictures a class whose names are in that encoding, as the system of a PC has it."""
    with ZipFile(folder / "pets.zip", "w") as archive:
        for place in [f"{name}/{number}.png" for name in names for number in range(10)]:
            archive.writestr(_Bare(place.encode(encoding)), picture())
    return str(folder / "pets.zip")


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp949", ["강아지", "고양이"]),
        ("cp949", ["똠양꿍", "펲시"]),
        ("utf-8", ["강아지", "고양이"]),
        ("cp437", ["Bär", "Grün"]),
        ("cp437", ["Café", "niño"]),
    ],
)
def test_names_in_a_zip_that_does_not_tell_their_encoding_are_read(
    tmp_path: Path, encoding: str, names: list[str]
) -> None:
    path = zipped_bare(tmp_path, names, encoding)
    assert load_dataset(path).class_names == tuple(names)


def test_names_in_a_zip_that_tells_their_encoding_are_read(tmp_path: Path) -> None:
    files = {f"{name}/{number}.png": picture() for name in ("강아지", "고양이") for number in range(5)}
    with ZipFile(zipped(tmp_path, files)) as archive:
        assert all(member.flag_bits & 0x800 for member in archive.infolist())
    assert load_dataset(str(tmp_path / "pets.zip")).class_names == ("강아지", "고양이")


def test_names_in_a_zip_that_nobody_can_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset(zipped_bare(tmp_path, ["猫ｶ", "犬ﾟ"], "cp932"))
    assert str(caught.value) == (
        "pets.zip: the name of a file must be in UTF-8, or in the Korean of Windows. "
        f"Received: {'猫ｶ/0.png'.encode('cp932').decode('cp437')}. "
        "Name folders and pictures in English letters and make the zip again."
    )


def test_what_a_zip_may_hold_is_limited_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path, ten())
    with monkeypatch.context() as limited:
        limited.setattr("toolkit.datasets.picture_folder._MOST_FILE_BYTES", 50)
        with pytest.raises(
            DataError, match=r"pets\.zip: cat/0\.png is 0 MB; at most 0 MB are read\. Scale the picture "
        ):
            load_dataset(path)
    monkeypatch.setattr("toolkit.datasets.stored_files._MOST_FILES", 9)
    with pytest.raises(DataError) as caught:
        load_dataset(path)
    assert str(caught.value) == "pets.zip holds 10 files; at most 9 are read. Remove some."


def test_a_folder_of_very_many_files_is_not_walked_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = on_disk(tmp_path, ten())
    monkeypatch.setattr("toolkit.datasets.own._MOST_FILES", 9)
    with pytest.raises(DataError) as caught:
        load_dataset(path)
    assert str(caught.value) == f"{path} holds more than 9 files. Name the folder that holds the classes."
