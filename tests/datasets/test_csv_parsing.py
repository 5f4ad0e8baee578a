"""Numbers as people write them; and the fast way of reading is the careful one."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from toolkit.datasets import csv_parsing, load_dataset
from toolkit.datasets.csv_layout import find_layout
from toolkit.errors import DataError


def numbers_in(text: str, name: str = "mine.csv") -> np.ndarray:
    """The numbers of a table's columns but the last."""
    layout, content = find_layout(name, text.encode())
    table = csv_parsing.read_cells(layout, content, [len(layout.names) - 1])
    return np.column_stack([table.cells[column].values for column in layout.names[:-1]])


@pytest.mark.parametrize(
    ("head", "cells", "value"),
    [
        ("a;b;kind", ["5,1;0;x", "4,9;1;y"], 5.1),
        ("a;b;kind", ["1.234,56;0;x", "0,5;1;y"], 1234.56),
        ("a;b;kind", ["1.234;0,5;x", "2.000;1,5;y"], 1234),
        ("a;b;kind", ["1.234;0.5;x", "2.5;1.5;y"], 1.234),
        ("a\tb\tkind", ["5,1\t0\tx", "4,9\t1\ty"], 5.1),
        ("a,b,kind", ['"5,1",0,x', '"4,9",1,y'], 5.1),
        ("a,b,kind", ['"1,234.5",0,x', "17,1,y"], 1234.5),
        ("a,b,kind", ["1e3,0,x", "2E-2,1,y"], 1000),
        ("a|b|kind", ["1.5|0|x", "2.5|1|y"], 1.5),
        ("a b kind", ["1.5   0 x", "  2.5 1   y"], 1.5),
    ],
)
def test_numbers_are_read_as_people_write_them(head: str, cells: list[str], value: float) -> None:
    assert numbers_in("\n".join([head, *cells * 5]))[0, 0] == value


def test_a_point_among_decimal_commas_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a;kind\n" + "5,1;x\n4,9;y\n" * 30 + "5.1;x\n")
    with pytest.raises(DataError, match=r"mine.csv, line 62, column a: must be a finite number. Received: 5.1."):
        load_dataset(str(tmp_path / "mine.csv"))


TABLES = {
    "fractions": "\n".join(
        f"{a!r},{b!r},{int(b * 9)}" for a, b in np.random.default_rng(0).normal(size=(200, 2)).tolist()
    ),
    "whole numbers": "\n".join(f"{n},{-n},{n * 70000},{n % 3}" for n in range(200)),
    "quoted": "\n".join(f'"{n}",{n}.5,"x {n % 3}"' for n in range(50)),
    "long": "\n".join(f"{n / 7:.25f},1e-{n % 300},{n % 2}" for n in range(50)),
    "empty lines": "1,2,x\n\n3,4,y\n\n\n5,6,z\n",
}


@pytest.mark.parametrize("rows", TABLES.values(), ids=list(TABLES))
def test_the_fast_way_reads_what_the_careful_way_reads(rows: str) -> None:
    names = ",".join(f"column_{n}" for n in range(rows.partition("\n")[0].count(",")))
    layout, content = find_layout("mine.csv", f"{names},kind\n{rows}\n".encode())
    fast = csv_parsing._read_plain(layout, content, [len(layout.names) - 1])
    careful = csv_parsing._read_carefully(layout, content, [len(layout.names) - 1])
    assert fast is not None
    for name in layout.names:
        np.testing.assert_array_equal(fast.cells[name].values, careful.cells[name].values)
        assert fast.cells[name].as_texts().tolist() == careful.cells[name].as_texts().tolist()


@pytest.mark.parametrize(
    "rows",
    ["1,2,x\n3,y\n", "1,2,3,y\n", "1,,x\n", "1,2,\n", "1,inf,x\n", "1,1e39,x\n", "1,true,x\n", "1_0,é,x\n"],
)
def test_what_is_odd_is_left_to_the_careful_way(rows: str) -> None:
    layout, content = find_layout("mine.csv", ("a,b,kind\n1,2,x\n" + rows).encode())
    assert csv_parsing._read_plain(layout, content, [2]) is None


def test_bytes_stay_bytes_and_rows_share_one_array() -> None:
    layout, content = find_layout("mine.csv", b"label,a,b\n" + b"1,0,255\n2,7,9\n" * 100)
    table = csv_parsing.read_cells(layout, content, [0])
    assert table.matrix is not None
    assert table.matrix.dtype == np.uint8
    assert table.numbers(["a", "b"]) is table.matrix
    assert table.numbers(["b"]).tolist()[:2] == [[255], [9]]


def test_too_many_different_texts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_parsing, "_MOST_TEXTS_IN_ALL", 50)
    with pytest.raises(DataError, match=r"mine.csv holds more than 50 different texts"):
        numbers_in("a,b,kind\n" + "".join(f"n{n},{n},x\n" for n in range(60)))


@pytest.mark.parametrize("name", ["mine.csv.gz", "mine.data.gz"])
def test_a_gzipped_table_is_unpacked_and_its_size_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"a,b,kind\n" + b"1.5,2,x\n3.5,4,y\n" * 1000))
    assert len(load_dataset(str(path)).x_train) == 1600
    monkeypatch.setattr("toolkit.datasets.csv_text._MOST_BYTES", 10_000)
    path.write_bytes(gzip.compress(b"a,b,kind\n" + b"1.5,2,x\n3.5,4,y\n" * 1001))
    with pytest.raises(DataError) as caught:
        load_dataset(str(path))
    assert str(caught.value) == f"{name} unpacks to more than 0 MB. Keep a part of the rows or columns."
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(DataError, match="can't be unpacked"):
        load_dataset(str(path))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_marked_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "mine.tsv"
    path.write_bytes(("Größe\tkind\n" + "1.5\tx\n2.5\ty\n" * 5).encode(encoding))
    assert load_dataset(str(path)).feature_names == ("Größe",)
