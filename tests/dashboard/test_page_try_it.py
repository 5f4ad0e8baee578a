"""The page that answers: why does it see that in my digit?"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from session import Session
from streamlit.testing.v1 import AppTest

from dashboard import texts
from dashboard.shared.run_picker import labels_of
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Flatten
from toolkit.config.presets import preset
from toolkit.datasets import load_dataset
from toolkit.errors import RunError
from toolkit.handwriting import STEPS, WARNINGS, prepare_digit
from toolkit.runs import RunFolder

Visit = Callable[..., Session]
MakeRun = Callable[..., RunFolder]
WORDS = texts.try_it
MNIST = preset("softmax").replace(epochs=6, name="on MNIST")
POLARITY = WORDS.STEP.format(number=list(STEPS).index("polarity") + 1, title=STEPS["polarity"].title)


class Reader:
    """Replaces the predictor process: predicts 7 if the last corner is black, as in MNIST, else an unsure 3."""

    comebacks = 0

    def __init__(self) -> None:
        self.asked: dict[str, np.ndarray] = {}
        self.is_warm = False
        self.error: Exception | None = None
        self.nothing_but_nan = False

    def warm(self) -> None:
        self.is_warm = True

    def predict(self, run_id: str, x: np.ndarray) -> np.ndarray:
        self.asked[run_id] = x
        if self.error:
            raise self.error
        probabilities = np.full((len(x), 10), np.nan if self.nothing_but_nan else 0.001, np.float32)
        for row, of_row in zip(x, probabilities, strict=True):
            if row.flat[-1] == 0:
                of_row[7] += 0.99
            else:
                of_row[[3, 7]] += (0.55, 0.44)
        return probabilities


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    one = Reader()
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: one)
    return one


def seven() -> Image.Image:
    """A drawing as the canvas returns it: black on white, opaque."""
    canvas = Image.new("RGBA", (336, 336), "white")
    ImageDraw.Draw(canvas).line([(90, 70), (250, 70), (150, 290)], fill="black", width=26, joint="curve")
    return canvas


@pytest.fixture
def canvas(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The drawing on the canvas, empty at first."""
    drawing = SimpleNamespace(json_data={"objects": []}, image_data=None)
    # A component can only be declared where a session can find it.
    AppTest.from_string("import streamlit_drawable_canvas").run()
    monkeypatch.setattr("dashboard.views.try_it.picture_input.st_canvas", lambda **settings: drawing)
    return drawing


def draw(canvas: SimpleNamespace, picture: Image.Image) -> None:
    canvas.json_data, canvas.image_data = {"objects": ["a stroke"]}, np.asarray(picture)


@pytest.fixture
def try_it(visit: Visit, make_run: MakeRun, reader: Reader, canvas: SimpleNamespace) -> Session:
    """The page with one network trained on MNIST and an empty canvas."""
    make_run("finished", MNIST)
    return opened(visit)


def opened(visit: Visit, **query: str) -> Session:
    session = visit(**query)
    session.go_to("try_it")
    assert not session.has_broken
    return session


def upload(session: Session, name: str, content: bytes) -> None:
    session.fill(WORDS.SOURCE, "upload")
    session.app.file_uploader[0].set_value((name, content, "image/png")).run()


def as_png(picture: Image.Image) -> bytes:
    content = BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def test_without_runs_it_says_so_and_leads_to_train(visit: Visit) -> None:
    session = opened(visit)
    assert texts.NO_RUNS in session.words
    assert session.has_button(texts.GO_TRAIN)


def test_without_networks_for_pictures_it_says_so(visit: Visit, make_run: MakeRun, reader: Reader) -> None:
    make_run("finished", preset("table").replace(epochs=6))
    make_run("running", MNIST)
    session = opened(visit)
    assert WORDS.NO_PICTURE_RUNS in session.words
    assert not reader.is_warm


def test_before_the_first_stroke_it_says_what_to_do_and_asks_nothing(try_it: Session, reader: Reader) -> None:
    assert WORDS.FIRST in try_it.words
    assert try_it.button(WORDS.CLEAR).disabled
    assert reader.is_warm
    assert reader.asked == {}


