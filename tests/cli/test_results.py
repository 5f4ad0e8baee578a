"""`evaluate` and `predict`: what a trained run can do, as plain Keras says it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

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
    assert run_experiment(run)["test_accuracy"] > 0.85
    return run


@pytest.fixture
def pictures(digits: Dataset, tmp_path: Path) -> list[Path]:
    """Rows 5, 3 and 8 of the test part as picture files."""
    paths = []
    for row in (5, 3, 8):
        paths.append(tmp_path / f"row {row}.png")
        Image.fromarray(digits.x_test[row]).save(paths[-1])
    return paths


def test_long_names_of_classes_are_not_broken_over_lines(capsys: pytest.CaptureFixture[str]) -> None:
    from toolkit.cli.results import _print_confusion

    _print_confusion(np.array([[5, 1], [0, 6]]), ("a very long name indeed", "b"))
    assert capsys.readouterr().out.splitlines() == [
        "Rows: true class. Columns: predicted class, by its number.",
        "                           0  1",
        "0 a very long name indeed  5  1",
        "1 b                        0  6",
    ]
    _print_confusion(np.eye(26), [str(number) for number in range(26)])
    assert capsys.readouterr().out == "The confusion matrix is too wide for this page; --json prints it.\n"


def test_evaluate_gives_the_figures_of_the_run(command: Command, trained: Any, digits: Dataset) -> None:
    run = trained.probabilities

    document = command("evaluate", run.id, "--root", trained.root, "--json").document

    answers = _plain(run, digits.x_test).argmax(axis=1)
    assert set(document) == {
        "run_id",
        "test_loss",
        "test_accuracy",
        "test_rows",
        "confusion_matrix",
        "classes",
        "worst_mistakes",
        "calibration",
        "class_names",
    }
    assert document["run_id"] == run.id
    assert document["test_loss"] == pytest.approx(run.result["test_loss"], rel=1e-6)
    assert document["test_accuracy"] == pytest.approx(accuracy_score(digits.y_test, answers), abs=1e-12)
    assert document["confusion_matrix"] == confusion_matrix(digits.y_test, answers).tolist()
    assert document["class_names"] == list("0123456789")
    expected = classification_report(digits.y_test, answers, output_dict=True, zero_division=0)
    assert [(one["name"], one["rows"]) for one in document["classes"]] == [
        (name, expected[name]["support"]) for name in "0123456789"
    ]
    assert [one["f1"] for one in document["classes"]] == pytest.approx(
        [expected[name]["f1-score"] for name in "0123456789"]
    )
    assert all(row["true_label"] == str(digits.y_test[row["row"]]) for row in document["worst_mistakes"])
    for name in ("classes", "worst_mistakes"):
        assert run.result[name] == document[name]
    assert run.result["calibration"] == document["calibration"]


def test_evaluate_shows_people_the_figures_and_the_confusion_matrix(command: Command, trained: Any) -> None:
    run = trained.probabilities

    answer = command("--root", trained.root, "evaluate", run.id)

    lines = answer.output.splitlines()
    assert (answer.status, answer.errors) == (0, "")
    accuracy, loss = 100 * run.result["test_accuracy"], run.result["test_loss"]
    assert lines[0] == f"Test accuracy {accuracy:.2f} %, test loss {loss:.4f} on 360 rows."
    assert lines[1] == "Rows: true class. Columns: predicted class."
    assert [line.split() for line in lines[3:13]] == [
        [str(name), *map(str, row)] for name, row in enumerate(run.result["confusion_matrix"])
    ]
    assert lines[13].split() == ["class", "precision", "recall", "F1", "rows"]
    for line, one in zip(lines[14:24], run.result["classes"], strict=True):
        shares = [f"{100 * one[name]:.2f}" for name in ("precision", "recall", "f1")]
        assert line.split() == [one["name"], *(word for share in shares for word in (share, "%")), str(one["rows"])]
    error = run.result["calibration"]["expected_calibration_error"]
    assert lines[24:] == [f"Expected calibration error {100 * error:.2f} %"]


def test_a_diverged_run_is_evaluated_without_a_loss(command: Command, trained: Any) -> None:
    document = command("evaluate", trained.diverged.id, "--root", trained.root, "--json").document

    assert document["test_loss"] is None
    assert document["test_accuracy"] == trained.diverged.result["test_accuracy"]
    assert command("evaluate", trained.diverged.id, "--root", trained.root).status == 0


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
    assert [set(answer) for answer in answers] == [{"picture", "label", "probabilities"}] * 3
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


def test_a_diverged_run_predicts_the_first_class_with_no_probabilities(command: Command, trained: Any) -> None:
    answers = command("predict", trained.diverged.id, "--index", "0:2", "--root", trained.root, "--json").document

    assert [(answer["label"], answer["probabilities"]) for answer in answers] == [("0", [None] * 10)] * 2
    assert command("predict", trained.diverged.id, "--index", "0:2", "--root", trained.root).status == 0


def test_people_get_a_line_for_each_answer(
    command: Command, trained: Any, digits: Dataset, pictures: list[Path]
) -> None:
    answer = command("predict", trained.probabilities.id, pictures[0], "--index", "4", "--root", trained.root)

    lines = answer.output.splitlines()
    assert (answer.status, answer.errors) == (0, "")
    assert lines[0].split() == ["what", "true", "predicted", "sure", *"0123456789"]
    assert "row 5.png" in "".join(lines)
    expected = _plain(trained.probabilities, digits.x_test[4:5])[0]
    assert lines[-1].split() == [
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
        ([], "Say what to predict: a picture's file name, --index 0:10, or --random 1."),
        (["--index", "360"], "--index must lie in 0:360, the test rows. Received: 360. Try 0:10."),
        (["--index", "x"], "--index must be like 7, 0:10 or 1,5,20:25. Received: x."),
        (["{tmp}/none.png"], "There is no picture {tmp}/none.png. Check the folder and the name."),
        (
            ["{tmp}/letter.png"],
            "{tmp}/letter.png can't be read as a PNG or JPEG picture (it is neither). Save it again as PNG.",
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


def test_a_picture_without_ink_is_bad_input(command: Command, mnist_run: RunFolder, tmp_path: Path) -> None:
    Image.new("L", (40, 40), 255).save(tmp_path / "empty.png")

    answer = command("predict", mnist_run.id, tmp_path / "empty.png", "--root", mnist_run.path.parent)

    assert (answer.status, answer.output) == (2, "")
    assert answer.errors == ("There is no ink in the picture. Draw one digit, dark on light paper or light on dark.\n")


@pytest.mark.parametrize("arguments", [["evaluate"], ["predict", "--index", "0"]], ids=" ".join)
def test_a_run_that_has_not_ended_has_nothing_to_show(command: Command, tmp_path: Path, arguments: list[str]) -> None:
    run = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")

    answer = command(*arguments, run.id, "--root", tmp_path)

    assert answer == (
        2,
        "",
        f"The run {run.id} has no saved model: it is queued. Choose one that has ended.\n",
    )


def test_a_damaged_model_is_answered_with_one_line(command: Command, tmp_path: Path) -> None:
    run = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")
    run.model_path.write_text("Dear all")

    answer = command("evaluate", run.id, "--root", tmp_path)

    assert answer == (
        2,
        "",
        f"{run.model_path} is damaged or no Keras model. Expected a file that save_model wrote.\n",
    )
