"""New rows of a table: encoded as those that the network learned from."""

from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import load_dataset
from toolkit.datasets.columns import TableEncoding
from toolkit.datasets.new_rows import read_new_rows
from toolkit.errors import DataError

TEXT = "size,colour,when,kind\n" + "".join(
    f"{n / 2},{('red', 'green', '')[n % 3]},{1_700_000_000 + n},{'xy'[n % 2]}\n" for n in range(30)
)


@pytest.fixture
def encoding(tmp_path: Path) -> TableEncoding:
    (tmp_path / "mine.csv").write_text(TEXT)
    found = load_dataset(str(tmp_path / "mine.csv")).encoding
    assert found is not None
    return found


def test_rows_that_were_learned_from_are_encoded_as_they_were(tmp_path: Path, encoding: TableEncoding) -> None:
    data = load_dataset(str(tmp_path / "mine.csv"))
    new = read_new_rows("new.csv", TEXT.encode(), encoding)
    learned = np.concatenate([data.x_train, data.x_test])
    np.testing.assert_array_equal(new.x[np.lexsort(new.x.T)], learned[np.lexsort(learned.T)])
    assert (new.labels[:2], new.remarks) == (("x", "y"), ())


def test_columns_may_stand_in_any_order_and_others_are_ignored(encoding: TableEncoding) -> None:
    text = b"extra,when,colour,size\nhello,1700000003,red,1.5\n"
    new = read_new_rows("new.csv", text, encoding)
    same = read_new_rows("new.csv", b"size,colour,when,kind\n1.5,red,1700000003,x\n", encoding)
    np.testing.assert_array_equal(new.x, same.x)
    assert new.labels == (None,)
    assert new.remarks == ("new.csv: these columns are ignored, since the network never saw them: extra.",)


def test_gaps_are_filled_as_in_training(encoding: TableEncoding) -> None:
    new = read_new_rows("new.csv", b"size;colour;when\n;;1700000003\n", encoding)
    filled = f"size;colour;when\n{encoding.columns[0].fill};?;1700000003\n"  # type: ignore[union-attr]
    np.testing.assert_array_equal(new.x, read_new_rows("new.csv", filled.encode(), encoding).x)
    assert new.x[0, encoding.feature_names.index("colour=missing")] == 1


def test_an_unknown_category_counts_for_none_and_is_said(encoding: TableEncoding) -> None:
    new = read_new_rows("new.csv", b"size,colour,when\n1.5,blue,1700000003\n", encoding)
    assert new.x[0, [n for n, name in enumerate(encoding.feature_names) if "colour" in name]].tolist() == [0, 0, 0]
    assert new.remarks == (
        "new.csv: the network never saw blue in the column colour: none of its 3 categories counts there.",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "size,when\n1,2\n",
            "new.csv must have the columns that the network learned. Missing: colour. Add it; an empty cell stands for "
            "a missing value.",
        ),
        (
            "size,colour,when\n1,red,2\nbig,red,3\n",
            "new.csv, line 3, column size: must be a finite number.",
        ),
        ("size,colour,when\n1,red,1e39\n", "new.csv, line 2, column when: must be a number that float32 can hold"),
        ("size,colour,when\n", "new.csv holds a line of column names and no rows. Add a row to predict."),
        ("1,red\n2,red\n", "The first line of new.csv must name the columns. Received: 2 columns without names"),
    ],
)
def test_rows_that_can_not_be_encoded_are_refused(encoding: TableEncoding, text: str, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        read_new_rows("new.csv", text.encode(), encoding)
    assert str(caught.value).startswith(sentence)


def test_rows_without_names_are_those_of_a_table_without_names(tmp_path: Path) -> None:
    text = "1.5,red,x\n2.5,green,y\n" * 10
    (tmp_path / "mine.data").write_text(text)
    encoding = load_dataset(str(tmp_path / "mine.data")).encoding
    assert encoding is not None
    with_label = read_new_rows("new.data", b"1.5,red,x\n", encoding)
    without = read_new_rows("new.data", b"1.5,red\n", encoding)
    np.testing.assert_array_equal(with_label.x, without.x)
    assert (with_label.labels, without.labels) == (("x",), (None,))


def test_new_pictures_are_read_in_the_same_shape(tmp_path: Path) -> None:
    names = ",".join(f"pixel{n}" for n in range(9))
    (tmp_path / "mine.csv").write_text(f"label,{names}\n" + "0,1,2,3,4,5,6,7,8,255\n1,9,9,9,9,9,9,9,9,255\n" * 5)
    encoding = load_dataset(str(tmp_path / "mine.csv")).encoding
    assert encoding is not None
    new = read_new_rows("test.csv", f"{names}\n1,2,3,4,5,6,7,8,9\n".encode(), encoding)
    assert new.x.dtype == np.uint8
    assert new.x.tolist() == [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    with pytest.raises(DataError, match=r"test.csv, line 2: pixels must lie in 0…255"):
        read_new_rows("test.csv", f"{names}\n1,2,3,4,5,6,7,8,256\n".encode(), encoding)
