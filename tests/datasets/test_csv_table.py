"""CSV files: against pandas, and every mistake with its line and column."""

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from toolkit.datasets import dataset_info, load_dataset
from toolkit.datasets.csv_table import read_names
from toolkit.errors import ConfigError, DataError

HEAD = "a,b,kind\n"
GOOD = HEAD + "".join(f"{number},{number * 0.5},{'xy'[number % 2]}\n" for number in range(10))


def written(folder: Path, text: str | bytes) -> str:
    """The path of a file with that content."""
    path = folder / "mine.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def complaint(folder: Path, text: str | bytes) -> str:
    """What is said of a file with that content."""
    with pytest.raises(DataError) as caught:
        load_dataset(written(folder, text))
    return str(caught.value)


def test_a_table_is_what_pandas_reads(tmp_path: Path) -> None:
    iris = load_iris(as_frame=True)
    text = iris.data.assign(species=iris.target_names[iris.target]).to_csv(index=False)
    data = load_dataset(written(tmp_path, text))

    frame = pd.read_csv(StringIO(text))
    ours = np.column_stack([np.concatenate([data.x_train, data.x_test]), np.concatenate([data.y_train, data.y_test])])
    theirs = np.column_stack([frame.iloc[:, :4].to_numpy(np.float32), frame["species"].astype("category").cat.codes])
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])
    assert data.class_names == ("setosa", "versicolor", "virginica")
    assert data.feature_names == tuple(iris.feature_names)
    assert (len(data.x_train), len(data.x_test), data.x_train.dtype) == (120, 30, np.float32)
    assert data.notes == (
        "mine.csv: the column species holds the classes: its name says so. Name another with --label.",
        "mine.csv has no test part: 30 of 150 rows, always the same ones, are kept for the test.",
    )
    assert data.is_table


def test_the_label_may_be_any_column(tmp_path: Path) -> None:
    path = written(tmp_path, "kind,a,b\n" + "x,1,2\ny,3,4\n" * 5)
    assert load_dataset(path, label="kind").feature_names == ("a", "b")
    info = dataset_info(path, label="kind")
    assert (info.row_shape, info.num_classes, info.train_rows, info.title) == ((2,), 2, 8, "mine.csv · 10 rows")


def test_an_unknown_label_is_answered_with_the_nearest_column(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_dataset(written(tmp_path, GOOD), label="knid")
    assert str(caught.value) == "label must be the name of a column. Received: knid. Did you mean kind?"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_separators_and_line_ends_are_read(tmp_path: Path, separator: str, end: str) -> None:
    text = GOOD.replace(",", separator).replace("\n", end) + end
    data = load_dataset(written(tmp_path, b"\xef\xbb\xbf" + text.encode()))
    assert data.feature_names == ("a", "b")
    assert sorted(np.concatenate([data.x_train, data.x_test])[:, 0].tolist()) == list(range(10))


def test_quoted_cells_may_hold_commas_and_line_ends(tmp_path: Path) -> None:
    text = '"a, first","b\nsecond",kind\n' + '1,2,"x, y"\n3,4,z\n' * 5
    data = load_dataset(written(tmp_path, text))
    assert (data.feature_names, data.class_names) == (("a, first", "b\nsecond"), ("x, y", "z"))


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ('"length, cm, rounded";"width, cm";species', ("length, cm, rounded", "width, cm")),
        ("length, width and depth;area;species", ("length, width and depth", "area")),
        ("length, cm;width, cm;species", ("length, cm", "width, cm")),
        ('"a;b;c;d","e",species', ("a;b;c;d", "e")),
        ("a, b, c, d\te\tspecies", ("a, b, c, d", "e")),
    ],
)
def test_a_separator_within_the_names_is_not_taken_for_the_one_between_them(
    tmp_path: Path, head: str, names: tuple[str, ...]
) -> None:
    separator = head.removesuffix("species")[-1]
    text = f"{head}\n" + "1,2,x\n3,4,y\n".replace(",", separator) * 5
    assert load_dataset(written(tmp_path, text)).feature_names == names


def test_decimal_commas_are_not_taken_for_separators(tmp_path: Path) -> None:
    data = load_dataset(written(tmp_path, "a, cm;b, cm;kind\n" + "1,5;2,5;x\n3,5;4,5;y\n" * 5))
    assert data.feature_names == ("a, cm", "b, cm")
    assert set(data.x_train[:, 0].tolist()) == {1.5, 3.5}


ABOVE = pytest.mark.parametrize("above", ["\n", " \r\n\r\n", ";;\n", "sep=;\n", "SEP=;\r\n\n"])


