"""`predict`: what a trained run says of rows and of one's own pictures, as plain Keras says it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.special import softmax

from toolkit.cli.predict import parse_index
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset
from toolkit.errors import ToolkitError
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder, create_run

Command = Callable[..., Any]


def _plain(run: RunFolder, x: np.ndarray) -> np.ndarray:
    """What plain Keras gives for these pixels."""
    model = keras.models.load_model(run.path / "model.keras", compile=False)
    return model.predict((x / np.float32(255)).reshape(len(x), -1), verbose=0)


@pytest.fixture(scope="module")
def mnist_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A linear classifier that has seen MNIST once."""
    config = ExperimentConfig(name="linear", layers=[], epochs=1, learning_rate=0.005)
    run = create_run(tmp_path_factory.mktemp("mnist"), config, asked_by="a test")
    assert run_experiment(run).test_accuracy > 0.85
    return run


@pytest.fixture
def pictures(digits: Dataset, tmp_path: Path) -> list[Path]:
    """Rows 5, 3 and 8 of the test part as picture files."""
    paths = []
    for row in (5, 3, 8):
        paths.append(tmp_path / f"row {row}.png")
        Image.fromarray(digits.x_test[row]).save(paths[-1])
    return paths


def test_rows_are_predicted_with_label_and_probabilities(command: Command, trained: Any, digits: Dataset) -> None:
    answers = command("predict", "--index", "0:3", trained.probabilities.id, "--root", trained.root, "--json").document

    expected = _plain(trained.probabilities, digits.x_test[:3])
    assert [set(answer) for answer in answers] == [{"index", "true_label", "label", "probabilities"}] * 3
    assert [answer["index"] for answer in answers] == [0, 1, 2]
    assert [answer["label"] for answer in answers] == [str(label) for label in expected.argmax(axis=1)]
    assert [answer["true_label"] for answer in answers] == [str(label) for label in digits.y_test[:3]]
    for answer, probabilities in zip(answers, expected, strict=True):
        assert answer["probabilities"] == pytest.approx(probabilities.tolist(), rel=1e-4, abs=1e-7)
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_logits_are_given_where_the_network_ends_in_them(command: Command, trained: Any, digits: Dataset) -> None:
    answers = command("predict", trained.logits.id, "--index", "7", "--root", trained.root, "--json").document

    expected = _plain(trained.logits, digits.x_test[7:8])[0]
    assert answers[0]["logits"] == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-5)
    assert answers[0]["probabilities"] == pytest.approx(softmax(expected).tolist(), rel=1e-4, abs=1e-6)
    assert answers[0]["label"] == str(expected.argmax())


def test_answers_come_in_the_order_of_the_question(command: Command, trained: Any, pictures: list[Path]) -> None:
    answers = command(
        *("predict", trained.probabilities.id, *pictures, "--index", "9,2:4", "--random", 2, "--seed", 1),
        *("--root", trained.root, "--json"),
    ).document

    assert [answer["picture"] for answer in answers[:3]] == [str(path) for path in pictures]
    assert [answer["index"] for answer in answers[3:6]] == [9, 2, 3]
    assert len(answers) == 8
    assert all("index" in answer for answer in answers[6:])


def test_pictures_of_the_datas_size_are_taken_as_they_are(
    command: Command, trained: Any, digits: Dataset, pictures: list[Path]
) -> None:
    answers = command("predict", trained.probabilities.id, *pictures, "--root", trained.root, "--json").document

    expected = _plain(trained.probabilities, digits.x_test[[5, 3, 8]])
    assert [set(answer) for answer in answers] == [{"picture", "preparation", "warnings", "label", "probabilities"}] * 3
    assert {answer["preparation"] for answer in answers} == {"resized"}
    for answer, probabilities in zip(answers, expected, strict=True):
        assert answer["label"] == str(probabilities.argmax())
        assert answer["probabilities"] == pytest.approx(probabilities.tolist(), rel=1e-4, abs=1e-7)


