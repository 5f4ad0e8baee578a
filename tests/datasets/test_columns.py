"""Texts, gaps and large numbers of tables: against scikit-learn's ColumnTransformer."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from toolkit.datasets import Dataset, load_dataset
from toolkit.datasets.columns import TableEncoding
from toolkit.datasets.preprocessing import standardisation
from toolkit.errors import DataError


def load(folder: Path, text: str, **reading: object) -> Dataset:
    (folder / "mine.csv").write_text(text)
    return load_dataset(str(folder / "mine.csv"), **reading)  # type: ignore[arg-type]


def titanic(rows: int = 120) -> pd.DataFrame:
    """A list of passengers as on Kaggle: names, gaps, and texts that repeat."""
    random = np.random.default_rng(0)
    sex = random.choice(["male", "female"], rows)
    age = np.where(random.random(rows) < 0.2, np.nan, random.integers(1, 80, rows) + random.choice([0, 0.5], rows))
    return pd.DataFrame(
        {
            "PassengerId": np.arange(1, rows + 1),
            "Survived": np.where(random.random(rows) < 0.8, sex == "female", sex == "male").astype(int),
            "Pclass": random.integers(1, 4, rows),
            "Name": [f"Braund, Mr. Owen {number}" for number in range(rows)],
            "Sex": sex,
            "Age": age,
            "Ticket": [f"A/5 {21171 + number}" if number % 4 == 0 else str(113000 + number) for number in range(rows)],
            "Fare": random.random(rows).round(4) * 100,
            "Embarked": random.choice(["S", "C", "Q", None], rows, p=[0.7, 0.15, 0.1, 0.05]),
        }
    )


def test_a_table_of_texts_and_gaps_is_what_scikit_learn_makes_of_it(tmp_path: Path) -> None:
    frame = titanic()
    data = load(tmp_path, frame.to_csv(index=False), leave_out=("PassengerId",))
    numbers, texts = ["Pclass", "Age", "Fare"], ["Sex", "Embarked"]
    category = make_pipeline(
        SimpleImputer(missing_values=None, strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    theirs = ColumnTransformer([("n", SimpleImputer(strategy="median"), numbers), ("c", category, texts)])
    frame = frame.astype({"Embarked": object}).where(lambda it: it.notna() | (it.columns == "Age"), None)
    train, test = train_test_split(frame, test_size=0.2, random_state=777, stratify=frame["Survived"])

    order = [data.feature_names.index(name) for name in ("Pclass", "Age", "Fare")]
    order += [n for n, name in enumerate(data.feature_names) if name.startswith("Sex=")]
    order += [n for n, name in enumerate(data.feature_names) if name.startswith("Embarked=")]
    np.testing.assert_allclose(data.x_train[:, order], theirs.fit_transform(train).astype(np.float32))
    np.testing.assert_allclose(data.x_test[:, order], theirs.transform(test).astype(np.float32))
    np.testing.assert_array_equal(data.y_test, test["Survived"])
    gaps, ages = frame["Age"].isna().sum(), train["Embarked"].isna().sum()
    assert data.notes[:5] == (
        "mine.csv: the column Survived holds the classes: its name says so. Name another with --label.",
        "mine.csv: text was one-hot encoded, a number for each category: Sex (2), Embarked (4).",
        f"mine.csv: gaps were filled with the median of the rows that are not kept for the test: Age ({gaps}).",
        f'mine.csv: gaps in text became a category of their own, "missing": Embarked ({ages}).',
        "mine.csv: too many different texts to learn from in Name, Ticket, so that was left out.",
    )


def test_the_encoding_is_readable_json_and_encodes_alike_after_it_was_saved(tmp_path: Path) -> None:
    data = load(tmp_path, titanic().to_csv(index=False))
    assert data.encoding is not None
    saved = data.encoding.model_dump_json()
    assert TableEncoding.model_validate_json(saved) == data.encoding
    written = json.loads(saved)
    assert written["label"] == ["Survived"]
    assert written["class_names"] == ["0", "1"]
    assert written["left_out"] == ["Name", "Ticket"]
    assert {"kind": "category", "name": "Sex", "categories": ["female", "male"]} in written["columns"]


def test_words_for_true_and_false_become_1_and_0(tmp_path: Path) -> None:
    data = load(tmp_path, "alone,a,kind\n" + "True,1.5,x\nfalse,2.5,y\n" * 10)
    assert data.feature_names == ("alone", "a")
    assert {tuple(row) for row in data.x_train.tolist()} == {(1.0, 1.5), (0.0, 2.5)}
    assert "mine.csv: true and false became 1 and 0: alone." in data.notes


@pytest.mark.parametrize(
    "date", ["2024-01-31", "2024-01-31 12:30:00", "2024-01-31T12:30", "31.01.2024", "1/31/24", "12:30", "Jan 31, 2024"]
)
def test_dates_are_refused_by_name(tmp_path: Path, date: str) -> None:
    text = "day,a,kind\n" + f'"{date}",1,x\n"{date}",2,y\n' * 5
    with pytest.raises(DataError) as caught:
        load(tmp_path, text)
    assert str(caught.value) == (
        f"mine.csv, line 2, column day: dates and times can't be learned from. Received: {date}. Write what matters of "
        "them as numbers, such as the month or the hour, or leave the column out: --leave-out day."
    )
    assert load(tmp_path, text, leave_out=("day",)).feature_names == ("a",)


@pytest.mark.parametrize("cell", ["1e39", "-1e39", "1e400"])
def test_a_number_too_large_for_float32_is_named_with_line_and_column(tmp_path: Path, cell: str) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, f"a,b,kind\n1,2,x\n3,{cell},y\n" + "1,2,x\n" * 20)
    assert str(caught.value) == (
        "mine.csv, line 3, column b: must be a number that float32 can hold, at most 3.4e38. Received: "
        f"{cell}. Correct it, or write the column in a larger unit."
    )


def test_differences_of_a_second_survive_in_unix_times(tmp_path: Path) -> None:
    times = 1_700_000_000.4 + np.arange(60)
    data = load(tmp_path, "t,kind\n" + "".join(f"{t},{'xy'[n % 2]}\n" for n, t in enumerate(times)))
    x = np.sort(np.concatenate([data.x_train, data.x_test])[:, 0].astype(np.float64))
    np.testing.assert_allclose(np.diff(x), 1, atol=1e-5)
    assert data.encoding is not None
    (column,) = data.encoding.columns
    assert times[0] < column.offset < times[-1]  # type: ignore[union-attr]
    sentence = "mine.csv: float32 can't tell the values apart, so these were subtracted first: t (17000000"
    assert any(note.startswith(sentence) for note in data.notes)


@pytest.mark.parametrize("values", [[1990.0, 2020.0, 2005.0], [0.1, 0.7, 0.3], [50_000, 90_210, 10_115]])
def test_usual_numbers_stay_as_they_are(tmp_path: Path, values: list[float]) -> None:
    data = load(tmp_path, "a,kind\n" + "".join(f"{v},{k}\n" for v in values for k in "xyxyxy"))
    assert set(data.x_train[:, 0].tolist()) <= {float(np.float32(v)) for v in values}


@pytest.mark.parametrize("unit", [1e-9, 1e30])
def test_a_spread_that_the_standardising_layer_would_lose_survives(tmp_path: Path, unit: float) -> None:
    values = np.random.default_rng(0).normal(size=80) * unit
    data = load(tmp_path, "a,kind\n" + "".join(f"{v!r},{'xy'[n % 2]}\n" for n, v in enumerate(values.tolist())))
    mean, variance = standardisation(data.x_train)
    scaled = (data.x_train - mean) / np.maximum(np.sqrt(variance), 1e-7)  # As Keras's Normalization does.
    assert np.std(scaled) == pytest.approx(1, rel=1e-3)


def test_counting_and_constant_columns_are_said_and_nothing_else_is(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = zip(random.permutation(40).tolist(), random.normal(size=40).tolist(), strict=True)
    data = load(tmp_path, "Id,b,c,kind\n" + "".join(f"{n + 7},{b},3,{'xy'[n % 2]}\n" for n, b in rows))
    assert data.feature_names == ("Id", "b", "c")
    assert data.notes[1:3] == (
        "mine.csv: the values in Id merely count the rows, and say nothing about a new one. Leave that out: "
        "--leave-out Id.",
        "mine.csv: all rows have the same value in c, so there is nothing to learn from it. Leave that out: "
        "--leave-out c.",
    )


def test_a_column_without_any_value_is_left_out(tmp_path: Path) -> None:
    data = load(tmp_path, "a,b,kind\n" + ",1,x\nNA,2,y\n" * 5)
    assert data.feature_names == ("b",)
    assert "mine.csv: no row has a value in a, so that was left out." in data.notes


def test_a_few_texts_among_numbers_are_mistakes_and_many_are_categories(tmp_path: Path) -> None:
    numbers = "2,x\n3,y\n4,x\n" * 6
    with pytest.raises(DataError, match=r"mine.csv, line 20, column doors: must be a finite number. Received: 5more."):
        load(tmp_path, "doors,kind\n" + numbers + "5more,y\n")
    data = load(tmp_path, "doors,kind\n" + numbers + "5more,y\n" * 6)
    assert data.feature_names == ("doors=2", "doors=3", "doors=4", "doors=5more")


def test_a_table_with_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine.csv has no column to learn from"):
        load(tmp_path, "name,kind\n" + "".join(f"n{n},{'xy'[n % 2]}\n" for n in range(30)))


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [("_MOST_NUMBERS", "mine.csv becomes 6 numbers a row"), ("_MOST_NUMBERS_IN_ALL", "mine.csv becomes 120 numbers")],
)
def test_the_encoded_table_may_not_be_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, sentence: str
) -> None:
    monkeypatch.setattr(f"toolkit.datasets.column_kinds.{limit}", 5)
    with pytest.raises(DataError, match=sentence):
        load(tmp_path, "a,b,kind\n" + "".join(f"{'pqr'[n % 3]},{'uvw'[n % 3]},{'xy'[n % 2]}\n" for n in range(20)))