@ABOVE
def test_what_excel_puts_above_the_names_is_passed_over(tmp_path: Path, above: str) -> None:
    data = load_dataset(written(tmp_path, b"\xef\xbb\xbf" + (above + GOOD.replace(",", ";")).encode()))
    assert (data.feature_names, len(data.x_train) + len(data.x_test)) == (("a", "b"), 10)


@ABOVE
def test_a_line_is_counted_from_the_top_of_the_file(tmp_path: Path, above: str) -> None:
    line = 12 + above.count("\n")
    assert complaint(tmp_path, (above + GOOD + "1,blue,x\n").replace(",", ";")) == (
        f"mine.csv, line {line}, column b: must be a finite number. Received: blue. Write numbers, remove the column, "
        "or make it the label."
    )


def test_a_row_that_is_too_short_does_not_hide_the_separator(tmp_path: Path) -> None:
    assert complaint(tmp_path, "length, width and depth;species\n1;x\n2\n3;y\n") == (
        "mine.csv, line 3 must have 2 cells, like the first line. Received: 1. Complete the line or remove it."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "mine.csv is empty. Expected a line of column names, then a row a line."),
        (" \n\n", "mine.csv is empty. Expected a line of column names, then a row a line."),
        (HEAD, "mine.csv holds a line of column names and no rows. Add at least one row per class."),
        (
            GOOD + "1,blue,x\n",
            "mine.csv, line 12, column b: must be a finite number. Received: blue. Write numbers, remove the column, "
            "or make it the label.",
        ),
        (
            GOOD + "1,inf,x\n",
            "mine.csv, line 12, column b: must be a finite number. Received: inf. Write numbers, remove the column, or "
            "make it the label.",
        ),
        (
            GOOD + "\n1,2\n",
            "mine.csv, line 13 must have 3 cells, like the first line. Received: 2. Complete the line or remove it.",
        ),
        (
            GOOD + "1,2,3,4\n",
            "mine.csv, line 12 must have 3 cells, like the first line. Received: 4. Complete the line or remove it.",
        ),
        (
            "kind\nx\n",
            "mine.csv must have from 2 to 4,100 columns, the label among them. Received: 1. "
            "Separate the cells with commas.",
        ),
        (
            ",".join(f"c{number}" for number in range(4101)) + "\n",
            "mine.csv must have from 2 to 4,100 columns, the label among them. Received: 4,101. Leave columns out.",
        ),
        (
            GOOD.encode("utf-16-le"),
            "mine.csv is encoded as UTF-16. Save it as UTF-8: in Excel, Save As, CSV UTF-8 (comma delimited).",
        ),
        (
            (GOOD + "1,2,café\n").encode("latin-1"),
            "mine.csv, line 12: a character is not UTF-8. Save it as UTF-8: in Excel, Save As, "
            "CSV UTF-8 (comma delimited).",
        ),
        (
            GOOD + '1,2,"x\n',
            "mine.csv, line 12 can't be read (unexpected end of data). Save the table again as CSV.",
        ),
        (
            HEAD + "1,2,x\n" * 5,
            "mine.csv: there must be at least two classes to tell apart. Received: 1 (x). Add rows of another class.",
        ),
        (
            HEAD + "1,2,7.5\n3,4,8.25\n",
            "mine.csv: y_train must hold classes: whole numbers or text. Received: 7.5. Numbers to predict, such as "
            "prices, are not what this toolkit learns. The label was taken from kind, since it is the last one; name "
            "another column.",
        ),
    ],
    ids=lambda value: "",
)
def test_a_table_that_can_not_be_learned_from_says_what_is_wrong_where(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    assert complaint(tmp_path, text) == sentence


def test_columns_may_be_named_by_numbers(tmp_path: Path) -> None:
    data = load_dataset(written(tmp_path, GOOD.replace("a,b,", "0,1,")))
    assert data.feature_names == ("0", "1")


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("csv_parsing._MOST_ROWS", "mine.csv has more than 9 rows. Keep a part of them."),
        ("csv_parsing._MOST_CELLS", "mine.csv has more than 9 cells. Keep a part of the rows or columns."),
        ("csv_text._MOST_BYTES", "mine.csv is 0 MB; at most 0 MB are read. Keep a part of the rows or columns."),
    ],
)
def test_a_table_may_not_be_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, sentence: str
) -> None:
    monkeypatch.setattr(f"toolkit.datasets.{limit}", 9)
    assert complaint(tmp_path, GOOD) == sentence


def test_the_names_of_columns_are_read_from_the_first_lines(tmp_path: Path) -> None:
    assert read_names(Path(written(tmp_path, "a;kind;b\n1;x;2\n"))) == ("a", "kind", "b")
    assert read_names(Path(written(tmp_path, "5.1,3.5,setosa\n4.9,3.0,setosa\n"))) == (
        "column 1",
        "column 2",
        "column 3",
    )