def test_ones_own_digits_are_prepared_as_mnist_was(
    command: Command, mnist_run: RunFolder, mnist: Dataset, tmp_path: Path
) -> None:
    """Black ink on large white paper, off the centre: without preparation nearly all would be wrong."""
    rows = range(30)
    for row in rows:
        page = np.full((200, 160), 255, np.uint8)
        page[20:132, 40:152] = 255 - np.asarray(Image.fromarray(mnist.x_test[row]).resize((112, 112)))
        Image.fromarray(page).save(tmp_path / f"{row}.png")

    answers = command(
        *("predict", mnist_run.id, *(tmp_path / f"{row}.png" for row in rows)),
        *("--root", mnist_run.path.parent, "--json"),
    ).document

    assert {answer["preparation"] for answer in answers} == {"digit"}
    assert all(answer["warnings"] == [] for answer in answers)
    of_the_originals = _plain(mnist_run, mnist.x_test[:30]).argmax(axis=1)
    agreeing = [answer["label"] == str(label) for answer, label in zip(answers, of_the_originals, strict=True)]
    assert sum(agreeing) >= 26


def test_random_rows_are_drawn_again_with_the_same_seed(command: Command, trained: Any) -> None:
    def drawn(*arguments: object) -> list[int]:
        answers = command("predict", trained.probabilities.id, "--root", trained.root, "--json", *arguments).document
        return [answer["index"] for answer in answers]

    first = drawn("--random", 20, "--seed", 3)

    assert drawn("--random", 20, "--seed", 3) == first
    assert drawn("--random", 20, "--seed", 4) != first
    assert len(set(first)) == 20
    assert sorted(drawn("--random", 10_000)) == list(range(360))


def test_a_diverged_run_names_no_class(command: Command, trained: Any) -> None:
    answers = command("predict", trained.diverged.id, "--index", "0:2", "--root", trained.root, "--json").document

    assert [(answer["label"], answer["probabilities"]) for answer in answers] == [(None, [None] * 10)] * 2
    told = command("predict", trained.diverged.id, "--index", "0:2", "--root", trained.root)
    assert told.status == 0
    assert told.output.endswith(
        "The network's answers are not numbers (NaN) for 2 of 2 rows, so it names no class for them.\n"
    )


def test_people_get_a_line_for_each_answer(
    command: Command, trained: Any, digits: Dataset, pictures: list[Path]
) -> None:
    answer = command("predict", trained.probabilities.id, pictures[0], "--index", "4", "--root", trained.root)

    lines = answer.output.splitlines()
    assert (answer.status, answer.errors) == (0, "")
    assert lines[0].split() == ["what", "true", "predicted", "sure", *"0123456789"]
    assert "row 5.png" in "".join(lines)
    expected = _plain(trained.probabilities, digits.x_test[4:5])[0]
    assert lines[-1] == "Pictures were resized to 8 × 8, nothing else."
    assert lines[-2].split() == [
        *("test", "row", "4", str(digits.y_test[4]), str(expected.argmax()), f"{100 * expected.max():.2f}", "%"),
        *(f"{probability:.2f}" for probability in expected),
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("7", [7]),
        ("0:3", [0, 1, 2]),
        ("8:", [8, 9]),
        (":2", [0, 1]),
        (":", list(range(10))),
        ("1, 5,7:9", [1, 5, 7, 8]),
        ("9,0,9", [9, 0, 9]),
    ],
)
def test_rows_are_named_by_numbers_and_ranges(text: str, rows: list[int]) -> None:
    assert parse_index(text, 10) == rows


@pytest.mark.parametrize("text", ["10", "-1", "0:11", "3:3", "5:2", "-3:", "99:100"])
def test_rows_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(ToolkitError) as caught:
        parse_index(text, 10)
    assert str(caught.value) == f"--index must lie in 0:10, the test rows. Received: {text}. Try 0:10."


@pytest.mark.parametrize("text", ["three", "1:2:3", "0.5", "1;2", "1-3"])
def test_rows_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(ToolkitError) as caught:
        parse_index(text, 10)
    assert str(caught.value) == f"--index must be like 7, 0:10 or 1,5,20:25. Received: {text}."


