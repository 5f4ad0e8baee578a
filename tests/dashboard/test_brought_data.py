"""Uploaded data: stored once, under safe names, and only if they can be used."""

import errno
import gzip
import io
import os
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dashboard import texts
from dashboard.views.data import own_data
from dashboard.views.data.own_data import FOLDER, UploadedData, take_files
from toolkit.config import ExperimentConfig
from toolkit.config.reading import RECOGNISED
from toolkit.datasets import load_dataset
from toolkit.runs import create_run, list_runs, run_folders

TABLE = b"length,width,kind\n" + b"1,2,ant\n3,4,bee\n" * 20


def npz(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.astype(np.uint8).tobytes()


def npy(values: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, values)
    return content.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in files.items():
            archive.writestr(name, one)
    return content.getvalue()


def zip_of_labelled_pictures() -> bytes:
    pictures = {}
    for number in range(20):
        picture = io.BytesIO()
        Image.new("L", (6, 5), 12 * number).save(picture, "WEBP", lossless=True)
        pictures[f"images/{number}.webp"] = picture.getvalue()
    lines = [f"{number}.webp,{'cats' if number % 2 else 'dogs'}" for number in range(20)]
    return zip_of({**pictures, "labels.csv": "\n".join(["file,label", *lines]).encode()})


def zip_of_pictures() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(20):
            picture = io.BytesIO()
            Image.new("L", (6, 5), 12 * number).save(picture, "PNG")
            archive.writestr(f"{'cats' if number % 2 else 'dogs'}/{number}.png", picture.getvalue())
    return content.getvalue()


def kept(root: Path) -> list[str]:
    """The names of the files in the folder of uploaded data."""
    return sorted(path.name for path in (root / FOLDER).rglob("*") if path.is_file())


IMAGES, LABELS = np.random.default_rng(0).integers(0, 256, (40, 6, 6)), np.arange(40) % 2
MNIST_LIKE = {
    "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES)),
    "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS)),
}
TEST_PART = {"t10k-images.idx3-ubyte": idx(IMAGES[:10]), "t10k-labels.idx1-ubyte": idx(LABELS[:10])}


@pytest.mark.parametrize(
    ("files", "row_shape", "class_names"),
    [
        ({"flowers.csv": TABLE}, (2,), ("ant", "bee")),
        ({"my flowers.csv.gz": gzip.compress(TABLE)}, (2,), ("ant", "bee")),
        ({"flowers.TSV": TABLE.replace(b",", b"\t")}, (2,), ("ant", "bee")),
        ({"a_test.csv": TABLE, "a_train.csv": TABLE}, (2,), ("ant", "bee")),
        ({"mine.npz": npz(x=IMAGES.astype(np.uint8), y=LABELS)}, (6, 6), ("0", "1")),
        ({"photos.zip": zip_of_pictures()}, (5, 6), ("cats", "dogs")),
        (MNIST_LIKE, (6, 6), ("0", "1")),
        (MNIST_LIKE | TEST_PART, (6, 6), ("0", "1")),
        (TEST_PART, (6, 6), ("0", "1")),
        ({"x_train.npy": npy(IMAGES), "y_train.npy": npy(LABELS)}, (6, 6), ("0", "1")),
        ({"My images.npy": npy(IMAGES), "My labels.npy": npy(LABELS)}, (6, 6), ("0", "1")),
        ({"k-train-imgs.npz": npz(a=IMAGES), "k-train-labels.npz": npz(a=LABELS)}, (6, 6), ("0", "1")),
        ({"labelled.zip": zip_of_labelled_pictures()}, (5, 6), ("cats", "dogs")),
        ({"mnist.zip": zip_of(MNIST_LIKE)}, (6, 6), ("0", "1")),
        ({"arrays.zip": zip_of({"d/x.npy": npy(IMAGES), "d/y.npy": npy(LABELS)})}, (6, 6), ("0", "1")),
    ],
    ids=[
        *(
            "CSV",
            "gzipped",
            "with tabs",
            "with a test part",
            "npz",
            "zip",
            "IDX, gzipped",
            "IDX with a test part",
            "IDX, a test part alone",
            "npy",
        ),
        *("npy under other names", "npz of one array each", "labelled pictures", "a zip of IDX", "a zip of npy"),
    ],
)
def test_files_of_every_kind_are_kept_and_can_be_loaded_from_there(
    tmp_path: Path, files: dict[str, bytes], row_shape: tuple[int, ...], class_names: tuple[str, ...]
) -> None:
    taken = take_files(tmp_path, files)
    assert taken.problem == ""
    assert taken.path is not None
    data = load_dataset(taken.path, **taken.reading)
    assert (data.row_shape, data.class_names) == (row_shape, class_names)
    assert len(kept(tmp_path)) == len(files)
    assert tmp_path / FOLDER in Path(taken.path).parents


def test_the_test_part_of_a_table_is_the_test_part(tmp_path: Path) -> None:
    taken = take_files(tmp_path, {"a_test.csv": TABLE, "a_train.csv": TABLE + b"5,6,ant\n"})
    data = load_dataset(str(taken.path))
    assert (len(data.x_train), len(data.x_test)) == (41, 40)


def test_the_test_part_of_idx_files_is_the_test_part(tmp_path: Path) -> None:
    taken = take_files(tmp_path, MNIST_LIKE | TEST_PART)
    data = load_dataset(str(taken.path))
    assert (len(data.x_train), len(data.x_test)) == (40, 10)


def test_emnist_is_turned_upright_and_its_mapping_is_read(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (10, 28, 28))
    files = {
        "emnist-letters-train-images-idx3-ubyte.gz": gzip.compress(idx(pictures)),
        "emnist-letters-train-labels-idx1-ubyte.gz": gzip.compress(idx(np.array([1, 2] * 5))),
        "emnist-letters-test-images-idx3-ubyte.gz": gzip.compress(idx(pictures)),
        "emnist-letters-test-labels-idx1-ubyte.gz": gzip.compress(idx(np.array([1, 2] * 5))),
        "emnist-letters-mapping.txt": b"1 88 120\n2 89 121\n",
    }
    data = load_dataset(str(take_files(tmp_path, files).path))
    np.testing.assert_array_equal(data.x_test, pictures.transpose(0, 2, 1))
    assert data.class_names == ("X", "Y")


def test_of_qmnists_labels_the_digit_is_taken(tmp_path: Path) -> None:
    columns = np.zeros((40, 8), np.int32)
    columns[:, 0], columns[:, 3] = LABELS, np.arange(40)
    labels = struct.pack(">HBB2I", 0, 0x0C, 2, 40, 8) + columns.astype(">i4").tobytes()
    files = {"qmnist-train-images-idx3-ubyte": idx(IMAGES), "qmnist-train-labels-idx2-int": labels}
    assert load_dataset(str(take_files(tmp_path, files).path)).class_names == ("0", "1")


def test_files_of_the_field_belong_together_by_their_names() -> None:
    names = ("train-images-idx3-ubyte.gz", "t10k-labels.idx1-ubyte", "emnist-letters-mapping.txt", "X_train.NPY")
    assert all(map(own_data.is_one_of_several, names))
    assert not any(map(own_data.is_one_of_several, ("flowers.csv", "mine.npz", "photos.zip", "notes.txt")))


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("flowers.csv", "flowers.csv"),
        ("My Flowers (2024).CSV", "My-Flowers-2024.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("/etc/cron.d/x.csv", "x.csv"),
        ("..\\..\\a.csv", "a.csv"),
        ("a\0b\n.csv", "a-b.csv"),
        ("꽃.csv", "꽃.csv"),
        ("*.csv", "data.csv"),
        ("x" * 300 + ".csv", "x" * 40 + ".csv"),
    ],
)
def test_the_name_of_a_file_is_data_and_never_a_path(tmp_path: Path, name: str, kept_as: str) -> None:
    taken = take_files(tmp_path / "runs", {name: TABLE})
    assert kept(tmp_path / "runs") == [kept_as]
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    assert Path(str(taken.path)).name == kept_as


