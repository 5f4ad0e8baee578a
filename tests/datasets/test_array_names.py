"""Arrays under the names that people give them, in one file or in several."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import fingerprint, load_dataset
from toolkit.datasets.array_names import choose_arrays
from toolkit.errors import DataError

RANDOM = np.random.default_rng(0)
#: Pictures and labels of each part, all different, so that none can be taken for another.
X = {part: RANDOM.integers(0, 256, (20, 6, 5), np.uint8) for part in ("train", "test", "val")}
Y = {part: RANDOM.permutation(np.arange(20) % 2) for part in X}


@pytest.mark.parametrize(
    "pattern",
    [
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("trainX", "trainy", "testX", "testy"),
        ("xtrain", "ytrain", "xtest", "ytest"),
        ("training_data", "training_targets", "testing_data", "testing_targets"),
        ("train_imgs", "train_label", "test_imgs", "test_label"),
        ("fashion_x_train", "fashion_y_train", "fashion_x_test", "fashion_y_test"),
        ("train_set_x", "train_set_y", "test_set_x", "test_set_y"),
        ("X_tr", "y_tr", "X_te", "y_te"),
    ],
)
def test_four_arrays_of_other_names_are_recognised_and_said(tmp_path: Path, pattern: tuple[str, ...]) -> None:
    arrays = (X["train"], Y["train"], X["test"], Y["test"])
    np.savez(tmp_path / "mine.npz", **dict(zip(pattern, arrays, strict=True)), vectors=np.zeros(3))
    data = load_dataset(str(tmp_path / "mine.npz"))
    for read, saved in zip((data.x_train, data.y_train, data.x_test, data.y_test), arrays, strict=True):
        np.testing.assert_array_equal(read, saved)
    read_as = zip(pattern, ("x_train", "y_train", "x_test", "y_test"), strict=True)
    assert data.notes == (
        f"Read from mine.npz: {', '.join(f'{name} as {role}' for name, role in read_as)}. Not read: vectors.",
    )


@pytest.mark.parametrize(
    ("x", "y"),
    [("images", "labels"), ("X", "y"), ("X", "Y"), ("data", "target"), ("features", "labels"), ("pixels", "class")],
)
def test_two_arrays_of_other_names_are_recognised_and_said(tmp_path: Path, x: str, y: str) -> None:
    np.savez(tmp_path / "mine.npz", **{x: X["train"], y: Y["train"], "target_names": np.array(["no", "yes"])})
    data = load_dataset(str(tmp_path / "mine.npz"))
    assert {row.tobytes() for row in (*data.x_train, *data.x_test)} == {row.tobytes() for row in X["train"]}
    assert data.notes[0] == f"Read from mine.npz: {x} as x_train, {y} as y_train. Not read: target_names."


@pytest.mark.parametrize("labels", ["{}_labels", "y_{}"])
def test_medmnists_validation_part_joins_the_training_part(tmp_path: Path, labels: str) -> None:
    arrays = {f"{part}_images": X[part] for part in X} | {labels.format(part): Y[part][:, None] for part in X}
    np.savez(tmp_path / "pathmnist.npz", **arrays)
    data = load_dataset(str(tmp_path / "pathmnist.npz"))
    np.testing.assert_array_equal(data.x_train, np.concatenate([X["train"], X["val"]]))
    np.testing.assert_array_equal(data.y_train, np.concatenate([Y["train"], Y["val"]]))
    np.testing.assert_array_equal(data.x_test, X["test"])
    assert data.notes[1] == (
        "pathmnist.npz: the validation part of 20 rows was added to the training part, from which the toolkit splits "
        "rows for validation itself."
    )


def test_kerass_names_with_a_validation_part_are_treated_alike(tmp_path: Path) -> None:
    arrays = {f"{key}_{part}": of[part] for part in X for key, of in (("x", X), ("y", Y))}
    np.savez(tmp_path / "mine.npz", **arrays)
    assert len(load_dataset(str(tmp_path / "mine.npz")).x_train) == 40
    for key in ("x_test", "y_test"):
        del arrays[key]
    np.savez(tmp_path / "two.npz", **arrays)
    data = load_dataset(str(tmp_path / "two.npz"))
    np.testing.assert_array_equal(data.x_test, X["val"])
    assert data.notes == ("two.npz has no test part: its validation part of 20 rows is kept for the test.",)


@pytest.mark.parametrize(
    ("x_val", "y_val", "sentence"),
    [
        (
            X["val"][:, :5],
            Y["val"],
            "x_train and x_val must hold rows of one shape. Received: (20, 6, 5) and (20, 5, 5). ",
        ),
        (
            X["val"],
            Y["val"][:9],
            "x_val and y_val must hold the same number of rows, at least one. Received: 20 and 9. ",
        ),
        (
            X["val"],
            np.eye(2)[Y["val"]],
            "y_train and y_val must hold rows of one shape. Received: (20,) and (20, 2). ",
        ),
    ],
)
def test_a_validation_part_of_another_kind_is_explained(
    tmp_path: Path, x_val: np.ndarray, y_val: np.ndarray, sentence: str
) -> None:
    arrays = {"x_train": X["train"], "y_train": Y["train"], "x_test": X["test"], "y_test": Y["test"]}
    np.savez(tmp_path / "mine.npz", **arrays, x_val=x_val, y_val=y_val)
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "mine.npz"))
    assert str(caught.value) == f"mine.npz: {sentence}Check how the file was written."


@pytest.mark.parametrize(
    "names",
    [
        ["a", "b"],
        ["arr_0", "arr_1"],
        ["x_train", "x_test"],
        ["y_train", "y_test"],
        ["x_test", "y_test"],
        ["cat_images", "dog_labels"],
        ["feature_names", "target_names"],
        ["x_train_test", "y_train_test"],
        [],
    ],
)
def test_other_names_say_nothing(names: list[str]) -> None:
    assert choose_arrays(names) is None


def test_likelier_names_and_pairs_count_first() -> None:
    """The file of scikit-learn's digits has the pixels twice."""
    assert choose_arrays(["data", "images", "target"]) == {"x_train": "images", "y_train": "target"}
    assert choose_arrays(["x", "y", "X_train", "y_train"]) == {"x_train": "x", "y_train": "y"}
    assert choose_arrays(["images", "labels", "images_test"]) == {"x_train": "images", "y_train": "labels"}