def test_a_drawing_is_read_as_it_is_and_after_every_step(
    try_it: Session, reader: Reader, canvas: SimpleNamespace
) -> None:
    draw(canvas, seven())
    try_it.reload()
    assert not try_it.has_broken
    (rows,) = reader.asked.values()
    expected = prepare_digit(seven())
    np.testing.assert_array_equal(rows[0], expected.pixels)
    np.testing.assert_array_equal(rows[1], np.asarray(seven().convert("L").resize((28, 28), Image.Resampling.BOX)))
    np.testing.assert_array_equal(rows[2:], [step.pixels for step in expected.steps])
    verdict = WORDS.SEES.format(first="**7** (99 %)") + " " + WORDS.OTHER_UNPREPARED.format(given="**3** (55 %)")
    assert verdict in try_it.words
    # The network's input, and the picture itself.
    assert try_it.pictures == 2 + len(STEPS)
    answers = [line for line in try_it.words.splitlines() if line in ("**3** · 55 %", "**7** · 99 %")]
    assert answers == ["**3** · 55 %"] * 4 + ["**7** · 99 %"] * 9


def test_a_step_can_be_switched_off_and_all_on_again(try_it: Session, reader: Reader, canvas: SimpleNamespace) -> None:
    draw(canvas, seven())
    try_it.reload()
    assert not try_it.has_button(WORDS.ALL_STEPS)
    try_it.fill(POLARITY, False)
    (rows,) = reader.asked.values()
    np.testing.assert_array_equal(rows[0], prepare_digit(seven(), skip={"polarity"}).pixels)
    assert len(rows) == 1 + len(STEPS)
    assert WORDS.LEFT_OUT in try_it.words
    assert try_it.pictures == 2 + len(STEPS)
    try_it.click(WORDS.ALL_STEPS)
    (rows,) = reader.asked.values()
    np.testing.assert_array_equal(rows[0], prepare_digit(seven()).pixels)
    assert WORDS.LEFT_OUT not in try_it.words


def test_with_all_steps_switched_off_the_drawing_is_merely_shrunk(
    try_it: Session, reader: Reader, canvas: SimpleNamespace
) -> None:
    draw(canvas, seven())
    try_it.reload()
    for number, step in enumerate(STEPS.values(), 1):
        try_it.field(WORDS.STEP.format(number=number, title=step.title)).set_value(False)
    try_it.reload()
    assert not try_it.has_broken
    (rows,) = reader.asked.values()
    np.testing.assert_array_equal(rows[0], rows[1])
    assert try_it.pictures == 2 + len(STEPS)


def test_who_says_what_was_meant_is_told_whether_it_is_right(try_it: Session, canvas: SimpleNamespace) -> None:
    draw(canvas, seven())
    try_it.reload()
    try_it.fill(WORDS.MEANT, "7")
    assert WORDS.RIGHT.format(label="7") in try_it.words
    assert texts.SAMPLE_WRONG.format(label="3", sure="55 %") in try_it.words
    try_it.fill(WORDS.MEANT, "3")
    assert WORDS.WRONG_START.format(label="3", seen="7") in try_it.words
    assert WORDS.WRONG_STEP.format(step=f"*{STEPS['polarity'].title}*") in try_it.words


def test_a_cleared_canvas_is_a_new_one_and_nothing_is_meant_any_more(try_it: Session, canvas: SimpleNamespace) -> None:
    draw(canvas, seven())
    try_it.reload()
    try_it.fill(WORDS.MEANT, "7")
    try_it.click(WORDS.CLEAR)
    assert try_it.field(WORDS.MEANT).value is None


def test_what_is_doubtful_is_said(try_it: Session, canvas: SimpleNamespace) -> None:
    two = Image.new("RGBA", (336, 336), "white")
    two.paste(seven().resize((160, 160)), (0, 80))
    two.paste(seven().resize((160, 160)), (170, 80))
    draw(canvas, two)
    try_it.reload()
    assert WARNINGS["several_digits"] in try_it.words


def test_an_uploaded_picture_is_read(try_it: Session, reader: Reader) -> None:
    upload(try_it, "seven.png", as_png(seven()))
    assert not try_it.has_broken
    np.testing.assert_array_equal(next(iter(reader.asked.values()))[0], prepare_digit(seven()).pixels)


