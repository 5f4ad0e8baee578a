"""The column of the classes: recognised and said, or named, also as one column a class."""

from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import Dataset, load_dataset
from toolkit.errors import ConfigError, DataError


def load(folder: Path, text: str, name: str = "mine.csv", **reading: object) -> Dataset:
    (folder / name).write_text(text)
    return load_dataset(str(folder / name), **reading)  # type: ignore[arg-type]


def label_of(data: Dataset) -> tuple[str, ...]:
    assert data.encoding is not None
    return data.encoding.label


@pytest.mark.parametrize(
    ("text", "label", "why"),
    [
        ("a,b,kind\n" + "1,2,x\n3,4,y\n" * 5, "kind", "it is the last one"),
        ("a,Label,b\n" + "1,0,2.5\n3,1,4.5\n" * 5, "Label", "its name says so"),
        ("Survived,Sex,Fare\n" + "0,m,2.5\n1,f,3.5\n" * 5, "Survived", "its name says so"),
        ("species,island,mass\n" + "x,a,2\ny,b,3\n" * 5, "species", "its name says so"),
        ("length,kind,width\n" + "1.5,x,2.5\n2.5,y,4.25\n" * 5, "kind", "it is the last one with texts that repeat"),
        ("Sex,Age,ill\n" + "m,20.5,0\nf,30.5,1\n" * 5, "ill", "it is the last one"),
    ],
)
def test_the_label_is_recognised_and_said(tmp_path: Path, text: str, label: str, why: str) -> None:
    data = load(tmp_path, text)
    assert label_of(data) == (label,)
    assert data.notes[0] == f"mine.csv: the column {label} holds the classes: {why}. Name another with --label."


@pytest.mark.parametrize(
    ("rows", "label"),
    [
        ("5.1,3.5,x\n4.9,3.0,y\n" * 5, "column 3"),
        ("1,5.1,1065\n2,4.9,1050\n3,4.2,950\n" * 5 + "".join(f"{n % 3},1.5,{n}\n" for n in range(40)), "column 1"),
        ("39, Private, 77, <=50K\n40, State, 88, >50K\n" * 5, "column 4"),
    ],
)
def test_a_table_without_names_is_read_from_its_first_line_on(tmp_path: Path, rows: str, label: str) -> None:
    data = load(tmp_path, rows, "mine.data")
    assert label_of(data) == (label,)
    assert len(data.x_train) + len(data.x_test) == rows.count("\n")
    last = rows.partition("\n")[0].count(",") + 1
    sentence = f"mine.data: its first line is a row and names no columns; they are called column 1 … column {last}."
    assert sentence in data.notes


ONE_HOT = "a,red,green,blue\n" + "1.5,1,0,0\n2.5,0,1,0\n3.5,0,0,1\n" * 6


def test_one_hot_columns_at_the_end_are_one_label_and_their_names_the_classes(tmp_path: Path) -> None:
    data = load(tmp_path, ONE_HOT)
    assert (data.class_names, data.feature_names) == (("blue", "green", "red"), ("a",))
    x, y = np.concatenate([data.x_train, data.x_test])[:, 0], np.concatenate([data.y_train, data.y_test])
    assert {(value, data.class_names[label]) for value, label in zip(x.tolist(), y, strict=True)} == {
        (1.5, "red"),
        (2.5, "green"),
        (3.5, "blue"),
    }
    assert data.notes[0] == (
        "mine.csv: the columns red, green, blue are one label of 3 classes: in each row one of them is 1, all others "
        "are 0."
    )


@pytest.mark.parametrize("text", [ONE_HOT, ONE_HOT.replace(",1", ",True").replace(",0", ",False")])
def test_one_hot_columns_can_be_named_wherever_they_stand(tmp_path: Path, text: str) -> None:
    lines = [line.split(",") for line in text.splitlines()]
    moved = "\n".join(",".join([green, a, red, blue]) for a, red, green, blue in lines)
    data = load(tmp_path, moved, label="red, green,blue")
    assert data.feature_names == ("a",)
    assert data.num_classes == 3