def test_the_same_content_is_kept_once_whatever_it_is_called(tmp_path: Path) -> None:
    first, second = take_files(tmp_path, {"one.csv": TABLE}), take_files(tmp_path, {"two.csv": TABLE})
    assert first.path == second.path
    assert kept(tmp_path) == ["one.csv"]
    assert take_files(tmp_path, {"one.csv": TABLE + b"5,6,ant\n"}).path != first.path


def test_the_classes_of_a_table_are_looked_for_in_the_column_that_holds_words(tmp_path: Path) -> None:
    taken = take_files(tmp_path, {"flowers.csv": b"length,kind,width\n" + b"1.5,ant,2\n3.5,bee,4.25\n" * 20})
    assert (taken.columns, taken.label, taken.problem) == (("length", "kind", "width"), ("kind",), "")


def test_another_column_can_be_named_where_that_will_not_do(tmp_path: Path) -> None:
    files = {"flowers.csv": b"kind,length\n" + b"0,1.5\n1,3.5\n" * 20}
    assert take_files(tmp_path, files) == UploadedData(
        columns=("kind", "length"),
        problem="flowers.csv: y_train must hold classes: whole numbers or text. Received: 1.5. Numbers to predict, "
        "such as prices, are not what this toolkit learns. The label was taken from length, since it is the last one; "
        "name another column.",
    )
    assert kept(tmp_path) == []
    assert take_files(tmp_path, files, {**RECOGNISED, "label": "kind"}).problem == ""
    assert kept(tmp_path) == ["flowers.csv"]