def test_pictures_of_any_kind_can_be_uploaded(try_it: Session, reader: Reader) -> None:
    for mode in ("1", "P", "LA"):
        upload(try_it, f"{mode}.png", as_png(seven().convert("L").convert(mode).resize((900, 900))))
        assert not try_it.has_broken
        given = next(iter(reader.asked.values()))[0].astype(float)
        assert np.abs(given - prepare_digit(seven()).pixels).mean() < 8


def test_a_file_that_is_no_picture_is_explained(try_it: Session, reader: Reader) -> None:
    upload(try_it, "my *digit*.png", b"no picture")
    assert not try_it.has_broken
    sentence = (
        "my \\*digit\\*.png can't be read as a picture (it is not PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC). Save it "
        "again as PNG."
    )
    assert sentence in try_it.words
    assert reader.asked == {}


def test_of_a_test_picture_the_truth_is_known(try_it: Session, reader: Reader) -> None:
    try_it.fill(WORDS.SOURCE, "test")
    x = load_dataset("mnist").x_test[0]
    np.testing.assert_array_equal(next(iter(reader.asked.values()))[1], x)
    assert WORDS.RIGHT.format(label="7") in try_it.words
    assert not try_it.has_field(WORDS.MEANT)
    try_it.click(WORDS.ANOTHER)
    assert not try_it.has_broken
    assert not np.array_equal(next(iter(reader.asked.values()))[1], x)


def test_several_networks_get_the_same_picture(
    visit: Visit, make_run: MakeRun, reader: Reader, canvas: SimpleNamespace
) -> None:
    first, second = make_run("finished", MNIST, test_accuracy=0.99), make_run("finished", MNIST.replace(name="second"))
    small = make_run("finished")
    draw(canvas, seven())
    session = opened(visit)
    assert session.field(WORDS.NETWORK).value == first.id
    session.fill(WORDS.OTHERS, [second.id, small.id])
    np.testing.assert_array_equal(reader.asked[second.id], reader.asked[first.id][:1])
    assert reader.asked[small.id].shape == (1, 8, 8)
    assert len(session.app.get("plotly_chart")) == 1 + 3
    assert WORDS.ALL_AGREE.format(count=3, label="7") in session.words