def test_a_row_with_two_ones_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, ONE_HOT + "9.5,1,1,0\n", label="red,green,blue")
    assert str(caught.value) == (
        "mine.csv, line 20: exactly one of the columns red, green, blue must be 1 and all others 0. Received: 1, 1, 0. "
        "Correct the row, or name one column as the label."
    )


def test_a_name_with_a_comma_is_one_column(tmp_path: Path) -> None:
    assert label_of(load(tmp_path, '"a,b",a,b\n' + "x,1,2\ny,3,4\n" * 5, label="a,b")) == ("a,b",)


def test_an_unknown_column_among_several_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, ONE_HOT, label="red,gren,blue")
    assert str(caught.value) == "label must be the name of a column. Received: gren. Did you mean green?"


def test_rows_without_a_label_are_left_out_and_their_lines_named(tmp_path: Path) -> None:
    data = load(tmp_path, "a,kind\n" + "1.5,x\n2.5,y\n" * 5 + "3.5,\n4.5,NA\n")
    assert len(data.x_train) + len(data.x_test) == 10
    assert "mine.csv: 2 rows without a label were left out (kind, lines 12, 13)." in data.notes


def test_a_label_column_without_any_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, "a,kind\n1,\n2,\n")
    assert str(caught.value) == ("mine.csv: the column kind holds no labels. Fill it in, or name another with --label.")


def test_labels_with_leading_zeros_stay_apart(tmp_path: Path) -> None:
    assert load(tmp_path, "a,kind\n" + "1.5,01\n2.5,1\n" * 5).class_names == ("01", "1")


def test_columns_are_left_out_and_the_label_can_not_be(tmp_path: Path) -> None:
    text = "id,a,kind\n" + "".join(f"{n},{n * n},{'xy'[n % 2]}\n" for n in range(20))
    data = load(tmp_path, text, leave_out=("id",))
    assert data.feature_names == ("a",)
    with pytest.raises(ConfigError, match="leave_out must be another column than the label"):
        load(tmp_path, text, leave_out=("kind",), label="kind")
    with pytest.raises(ConfigError, match=r"Received: ib. Did you mean id"):
        load(tmp_path, text, leave_out=("ib",))


@pytest.mark.parametrize(("train", "test"), [("a_train.csv", "a_test.csv"), ("Train.csv", "Test.csv")])
def test_a_test_part_beside_with_the_same_columns_is_used(tmp_path: Path, train: str, test: str) -> None:
    text = "a,kind\n" + "1.5,x\n2.5,y\n" * 5
    (tmp_path / test).write_text("a,kind\n9.5,x\n8.5,y\n")
    data = load(tmp_path, text, train)
    assert (len(data.x_train), data.x_test.tolist()) == (10, [[9.5], [8.5]])
    assert f"{test} beside it, with the same columns, is the test part." in data.notes


def test_a_test_part_without_a_label_is_not_used_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("a\n9.5\n")
    (tmp_path / "test.csv").write_text("a,b\n9.5,1\n")
    data = load(tmp_path, "a,b,kind\n" + "1.5,1,x\n2.5,2,y\n" * 5, "train.csv")
    assert len(data.x_test) == 2
    assert "test.csv beside it is not used as the test part: it has no column kind." in data.notes


def test_a_changed_test_part_is_read_again_and_changes_the_fingerprint(tmp_path: Path) -> None:
    from toolkit.datasets import fingerprint

    text = "a,kind\n" + "1.5,x\n2.5,y\n" * 5
    (tmp_path / "test.csv").write_text(text)
    assert len(load(tmp_path, text, "train.csv").x_test) == 10
    before = fingerprint(tmp_path / "train.csv")
    (tmp_path / "test.csv").write_text(text + "3.5,x\n")
    assert len(load_dataset(str(tmp_path / "train.csv")).x_test) == 11
    assert fingerprint(tmp_path / "train.csv") != before
