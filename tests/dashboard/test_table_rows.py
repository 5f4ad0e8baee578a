"""Try it for a table's network: a row that is typed, or rows that are uploaded; and the fields of its columns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from session import Session

from dashboard import texts
from dashboard.shared import state
from toolkit.config.presets import preset
from toolkit.datasets import load_dataset
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import keep_encoding

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]
WORDS = texts.try_it
TEXT = "Id,Sex,Age,Survived\n" + "".join(
    f"{n},{('male', 'female')[n % 2]},{20 + n * 3 % 7},{n % 2}\n" for n in range(40)
)


class Reader:
    """Replaces the predictor process: answers the second class if the first number of a row is 1."""

    comebacks = 0

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []

    def warm(self) -> None:
        pass

    def predict(self, run_id: str, x: np.ndarray) -> np.ndarray:
        self.asked.append(x)
        return np.where(x[:, :1] == 1, [[0.08, 0.92]], [[0.72, 0.28]]).astype(np.float32)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    one = Reader()
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: one)
    return one


@pytest.fixture
def run(make_run: MakeRun, tmp_path: Path) -> RunFolder:
    (tmp_path / "passengers.csv").write_text(TEXT)
    config = preset("table").replace(dataset=str(tmp_path / "passengers.csv"), leave_out=("Id",), epochs=6)
    made = make_run("finished", config)
    keep_encoding(made, load_dataset(config.dataset, **config.reading))
    return made


@pytest.fixture
def session(visit: Visit, run: RunFolder, reader: Reader) -> Session:
    opened = visit(run=run.id)
    opened.go_to("try_it")
    assert not opened.has_broken
    return opened


def test_a_row_is_typed_into_a_field_for_each_column(session: Session, reader: Reader) -> None:
    assert session.field("Sex").options == ["female", "male"]
    assert WORDS.PREDICTS.format(label="1", sure="92 %") in session.words
    session.fill("Sex", "male")
    session.fill("Age", 31.0)
    assert reader.asked[-1].tolist() == [[0, 1, 31]]
    assert WORDS.PREDICTS.format(label="0", sure="72 %") in session.words


def test_an_uploaded_table_is_answered_row_by_row_beside_its_labels(session: Session, reader: Reader) -> None:
    session.fill(WORDS.ROWS_FROM, "upload")
    content = b"Survived,Age,Hat,Sex\n1,30,yes,female\n1,,no,other\n"
    session.app.file_uploader[0].set_value(("new.csv", content, "text/csv")).run()
    assert not session.has_broken
    (shown,) = [one.value for one in session.app.dataframe if WORDS.LINE in one.value]
    assert shown[WORDS.LINE].tolist() == [2, 3]
    assert shown[texts.TRUE].tolist() == ["1", "1"]
    assert shown[texts.PREDICTED].tolist() == ["1", "0 ✗"]
    warnings = " ".join(one.value for one in session.app.warning)
    assert "Hat" in warnings
    assert "the network never saw other in the column Sex" in warnings


@pytest.mark.parametrize("content", [b"Age\n30\n40\n", b"", b"Sex,Age\nmale,old\nmale,3\n", b"\x00\xff"])
def test_a_table_that_does_not_fit_is_refused_with_a_sentence(session: Session, content: bytes) -> None:
    session.fill(WORDS.ROWS_FROM, "upload")
    session.app.file_uploader[0].set_value(("new.csv", content, "text/csv")).run()
    assert not session.has_broken
    assert session.app.error[0].value.startswith("new.csv")


def test_columns_are_left_out_and_another_label_is_chosen_on_train(visit: Visit, run: RunFolder) -> None:
    session = visit(run=run.id)
    assert session.problems == []
    assert session.field(texts.form.LABEL).value is None
    assert texts.form.LIKELIEST.format(label="Survived") in session.field(texts.form.LABEL).options
    assert session.field(texts.FIELDS["leave_out"]).value == ["Id"]
    session.fill(texts.FIELDS["leave_out"], ["Id", "Age"])
    session.fill(texts.form.LABEL, "Sex")
    session.fill(texts.FIELDS["shape"], "flat")
    assert session.problems == []
    draft = session.app.session_state[state.DRAFT]
    assert (draft["label"], draft["leave_out"], draft["shape"]) == ("Sex", ("Id", "Age"), "flat")
    session.go_to("data")
    assert not session.has_broken
    assert "**32 rows of 1 number from 0 to 1**" in session.words


def test_damage_of_the_encoding_is_said(session: Session, run: RunFolder) -> None:
    run.columns_path.write_text("{")
    session.reload()
    session.go_to("try_it")
    assert "columns.json is damaged" in session.app.error[0].value.replace("\\", "")
