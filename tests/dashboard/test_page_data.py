"""The page that answers: what does the network get to see?"""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from session import Session
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from dashboard import texts
from dashboard.shared import first_visit, state
from dashboard.shared.dataset_cache import dataset_shown
from dashboard.views.data import preprocessing_steps, samples
from dashboard.views.data.upload import of_one_data_set
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Flatten
from toolkit.datasets import load_dataset

PROJECT = Path(__file__).resolve().parents[2]

Open = Callable[..., Session]
TABLE = b"length,width,kind\n" + b"1,2,*ant*\n3,4,bee\n5,6,bee\n" * 20


@pytest.fixture
def open_page(root: Path, submitted: list[Any], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page: `open_page()`, or with a draft: `open_page(dataset="iris", seed=3)`."""

    def opened(**draft: Any) -> Session:
        if draft:
            monkeypatch.setattr(first_visit, "preset", lambda _: ExperimentConfig(**draft))
        session = Session(PROJECT / "dashboard" / "main.py", {})
        session.go_to("data")
        assert not session.has_broken
        return session

    return opened


def metrics(session: Session) -> dict[str, str]:
    return {metric.label: metric.value for metric in session.app.metric}


def bring(session: Session, *files: tuple[str, bytes]) -> None:
    """Put files into the upload field."""
    session.app.file_uploader[0].set_value([(*file, "application/octet-stream") for file in files]).run()
    assert not session.has_broken


def frames(session: Session) -> list[Any]:
    return [table.value for table in session.app.dataframe]


def test_one_sentence_answers_for_the_data_that_train_would_use(open_page: Open) -> None:
    session = open_page()
    assert session.words.splitlines()[1] == (
        "**60,000 pictures of 28 × 28 numbers from 0 to 255**: 42,000 to learn from, 18,000 to check on, and 10,000 "
        "more, kept for the test. 10 classes: the rarest, 5, has 9.04\u00a0%, the most frequent, 1, 11.24\u00a0%."
    )
    assert metrics(session) == {
        texts.data.TRAIN_ROWS: "42,000",
        texts.data.VALIDATION_ROWS: "18,000",
        texts.data.TEST_ROWS: "10,000",
        texts.data.ONE_PICTURE: "28 × 28",
        texts.data.CLASSES: "10",
    }
    assert session.pictures == 10


def test_another_known_set_can_be_looked_at_without_changing_the_draft(open_page: Open) -> None:
    session = open_page(dataset="wine")
    session.fill(texts.data.DATA, "iris")
    assert "**120 rows of 4 numbers from 0.1 to 7.9**: 84 to learn from, 36 to check on" in session.words
    assert "3 classes, equally frequent." in session.words
    assert session.app.session_state[state.DRAFT]["dataset"] == "wine"
    session.click(texts.data.USE)
    assert session.app.session_state[state.DRAFT]["dataset"] == "iris"


def test_the_page_follows_the_form_when_that_has_changed(open_page: Open) -> None:
    session = open_page(dataset="wine")
    session.fill(texts.data.DATA, "iris")
    session.app.session_state[state.DRAFT]["dataset"] = "breast_cancer"
    session.reload()
    assert session.field(texts.data.DATA).value == "breast_cancer"


def test_what_is_not_on_this_machine_is_said_and_another_can_be_chosen(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    session = open_page(dataset="cifar10")
    (warning,) = session.app.warning
    assert warning.value == (
        "cifar10 is not on this machine yet. Fetch it once, with a connection: python -m toolkit data cifar10"
    )
    session.fill(texts.data.DATA, "digits")
    assert not session.app.warning
    assert metrics(session)[texts.data.ONE_PICTURE] == "8 × 8"


def test_the_parts_are_those_that_the_draft_asks_for(open_page: Open) -> None:
    session = open_page(dataset="wine", validation_split=0.2, seed=3, stratify=True)
    y = load_dataset("wine").y_train
    learned, checked = train_test_split(y, test_size=0.2, random_state=3, stratify=y)
    balance = frames(session)[1]
    assert balance["training"].tolist() == np.bincount(learned).tolist()
    assert balance["validation"].tolist() == np.bincount(checked).tolist()
    assert balance["test"].tolist() == np.bincount(load_dataset("wine").y_test).tolist()


def test_a_split_that_can_not_be_made_is_said_and_the_rest_is_shown(open_page: Open) -> None:
    session = open_page(dataset="iris", validation_split=None, validation_rows=1)
    (warning,) = session.app.warning
    assert "leaves class" in warning.value
    assert "none to check on" in session.words


def test_a_draft_with_a_mistake_shows_the_usual_split_and_says_so(open_page: Open) -> None:
    session = open_page(dataset="iris", validation_split=0.5)
    session.app.session_state[state.DRAFT]["seed"] = -1
    session.reload()
    assert texts.data.USUAL_SPLIT in session.words
    assert metrics(session)[texts.data.TRAIN_ROWS] == "84"


def test_samples_can_be_drawn_anew_and_of_one_class_alone(open_page: Open) -> None:
    session = open_page(dataset="wine")
    before = frames(session)[0]
    session.click(texts.data.OTHERS)
    assert not frames(session)[0].equals(before)
    session.fill(texts.data.CLASS, 2)
    assert set(frames(session)[0][texts.TRUE]) == {"class 2"}


def test_samples_are_rows_of_their_class_and_no_row_comes_twice() -> None:
    labels = np.arange(90) % 3
    rows = samples.draw_rows(labels, 1, 20, np.random.default_rng(0))
    assert set(labels[rows]) == {1}
    assert len(set(rows.tolist())) == 20
    assert len(samples.draw_rows(labels, 1, 500, np.random.default_rng(0))) == 30


def test_a_rows_way_is_followed_through_scaling_and_flattening(open_page: Open) -> None:
    session = open_page(dataset="digits")
    session.fill(texts.data.ROW, 7)
    data = load_dataset("digits")
    told = [chart.proto.alt.partition("row by row: ")[2].replace(";", "") for chart in session.app.get("plotly_chart")]
    assert " ".join(f"{value}" for value in data.x_train[7].ravel()) in told
    assert " ".join(f"{value:.2f}" for value in data.x_train[7].ravel() / 255) in told
    assert "input of shape **(64,)**" in session.words
    assert f"**5 · The label {data.y_train[7]}**" in session.words


def test_a_network_that_takes_pictures_skips_the_flattening_and_a_sparse_loss_the_boxes(open_page: Open) -> None:
    loss = "sparse_categorical_crossentropy"
    session = open_page(dataset="digits", layers=[Conv2D(filters=2), Flatten()], loss=loss)
    assert "its input has the shape **8 × 8 × 1**" in session.words
    assert texts.data.SPARSE.format(number=load_dataset("digits").y_train[0]) in session.words


def test_a_tables_row_is_standardised_by_the_training_rows_alone(open_page: Open) -> None:
    session = open_page(dataset="wine", seed=5)
    session.fill(texts.data.ROW, 11)
    data = load_dataset("wine")
    learned, _ = train_test_split(data.x_train, test_size=0.3, random_state=5)
    scaler = StandardScaler().fit(learned)
    shown = frames(session)[2]
    assert shown["column"].tolist() == list(data.feature_names)
    np.testing.assert_array_equal(shown["value"], data.x_train[11])
    np.testing.assert_allclose(shown["input"], scaler.transform(data.x_train[[11]])[0], rtol=1e-4, atol=1e-5)


def test_a_row_is_said_to_be_learned_from_or_checked_on() -> None:
    data, config = load_dataset("iris"), ExperimentConfig(dataset="iris", seed=5)
    learned, checked = train_test_split(np.arange(120), test_size=0.3, random_state=5)
    assert preprocessing_steps.part_of(int(learned[0]), data, config) == "training"
    assert preprocessing_steps.part_of(int(checked[0]), data, config) == "validation"


def test_the_frame_stands_where_there_is_something_to_see() -> None:
    picture = np.zeros((28, 28), np.uint8)
    picture[10:14, 15:19] = 255
    patch = preprocessing_steps.busiest_patch(picture, 6)
    assert patch.side == 6
    assert patch.of(picture).sum() == picture.sum()
    assert preprocessing_steps.busiest_patch(np.zeros((5, 9, 3)), 8) == (0, 0, 5)


def test_another_row_can_be_drawn_and_one_beyond_the_end_of_another_set_becomes_its_last(open_page: Open) -> None:
    session = open_page(dataset="wine")
    for _ in range(2):
        session.click(texts.data.ANOTHER)
    assert session.field(texts.data.ROW).value != 0
    session.fill(texts.data.ROW, 141)
    session.fill(texts.data.DATA, "iris")
    assert not session.has_broken
    assert session.field(texts.data.ROW).value == 119


def test_a_table_of_ones_own_is_shown_with_its_classes_and_used_in_train(open_page: Open, root: Path) -> None:
    session = open_page(dataset="iris", epochs=2)
    bring(session, ("My flowers.csv", TABLE))
    assert session.field(texts.data.DATA).value.endswith("/My-flowers.csv")
    assert metrics(session)[texts.data.CLASSES] == "2"
    assert "**48 rows of 2 numbers from 1 to 6**" in session.words
    assert "the rarest, \\*ant\\*," in session.words
    assert texts.data.TAKEN.format(name="My-flowers.csv", rows="60 rows", classes=2) in session.words
    assert session.field(texts.form.LABEL).value is None

    session.click(texts.data.USE)
    session.go_to("train")
    assert session.problems == []
    assert session.can_start
    draft = session.app.session_state[state.DRAFT]
    assert Path(draft["dataset"]).is_relative_to(root / ".data")
    assert (draft["label"], draft["leave_out"], draft["shape"]) == (None, (), None)
    session.click(texts.train.START)
    assert texts.STATES["queued"] in session.words


def test_another_column_can_hold_the_classes(open_page: Open) -> None:
    session = open_page(dataset="iris")
    bring(session, ("mine.csv", b"kind,length\n" + b"1,1.5\n2,2.5\n3,3.5\n" * 20))
    assert "must hold classes: whole numbers or text. Received: 1.5." in session.app.error[0].value
    assert session.field(texts.data.DATA).value == "iris"
    session.fill(texts.form.LABEL, "kind")
    assert not session.app.error
    assert metrics(session)[texts.data.CLASSES] == "3"


def test_what_can_not_be_used_is_said_and_the_page_stays_as_it_was(open_page: Open, root: Path) -> None:
    session = open_page(dataset="iris")
    bring(session, ("notes.doc", b"hello"))
    assert session.app.error[0].value.startswith("dataset must be a .npz, .npy, CSV, zip or IDX file")
    assert metrics(session)[texts.data.ONE_ROW] == "4"
    assert not any(path.is_file() for path in (root / ".data").rglob("*"))
    bring(session)
    assert not session.app.error


@pytest.mark.parametrize(
    ("names", "known", "read"),
    [
        (["a.csv"], [], ["a.csv"]),
        (["a.csv", "b.csv"], ["a.csv"], ["b.csv"]),
        (["b.csv", "a.csv"], ["a.csv"], ["b.csv"]),
        (["a.csv", "b.csv"], ["a.csv", "b.csv", "c.csv"], ["b.csv"]),
        (["x-images-idx3", "x-labels-idx1"], ["x-images-idx3"], ["x-images-idx3", "x-labels-idx1"]),
    ],
    ids=["first", "one more", "one more, before the other", "one taken away", "labels to the pictures"],
)
def test_a_file_that_is_added_takes_the_place_of_the_one_before(
    names: list[str], known: list[str], read: list[str]
) -> None:
    files = [SimpleNamespace(name=name, file_id=name) for name in names]
    assert [file.name for file in of_one_data_set(files, known)] == read  # type: ignore[arg-type]


def test_what_was_brought_can_be_left_and_looked_at_again(open_page: Open) -> None:
    session = open_page(dataset="iris")
    bring(session, ("flowers.csv", TABLE))
    own = session.field(texts.data.DATA).value
    session.fill(texts.data.DATA, "wine")
    assert metrics(session)[texts.data.CLASSES] == "3"
    session.fill(texts.data.DATA, own)
    assert metrics(session)[texts.data.CLASSES] == "2"


def test_data_that_are_gone_are_said(open_page: Open, tmp_path: Path) -> None:
    session = open_page(dataset=str(tmp_path / "gone.csv"))
    assert "There is no such file or folder." in session.app.warning[0].value
    assert session.app.file_uploader


@pytest.mark.parametrize(("row_shape", "dtype"), [((5, 9), np.float32), ((12, 6, 3), np.uint8), ((40,), np.uint8)])
def test_pictures_and_rows_of_any_form_can_be_looked_at(
    open_page: Open, tmp_path: Path, row_shape: tuple[int, ...], dtype: type
) -> None:
    random = np.random.default_rng(0).random((60, *row_shape))
    x = (random * (255 if dtype is np.uint8 else 1)).astype(dtype)
    np.savez(tmp_path / "mine.npz", x=x, y=np.array([f"class :red[{number}]" for number in np.arange(60) % 15]))
    session = open_page(dataset=str(tmp_path / "mine.npz"), validation_split=None)
    assert metrics(session)[texts.data.CLASSES] == "15"
    assert dataset_shown(str(tmp_path / "mine.npz")).row_shape == row_shape


def test_columns_of_any_name_stand_beside_the_pages_own(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "passengers.csv").write_text("class,how sure,predicted,survived\n" + "1,22,0,yes\n3,33,1,no\n" * 30)
    session = open_page(dataset=str(tmp_path / "passengers.csv"))
    assert any("class (column)" in frame for frame in frames(session))
    assert session.app.file_uploader
    session.go_to("train")
    assert not session.has_broken


def test_data_follow_the_column_that_is_chosen_on_train(open_page: Open) -> None:
    session = open_page(dataset="iris")
    bring(session, ("mine.csv", b"size,a,b\n" + b"1.5,1,1\n2.5,2,2\n3.5,2,3\n" * 20))
    session.click(texts.data.USE)
    session.go_to("train")
    assert session.field(texts.form.LABEL).value is None  # As recognised.
    session.fill(texts.form.LABEL, "a")
    session.go_to("data")
    assert metrics(session)[texts.data.CLASSES] == "2"
    assert texts.data.USED in session.words


def test_what_was_brought_and_is_gone_is_said(open_page: Open, root: Path) -> None:
    session = open_page(dataset="iris")
    bring(session, ("flowers.csv", TABLE))
    shutil.rmtree(root / ".data")
    session.reload()
    assert not session.has_broken
    assert "There is no such file or folder." in session.app.error[0].value


def test_one_column_is_one_number(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "lengths.csv").write_text("length,kind\n" + "1,ant\n3,bee\n" * 30)
    assert "rows of 1 number from 1 to 3" in open_page(dataset=str(tmp_path / "lengths.csv")).words