@pytest.mark.parametrize("text", ["", ",", "1,", " "])
def test_a_row_that_was_left_out_is_refused(text: str) -> None:
    with pytest.raises(ToolkitError) as caught:
        parse_index(text, 10)
    assert str(caught.value) == f"--index must be like 7, 0:10 or 1,5,20:25. Received: {text}."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            [],
            "Say what to predict: a picture's file name, --rows FILE for rows of a table, --index 0:10, or --random 1.",
        ),
        (["--index", "360"], "--index must lie in 0:360, the test rows. Received: 360. Try 0:10."),
        (["--index", "x"], "--index must be like 7, 0:10 or 1,5,20:25. Received: x."),
        (["{tmp}/none.png"], "There is no picture {tmp}/none.png. Check the folder and the name."),
        (
            ["{tmp}/letter.png"],
            "{tmp}/letter.png can't be read as a picture (it is not PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC). Save it "
            "again as PNG.",
        ),
    ],
    ids=["nothing", "a row that does not exist", "no row", "no picture", "a letter"],
)
def test_a_question_that_can_not_be_answered_is_bad_input(
    command: Command, trained: Any, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "letter.png").write_text("Dear all")

    answer = command(
        *("predict", trained.probabilities.id, *(one.format(tmp=tmp_path) for one in arguments)),
        *("--root", trained.root, "--json"),
    )

    assert answer == (2, "", sentence.format(tmp=tmp_path) + "\n")


def test_a_picture_that_can_not_be_read_does_not_keep_the_others_from_being_predicted(
    command: Command, trained: Any, pictures: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "letter.png").write_text("Dear all")
    given = [pictures[0], tmp_path / "letter.png", tmp_path / "none.png", pictures[1]]
    asked = ("--index", "4", "--root", trained.root)
    letter = (
        f"{tmp_path / 'letter.png'} can't be read as a picture (it is not PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC). "
        "Save it again as PNG."
    )
    none = f"There is no picture {tmp_path / 'none.png'}. Check the folder and the name."

    answer = command("predict", trained.probabilities.id, *given, *asked, "--json")
    alone = command("predict", trained.probabilities.id, pictures[0], pictures[1], *asked, "--json")

    assert (answer.status, answer.errors) == (1, f"{letter}\n{none}\n")
    assert answer.document == [
        *alone.document,
        {"picture": str(tmp_path / "letter.png"), "error": letter},
        {"picture": str(tmp_path / "none.png"), "error": none},
    ]
    for_people = command("predict", trained.probabilities.id, *given, *asked)
    assert (for_people.status, for_people.errors) == (1, f"{letter}\n{none}\n")
    assert for_people.output == command("predict", trained.probabilities.id, pictures[0], pictures[1], *asked).output


def test_several_pictures_none_of_which_can_be_read_are_bad_input(
    command: Command, trained: Any, tmp_path: Path
) -> None:
    given = [tmp_path / "one.png", tmp_path / "two.png"]
    sentences = [f"There is no picture {path}. Check the folder and the name." for path in given]
    assert command("predict", trained.probabilities.id, *given, "--root", trained.root) == (
        2,
        "",
        " ".join(sentences) + "\n",
    )


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP", "TIFF"])
def test_ones_own_picture_may_have_other_formats(
    command: Command, trained: Any, digits: Dataset, tmp_path: Path, kind: str
) -> None:
    lossless = {"lossless": True} if kind == "WEBP" else {}
    Image.fromarray(digits.x_test[5]).save(tmp_path / f"five.{kind}", kind, **lossless)
    answer, *_ = command(
        "predict", trained.probabilities.id, tmp_path / f"five.{kind}", "--root", trained.root, "--json"
    ).document
    assert answer["probabilities"] == pytest.approx(
        _plain(trained.probabilities, digits.x_test[5:6])[0].tolist(), abs=1e-5
    )


def test_a_picture_without_ink_is_bad_input(command: Command, mnist_run: RunFolder, tmp_path: Path) -> None:
    Image.new("L", (40, 40), 255).save(tmp_path / "empty.png")

    answer = command("predict", mnist_run.id, tmp_path / "empty.png", "--root", mnist_run.path.parent)

    assert (answer.status, answer.output) == (2, "")
    sentence = "There is no ink in the picture. Draw one digit, dark on light paper or light on dark."
    assert answer.errors == f"{tmp_path / 'empty.png'}: {sentence}\n"