def save(folder: Path, **arrays: np.ndarray) -> Path:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize("named", ["", "x_train.npy", "y_train.npy", "x_test.npy"])
def test_files_of_one_array_find_each_other(tmp_path: Path, named: str) -> None:
    save(tmp_path, x_train=X["train"], y_train=Y["train"], x_test=X["test"], y_test=Y["test"])
    data = load_dataset(str(tmp_path / named))
    for read, saved in ((data.x_train, X["train"]), (data.y_train, Y["train"]), (data.x_test, X["test"])):
        np.testing.assert_array_equal(read, saved)
    assert data.notes == (
        f"Read for {named or tmp_path.name}: x_train.npy as x_train, y_train.npy as y_train, x_test.npy as x_test, "
        "y_test.npy as y_test.",
    )


@pytest.mark.parametrize(("x", "y"), [("X", "y"), ("images", "labels"), ("train_images", "train_labels")])
def test_files_of_one_array_may_have_other_names(tmp_path: Path, x: str, y: str) -> None:
    save(tmp_path, **{x: X["train"], y: Y["train"], "other_images": X["test"]})
    assert len(load_dataset(str(tmp_path / f"{x}.npy")).x_train) == 16


def test_files_of_different_data_are_kept_apart(tmp_path: Path) -> None:
    save(
        tmp_path, cats_images=X["train"], cats_labels=Y["train"], dogs_images=X["test"][:10], dogs_labels=Y["test"][:10]
    )
    assert len(load_dataset(str(tmp_path / "dogs_images.npy")).x_train) == 8


def test_npz_files_of_one_array_find_each_other_too(tmp_path: Path) -> None:
    """Kuzushiji-MNIST is published so."""
    for part in ("train", "test"):
        np.savez(tmp_path / f"kmnist-{part}-imgs.npz", X[part])
        np.savez(tmp_path / f"kmnist-{part}-labels.npz", Y[part])
    data = load_dataset(str(tmp_path / "kmnist-train-imgs.npz"))
    np.testing.assert_array_equal(data.x_train, X["train"])
    np.testing.assert_array_equal(data.y_test, Y["test"])


def test_changed_labels_are_noticed(tmp_path: Path) -> None:
    path = save(tmp_path, x=X["train"], y=Y["train"]) / "x.npy"
    before, first = fingerprint(path), load_dataset(str(path))
    np.save(tmp_path / "y.npy", np.append(1 - Y["train"][:-1], [[7]]))
    assert fingerprint(path) != before
    assert load_dataset(str(path)).num_classes == first.num_classes + 1


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", r"can't be read as an \.npy file \(.+\)\. It may be cut short: copy or save it again\."),
        (b"Dear all", r"can't be read as an \.npy file \(.+\)\. It may be cut short: copy or save it again\."),
        (None, r"can't be read as an \.npy file \(.+\)\. It may be cut short: copy or save it again\."),
    ],
)
def test_a_damaged_file_is_explained(tmp_path: Path, content: bytes | None, pattern: str) -> None:
    path = save(tmp_path, x=X["train"], y=Y["train"]) / "x.npy"
    path.write_bytes(path.read_bytes()[:-9] if content is None else content)
    with pytest.raises(DataError, match=rf"^x\.npy {pattern}$"):
        load_dataset(str(path))


def huge() -> bytes:
    content = BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    return content.getvalue()


def test_what_a_file_declares_is_checked_before_it_is_read(tmp_path: Path) -> None:
    (save(tmp_path, y=Y["train"]) / "x.npy").write_bytes(huge())
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "x.npy"))
    assert str(caught.value) == (
        "x.npy holds 8,000.0 GB of numbers; at most 1 GB are read. Save fewer rows, or pixels as uint8."
    )


def test_python_objects_are_never_unpickled(tmp_path: Path) -> None:
    save(tmp_path, x=X["train"], y=np.array([object] * 20))
    with pytest.raises(DataError, match=r"^x\.npy: y holds Python objects, which can run code when they are read\."):
        load_dataset(str(tmp_path / "x.npy"))


def test_rows_without_labels_say_what_is_missing(tmp_path: Path) -> None:
    save(tmp_path, images=X["train"])
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "images.npy"))
    assert str(caught.value) == (
        "images.npy needs rows and labels, a file of each: call them x_train.npy and y_train.npy, in one folder, and "
        "x_test.npy and y_test.npy for the test part. Received: images.npy."
    )
    np.savez(tmp_path / "mine.npz", images=X["train"])
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "mine.npz"))
    assert str(caught.value) == (
        "mine.npz holds rows or labels alone. Save both in it with np.savez('mine.npz', x=…, y=…)."
    )