def test_another_label_that_will_not_do_removes_nothing_that_somebody_uses(tmp_path: Path) -> None:
    used = take_files(tmp_path, {"flowers.csv": TABLE})
    assert take_files(tmp_path, {"flowers.csv": TABLE}, {**RECOGNISED, "label": "nothing"}).problem != ""
    assert Path(str(used.path)).exists()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"notes.doc": b"hello"},
            "dataset must be a .npz, .npy, CSV, zip or IDX file, or a folder of pictures. Received: notes.doc. "
            "Save your data as one of these.",
        ),
        ({"empty.csv": b""}, "empty.csv is empty. Expected a line of column names, then a row a line."),
        (
            {"mine.npz": npz(vectors=IMAGES, y=LABELS)},
            "mine.npz must hold the arrays x_train, y_train, x_test, y_test, or x and y, or the same under another "
            "usual name, such as train_images, train_labels. Received: vectors, y. Save it with np.savez('mine.npz', "
            "x=…, y=…).",
        ),
        ({"a.csv": TABLE, "b.csv": TABLE}, texts.data.ONE_FILE),
        ({"train.csv": TABLE, "test.csv": TABLE, "x.npz": b""}, texts.data.ONE_FILE),
        ({f"{'x' * 50}train.csv": TABLE, f"{'x' * 50}test.csv": TABLE}, texts.data.ONE_FILE),
        ({"train-images-idx3-ubyte": idx(IMAGES)}, texts.data.IDX_PAIRS),
        (MNIST_LIKE | {"t10k-images-idx3-ubyte": idx(IMAGES)}, texts.data.IDX_PAIRS),
        (MNIST_LIKE | {"flowers.csv": TABLE}, texts.data.IDX_PAIRS),
        ({f"{data}-{name}": one for data in "ab" for name, one in MNIST_LIKE.items()}, texts.data.IDX_PAIRS),
        ({"x_train.npy": npy(IMAGES)}, texts.data.ARRAY_PAIRS),
        ({"x_train.npy": npy(IMAGES), "y.npy": npy(LABELS)}, texts.data.ARRAY_PAIRS),
    ],
    ids=[
        *("a text", "empty", "other arrays", "two tables", "three files", "long names"),
        *("no labels", "half a test part", "mixed"),
        *("two data sets", "rows alone", "rows and other labels"),
    ],
)
def test_what_can_not_be_used_is_said_and_not_kept(tmp_path: Path, files: dict[str, bytes], sentence: str) -> None:
    assert take_files(tmp_path, files).problem == sentence
    assert kept(tmp_path) == []