def test_a_picture_of_64_megapixels_is_bad_input(command: Command, mnist_run: RunFolder, tmp_path: Path) -> None:
    Image.new("1", (8000, 8000)).save(tmp_path / "huge.png")

    answer = command("predict", mnist_run.id, tmp_path / "huge.png", "--root", mnist_run.path.parent)

    assert answer == (
        2,
        "",
        f"{tmp_path / 'huge.png'} has 8,000 × 8,000 pixels; at most 4 megapixels are read. Scale it down.\n",
    )


def _two_digits(path: Path) -> Path:
    page = Image.new("L", (200, 100), 255)
    ImageDraw.Draw(page).line([(40, 10), (40, 90)], fill=0, width=8)
    ImageDraw.Draw(page).line([(160, 10), (160, 90)], fill=0, width=8)
    page.save(path)
    return path


def test_what_is_doubtful_about_a_picture_is_in_the_answer(
    command: Command, mnist_run: RunFolder, tmp_path: Path
) -> None:
    picture = _two_digits(tmp_path / "eleven.png")

    document = command("predict", mnist_run.id, picture, "--root", mnist_run.path.parent, "--json").document

    assert document[0]["warnings"] == [
        "There seem to be several digits, and the network answers with one. Cut out one digit."
    ]


def test_people_are_told_how_their_pictures_were_prepared(
    command: Command, mnist_run: RunFolder, trained: Any, pictures: list[Path], tmp_path: Path
) -> None:
    picture = _two_digits(tmp_path / "eleven.png")

    digit = command("predict", mnist_run.id, picture, "--root", mnist_run.path.parent)
    both = command("predict", trained.probabilities.id, picture, pictures[0], "--root", trained.root)

    assert digit.output.splitlines()[-2:] == [
        "Pictures were prepared as the training pictures are: cut out, light on black, scaled and centred.",
        f"{picture}: There seem to be several digits, and the network answers with one. Cut out one digit.",
    ]
    assert both.output.splitlines()[-2] == "Others were resized to 8 × 8, nothing else."


def test_the_preparation_can_be_chosen(command: Command, mnist_run: RunFolder, tmp_path: Path) -> None:
    picture = _two_digits(tmp_path / "eleven.png")
    arguments = ("predict", mnist_run.id, picture, "--root", mnist_run.path.parent, "--prepare")

    resized = command(*arguments, "resize", "--json").document
    failed = command(*arguments, "none")

    assert (resized[0]["preparation"], resized[0]["warnings"]) == ("resized", [])
    assert "Without preparation, a picture must have 28 × 28 pixels" in failed.errors


def test_ones_own_pictures_are_prepared_for_small_digits_too(command: Command, trained: Any, tmp_path: Path) -> None:
    """Merely resized, a dark digit on a large light page looks like none of scikit-learn's."""
    page = Image.new("L", (300, 200), 230)
    ImageDraw.Draw(page).ellipse((50, 40, 110, 140), outline=20, width=12)
    page.save(tmp_path / "nought.png")

    answer = command("predict", trained.probabilities.id, tmp_path / "nought.png", "--root", trained.root, "--json")

    assert (answer.document[0]["label"], answer.document[0]["preparation"]) == ("0", "digit")


def test_classes_called_as_a_column_of_the_table_have_one_of_their_own(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("size,survived\n" + "1.5,true\n2.5,false\n" * 20)
    config = ExperimentConfig(layers=[], epochs=1, dataset=str(tmp_path / "mine.csv"))
    run = create_run(tmp_path / "runs", config, asked_by="a test")
    run_experiment(run)

    head, line, *_ = command("predict", run.id, "--index", "0", "--root", tmp_path / "runs").output.splitlines()

    assert head.split() == ["what", "true", "predicted", "sure", "false", "true", "(class)"]
    assert line.split()[3] in ("true", "false")