def test_networks_that_disagree_are_told_apart(
    visit: Visit, make_run: MakeRun, reader: Reader, canvas: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = make_run("finished", MNIST, test_accuracy=0.99), make_run("finished", MNIST.replace(name="other"))
    usual = reader.predict
    monkeypatch.setattr(reader, "predict", lambda run_id, x: usual(run_id, x)[:, :: 1 if run_id == run.id else -1])
    draw(canvas, seven())
    session = opened(visit)
    session.fill(WORDS.OTHERS, [other.id])
    assert WORDS.DISAGREE in session.words
    assert [heading.value for heading in session.app.subheader][-2:] == ["**7** · 99 %", "**2** · 99 %"]
    # The first network is not in the list of others.
    session.fill(WORDS.NETWORK, other.id)
    assert not session.has_broken
    assert session.field(WORDS.OTHERS).value == []
    assert len(session.app.get("plotly_chart")) == 1


def test_the_run_that_train_shows_is_asked_first(visit: Visit, make_run: MakeRun, reader: Reader) -> None:
    shown = make_run("finished", MNIST, test_accuracy=0.5)
    make_run("finished", MNIST, test_accuracy=0.9)
    assert opened(visit, run=shown.id).field(WORDS.NETWORK).value == shown.id


def test_the_best_network_on_mnist_comes_before_a_better_one_on_less(
    visit: Visit, make_run: MakeRun, reader: Reader
) -> None:
    best = make_run("finished", MNIST, test_accuracy=0.9)
    make_run("finished", MNIST, test_accuracy=0.8)
    make_run("finished", test_accuracy=0.99)
    assert opened(visit).field(WORDS.NETWORK).value == best.id


def test_a_network_for_other_pictures_gets_them_resized(
    visit: Visit, make_run: MakeRun, reader: Reader, tmp_path: Path
) -> None:
    x = np.random.default_rng(0).integers(0, 256, (60, 4, 8, 3), np.uint8)
    names = np.array([f"*pet* {label}" for label in range(10)])[np.arange(60) % 10]
    np.savez(tmp_path / "mine.npz", x=x, y=names)
    make_run("finished", ExperimentConfig(dataset=str(tmp_path / "mine.npz"), layers=[Flatten()], epochs=6))
    session = opened(visit)
    assert WORDS.SOURCES["draw"] not in session.field(WORDS.SOURCE).options
    assert WORDS.AS_IT_IS in session.words
    upload(session, "pet.png", as_png(Image.new("RGB", (80, 40), (10, 20, 30))))
    assert not session.has_broken
    assert WORDS.NO_LADDER in session.words
    (rows,) = reader.asked.values()
    np.testing.assert_array_equal(rows[0], np.full((4, 8, 3), (10, 20, 30)))
    assert not session.has_field(POLARITY)
    assert "\\*pet\\* 3" in session.words


def test_the_preparation_can_be_chosen(try_it: Session, reader: Reader) -> None:
    upload(try_it, "seven.png", as_png(seven()))
    assert WORDS.PREPARATIONS["none"] not in try_it.field(WORDS.PREPARATION).options  # It is too large.
    try_it.fill(WORDS.PREPARATION, "resize")
    assert not try_it.has_broken
    (rows,) = reader.asked.values()
    np.testing.assert_array_equal(rows[0], np.asarray(seven().convert("L").resize((28, 28), Image.Resampling.BOX)))
    assert WORDS.NO_LADDER in try_it.words


def test_what_was_done_besides_is_said(visit: Visit, make_run: MakeRun, reader: Reader, tmp_path: Path) -> None:
    x = np.zeros((60, 28, 28), np.uint8)
    x[:, 2:-2, 2:-2] = 200
    np.savez(tmp_path / "mine.npz", x=x, y=np.arange(60) % 10)
    make_run("finished", ExperimentConfig(dataset=str(tmp_path / "mine.npz"), layers=[Flatten()], epochs=6))
    session = opened(visit)
    upload(session, "seven.png", as_png(seven()))
    assert not session.has_broken
    assert "Its light and dark were exchanged, as the training pictures are light on dark." in session.words


def test_a_run_whose_data_have_gone_is_explained_and_another_can_be_asked(
    visit: Visit, make_run: MakeRun, reader: Reader, canvas: SimpleNamespace, tmp_path: Path
) -> None:
    digits = load_dataset("digits")
    np.savez(tmp_path / "mine.npz", x=digits.x_test, y=digits.y_test)
    gone = make_run("finished", ExperimentConfig(dataset=str(tmp_path / "mine.npz"), epochs=6))
    (tmp_path / "mine.npz").unlink()
    other = make_run("finished")
    session = opened(visit, run=gone.id)
    assert f"The data of the run {gone.id} are gone" in session.words
    session.fill(WORDS.NETWORK, other.id)
    assert WORDS.FIRST in session.words


def test_no_answer_is_explained(try_it: Session, reader: Reader, canvas: SimpleNamespace) -> None:
    draw(canvas, seven())
    reader.nothing_but_nan = True
    try_it.reload()
    assert not try_it.has_broken
    assert WORDS.NO_ANSWER in try_it.words
    reader.error = RunError("The process that predicts can't be kept running.")
    try_it.reload()
    assert not try_it.has_broken
    assert "can't be kept running" in try_it.words
    assert WORDS.LADDER not in try_it.words


def test_all_answers_stand_in_a_table(try_it: Session, canvas: SimpleNamespace) -> None:
    draw(canvas, seven())
    try_it.reload()
    table: Any = try_it.app.dataframe[0].value
    stages = [WORDS.GIVEN, *(step.title for step in STEPS.values()), WORDS.IN_THE_END]
    assert table[WORDS.TABLE_STAGE].tolist() == stages
    assert table["7"].tolist() == ["44.10 %"] * 4 + ["99.10 %"] * 10


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_run_with_damaged_samples_hides_no_other(
    visit: Visit, make_run: MakeRun, tmp_path: Path, content: bytes
) -> None:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (60, 6, 6), np.uint8), np.arange(60) % 3
    np.savez(tmp_path / "mine.npz", x=x, y=y)
    damaged = make_run("finished", MNIST.replace(dataset=str(tmp_path / "mine.npz"), name="damaged"))
    damaged.samples_path.write_bytes(content)
    whole = make_run("finished", MNIST)
    session = visit()
    session.go_to("try_it")
    assert not session.has_broken
    assert session.field(WORDS.NETWORK).options == [labels_of([whole])[whole.id]]