@pytest.mark.parametrize("suffix", ["npz", "zip", "gz", "npz in a zip", "gz in a zip"])
def test_a_small_file_that_unpacks_to_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(own_data, "MOST_BYTES_UNPACKED", 2_000_000)
    monkeypatch.setattr(own_data, "dataset_shown", lambda *_: pytest.fail("read"))
    large = np.zeros((3000, 30, 30), np.uint8)
    zeros = npz(x=large, y=large[:, 0, 0])
    files = {f"bomb.{suffix}": zeros}
    if suffix == "gz":
        files = {"train-images-idx3-ubyte.gz": gzip.compress(idx(large)), "train-labels-idx1-ubyte.gz": b""}
    if suffix.endswith("in a zip"):
        name = "train-images-idx3-ubyte.gz" if suffix.startswith("gz") else "mine.npz"
        files = {"bomb.zip": zip_of({name: gzip.compress(idx(large)) if suffix.startswith("gz") else zeros})}
    assert len(zeros) < 10_000
    sentence = "The file unpacks to more than 2 MB. Keep a part of the rows, or save pixels as uint8."
    assert take_files(tmp_path, files).problem == sentence


def test_all_that_is_kept_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_data, "MOST_BYTES", 1_000_000)
    take_files(tmp_path, {"one.csv": TABLE})
    large = {"large.npz": npz(x=np.random.default_rng(0).integers(0, 256, (1000, 32, 32), np.uint8), y=np.arange(1000))}
    assert take_files(tmp_path, large).problem == (
        "The files that were brought here take 1 MB together, which is all there is room for. Ask whoever runs this "
        f"dashboard to delete some in {tmp_path / FOLDER}."
    )
    assert kept(tmp_path) == ["one.csv"]
    assert take_files(tmp_path, {"one.csv": TABLE}).problem == ""


def test_what_nobody_has_brought_for_a_week_is_removed_unless_a_run_learns_from_it(tmp_path: Path) -> None:
    paths = [Path(str(take_files(tmp_path, {f"{n}.csv": TABLE + b"5,6,ant\n" * n}).path)) for n in range(4)]
    create_run(tmp_path, ExperimentConfig(dataset=str(paths[0])), asked_by="a test")
    (tmp_path / FOLDER / ".new-left-behind").mkdir()
    week = time.time() - 8 * 24 * 3600
    for place in (*(path.parent for path in paths[:3]), tmp_path / FOLDER / ".new-left-behind"):
        os.utime(place, (week, week))
    take_files(tmp_path, {"1.csv": TABLE + b"5,6,ant\n"})
    assert kept(tmp_path) == ["0.csv", "1.csv", "3.csv"]
    assert not (tmp_path / FOLDER / ".new-left-behind").exists()


def test_a_full_disk_is_said_and_leaves_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, write: Any) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(own_data, "write_atomically", full)
    assert take_files(tmp_path, {"flowers.csv": TABLE}).problem == (
        f"The file can't be kept in {tmp_path / FOLDER} (No space left on device). "
        "Ask whoever runs this dashboard for room there."
    )
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_no_list_of_runs_takes_them_for_a_run(tmp_path: Path) -> None:
    take_files(tmp_path, {"flowers.csv": TABLE})
    (tmp_path / FOLDER / "config.json").write_text("{}")
    assert list_runs(tmp_path) == []
    assert run_folders(tmp_path) == []
