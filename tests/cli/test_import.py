"""`import`, and what the other commands make of an imported run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras2_files import write_keras2
from PIL import Image
from test_keras2_files import teachable_machine

from toolkit.analysis.comparison import compare_runs
from toolkit.analysis.significance import compare_accuracies, read_tests
from toolkit.cli import main
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.datasets import UNKNOWN_DATA, load_dataset
from toolkit.errors import RunError
from toolkit.model_import.adopt import find_data
from toolkit.preflight import check_experiment
from toolkit.runs import RunFolder, create_run, open_run

Command = Callable[..., Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> keras.Sequential:
    """A small network that divides pixels by itself, as many from elsewhere do; it has learned a little."""
    data = load_dataset("digits")
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.RandomFlip("horizontal"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dense(10),
        ]
    )
    kernel = [data.x_train[data.y_train == label].mean(0).ravel() / 255 for label in range(10)]
    templates = np.stack(kernel[:10] + kernel[:6], axis=1).astype(np.float32)
    model.layers[3].set_weights([templates - templates.mean(), np.zeros(16, np.float32)])
    return model


@pytest.fixture(scope="module")
def imported(made: keras.Sequential, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """It, imported through the command line; no test changes it."""
    folder = tmp_path_factory.mktemp("imported")
    made.save(folder / "my digits.keras")
    assert main(["import", str(folder / "my digits.keras"), "--dataset", "digits", "--root", str(folder / "runs")]) == 0
    (run,) = (RunFolder(path) for path in (folder / "runs").iterdir() if not path.name.startswith("."))
    return run


def test_a_file_becomes_a_run_of_its_own_state(imported: RunFolder) -> None:
    assert imported.state == "imported"
    assert imported.id.startswith("my-digits-")
    config = imported.config
    assert (config.name, config.dataset, config.from_logits) == ("my digits", "digits", True)
    assert [layer.kind for layer in config.layers] == ["flatten", "dense"]
    assert imported.imported["file"] == "my digits.keras"
    assert imported.imported["unnamed_layers"] == ["RandomFlip", "Rescaling"]
    assert imported.result.message == (
        "Imported from my digits.keras. These of its layers can't be set up here: RandomFlip, Rescaling."
    )


def test_its_figures_are_those_that_keras_itself_gives(imported: RunFolder, made: keras.Sequential) -> None:
    """Keras is given the pixels as they are, which this network divides by itself."""
    data = load_dataset("digits")
    logits = made.predict_on_batch(data.x_test[..., None].astype(np.float32))
    assert imported.result.test_accuracy == pytest.approx(np.mean(logits.argmax(1) == data.y_test))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(data.y_test, logits)
    assert imported.result.test_loss == pytest.approx(float(loss), rel=1e-5)
    assert imported.result.parameters == made.count_params() == 64 * 16 + 16 + 16 * 10 + 10
    assert imported.result.test_rows == len(data.x_test)


def test_the_run_holds_no_byte_of_the_file(imported: RunFolder) -> None:
    names = {path.name for path in imported.path.iterdir()}
    assert names == {"config.json", "result.json", "model.keras", "model.weights.h5", "predictions.npz", "samples.npz"}
    assert [path.name for path in imported.path.parent.iterdir() if path.name.startswith(".i")] == []


def test_the_other_commands_show_it(imported: RunFolder, command: Command, tmp_path: Path) -> None:
    root = ("--root", imported.path.parent)
    (listed,) = command("runs", "--state", "imported", "--json", *root).document
    assert (listed["run_id"], listed["test_accuracy"]) == (imported.id, imported.result.test_accuracy)
    assert "imported" in command("runs", *root).output
    report = tmp_path / "report.html"
    assert command("show", imported.id, "--output", report, *root).status == 0
    page = report.read_text(encoding="utf-8")
    assert "This model came as a file, without the measurements of its training." in page
    assert "Imported from my digits.keras." in page
    assert "learning_rate" not in page


def test_it_predicts_and_is_evaluated_on_pixels_as_it_learned_them(
    imported: RunFolder, command: Command, made: keras.Sequential, tmp_path: Path
) -> None:
    root, data = ("--root", imported.path.parent), load_dataset("digits")
    answers = command("predict", imported.id, "--index", "0:3", "--json", *root).document
    logits = made.predict_on_batch(data.x_test[:3, ..., None].astype(np.float32))
    np.testing.assert_allclose([answer["logits"] for answer in answers], logits, rtol=1e-4, atol=1e-5)
    Image.fromarray(data.x_test[0]).save(tmp_path / "digit.png")
    (answer,) = command("predict", imported.id, tmp_path / "digit.png", "--json", *root).document
    np.testing.assert_allclose(answer["logits"], logits[0], rtol=1e-4, atol=1e-5)
    figures = command("evaluate", imported.id, "--json", *root).document
    assert figures["test_accuracy"] == imported.result.test_accuracy


def test_what_needs_a_training_is_refused_with_a_sentence(imported: RunFolder, command: Command) -> None:
    root = ("--root", imported.path.parent)
    resumed, exported = command("resume", imported.id, *root), command("export", imported.id, *root)
    assert (resumed.status, resumed.errors) == (
        2,
        f"The run {imported.id} is imported: only a stopped or interrupted run can be resumed. Train further from its "
        f"weights: python -m toolkit train --config {imported.path}/config.json --weights-from {imported.id} "
        f"--root {imported.path.parent}\n",
    )
    assert (exported.status, exported.errors) == (
        2,
        f"The run {imported.id} was imported, so it is not known how it was trained. Take its model: "
        f"{imported.model_path}\n",
    )


def test_a_training_can_start_from_its_weights(imported: RunFolder, command: Command) -> None:
    """In the network that its config describes; the rescaling is what each network gets here by itself."""
    started = command(
        *("train", "--config", imported.path / "config.json", "--weights-from", imported.id),
        *("--epochs", "1", "--learning-rate", "1e-9", "--name", "further", "--json", "--root", imported.path.parent),
    )
    assert started.document["state"] == "finished"
    assert started.document["test_accuracy"] == imported.result.test_accuracy
    open_run(imported.path.parent, started.document["run_id"]).delete()


def test_a_network_that_no_config_names_gives_no_weights(tmp_path: Path) -> None:
    about = {"unnamed_layers": ["PReLU"], "holds_all_weights": False}

    def fill(folder: Path) -> None:
        (folder / "result.json").write_text(json.dumps({"state": "imported"}))
        (folder / "model.weights.h5").write_bytes(b"weights")

    config = ExperimentConfig(dataset="digits")
    run = create_run(tmp_path, config, asked_by="a test", fill=fill, imported=about)
    with pytest.raises(RunError) as caught:
        check_experiment(config, tmp_path, run.id)
    assert str(caught.value) == (
        f"The weights of the run {run.id} fit no other network: it was imported, and a config can't name all that it "
        "is made of (PReLU). Choose another run."
    )


def test_it_is_compared_by_what_is_known_of_it(imported: RunFolder) -> None:
    config = imported.config.replace(epochs=3, layers=[Dense(units=16)])
    other = create_run(imported.path.parent, config, asked_by="a test")
    try:
        compared = compare_runs([imported, other])
    finally:
        other.delete()
    assert compared.settings["epochs"] == (None, 3)
    assert compared.settings["layers"] == ("flatten, dense 16", "dense 16")
    assert "dataset" not in compared.settings
    assert compared.runs[0].overfitting.state == "cannot_tell"
    assert compared.runs[0].epochs is None


def test_two_imported_runs_are_two_settings(imported: RunFolder) -> None:
    """Their configs may be equal where the networks are not: they must not pass for one setting with one seed."""
    judged = compare_accuracies(read_tests({"one": imported, "other": imported}))
    assert judged.headline == "one and other are equally good"


@pytest.mark.parametrize(
    ("shape", "outputs", "name"),
    [
        ((784,), 10, "mnist"),
        ((28, 28), 10, "mnist"),
        ((28, 28, 1), 10, "mnist"),
        ((64,), 10, "digits"),
        ((4,), 3, "iris"),
        ((28, 28, 1), 11, UNKNOWN_DATA),
        ((28, 28, 3), 10, UNKNOWN_DATA),
        ((1, 28, 28), 10, UNKNOWN_DATA),
    ],
)
def test_the_data_are_those_that_fit(shape: tuple[int, ...], outputs: int, name: str) -> None:
    assert find_data(shape, outputs, None).name == name


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("model.pt",),
            "A model file must be one that Keras saved, .keras or .h5; other kinds may run code when they ",
        ),
        (("nowhere.keras",), "nowhere.keras can't be read (No such file or directory). Name a model file."),
        (("--name", "x"), "Missing argument 'FILE'. See: python -m toolkit import --help"),
    ],
)
def test_bad_input_is_answered_with_one_line(arguments: tuple[str, ...], sentence: str, command: Command) -> None:
    answer = command("import", *arguments)
    assert (answer.status, answer.output, answer.errors.count("\n")) == (2, "", 1)
    assert answer.errors.startswith(sentence)


@pytest.mark.slow
def test_a_network_whose_data_are_not_known_is_imported_all_the_same(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "odd.h5"
    keras.Sequential([keras.Input((5,)), keras.layers.Dense(7, "softmax")]).save(path)
    made = command("import", path, "--name", "=odd", "--json", "--root", tmp_path / "runs").document
    assert made["dataset"] == UNKNOWN_DATA
    assert made["message"] == (
        "Imported from odd.h5. It was not tested: no data set here has rows of 5 and 7 classes. Import the file again "
        "and name its data, and it can be tested and asked."
    )
    for words in (("evaluate", made["run_id"]), ("predict", made["run_id"], "--index", "0")):
        answer = command(*words, "--root", tmp_path / "runs")
        assert (answer.status, answer.errors) == (
            2,
            f"It is not known which data the run {made['run_id']} learned. Import its file again, and name them with "
            "--dataset.\n",
        )
    assert command("show", made["run_id"], "--output", tmp_path / "x.html", "--root", tmp_path / "runs").status == 0
    refused = command("import", path, "--dataset", "iris", "--root", tmp_path / "runs")
    assert (refused.status, refused.errors) == (
        2,
        "The network takes rows of 5 and gives 7 numbers. Received: iris with rows of 4 and 3 classes. Name the data "
        "that it learned, or none.\n",
    )


def test_a_network_that_learned_undivided_pixels_gets_them_in_every_prediction(
    command: Command, tmp_path: Path
) -> None:
    data = load_dataset("digits")
    rows = data.x_train.reshape(-1, 64)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, "softmax")])
    templates = np.stack([rows[data.y_train == label].mean(0) for label in range(10)], axis=1) / 2550
    # The bias is made for pixels up to 255: with divided ones it decides alone.
    model.set_weights([templates, -(templates**2).sum(0) * 2550 / 2])
    model.compile("adam", "mse")
    model.save(tmp_path / "raw.keras")
    own = model.predict_on_batch(data.x_test.reshape(-1, 64).astype(np.float32))
    right, root = np.mean(own.argmax(1) == data.y_test), ("--root", tmp_path)

    made = command("import", tmp_path / "raw.keras", "--dataset", "digits", "--json", *root).document

    assert right > 0.8
    assert made["test_accuracy"] == pytest.approx(right)
    assert made["pixels"] == "from 0 to 255"
    assert "It learned pixels from 0 to 255: with these it gets" in made["message"]
    assert made["loss"] == "mean_squared_error"
    assert "It was compiled with the loss mean squared error, and its test loss is that." in made["message"]
    assert made["test_loss"] == pytest.approx(np.mean((own - np.eye(10)[data.y_test]) ** 2), rel=1e-4)
    answers = command("predict", made["run_id"], "--index", "0:20", "--json", *root).document
    np.testing.assert_allclose([answer["probabilities"] for answer in answers], own[:20], rtol=1e-3, atol=1e-5)
    Image.fromarray(data.x_test[3]).save(tmp_path / "digit.png")
    (answer,) = command("predict", made["run_id"], tmp_path / "digit.png", "--json", *root).document
    np.testing.assert_allclose(answer["probabilities"], own[3], rtol=1e-3, atol=1e-5)
    evaluated = command("evaluate", made["run_id"], "--json", *root).document
    assert evaluated["test_accuracy"] == made["test_accuracy"]
    assert evaluated["test_loss"] == pytest.approx(made["test_loss"], rel=1e-5)
    refused = command("train", "--weights-from", made["run_id"], "--dataset", "digits", *root)
    assert "a config can't name all that it is made of (Rescaling)" in refused.errors
    plain = keras.models.load_model(tmp_path / made["run_id"] / "model.keras")
    usual = data.x_test.reshape(-1, 64).astype(np.float32) / 255
    np.testing.assert_allclose(plain.predict_on_batch(usual), own, rtol=1e-3, atol=1e-5)


def test_a_model_of_teachable_machine_is_asked_about_pictures_by_its_labels(command: Command, tmp_path: Path) -> None:
    model, weights, same = teachable_machine()
    write_keras2(tmp_path / "keras_model.h5", model, weights)
    (tmp_path / "labels.txt").write_text("0 Cat\n1 Dog\n")
    root = ("--root", tmp_path / "runs")

    made = command("import", tmp_path / "keras_model.h5", "--json", *root).document

    assert (made["labels"], made["pixels"]) == (["Cat", "Dog"], "from −1 to 1")
    assert "It is built on Keras's MobileNet, as Teachable Machine's models are" in made["message"]
    assert "are not here; it can be asked about pictures." in made["message"]
    pixels = np.random.default_rng(3).integers(0, 256, (12, 12, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "cat.png")
    (answer,) = command("predict", made["run_id"], tmp_path / "cat.png", "--json", *root).document
    expected = np.asarray(same(pixels[None].astype(np.float32) / 127.5 - 1, training=False))[0]
    assert answer["label"] == ["Cat", "Dog"][expected.argmax()]
    np.testing.assert_allclose(answer["probabilities"], expected, rtol=1e-3)
    assert command("predict", made["run_id"], "--index", "0", *root).errors.startswith("It is not known which data")


def test_names_of_too_many_classes_are_refused_where_they_were_named_and_left_out_where_they_were_found(
    command: Command, tmp_path: Path
) -> None:
    keras.Sequential([keras.Input((5, 5)), keras.layers.Flatten(), keras.layers.Dense(4)]).save(tmp_path / "m.keras")
    (tmp_path / "labels.txt").write_text("a\nb\nc\n")
    root = ("--root", tmp_path / "runs")
    refused = command("import", tmp_path / "m.keras", "--labels", tmp_path / "labels.txt", *root)
    assert refused.errors == (
        "The file with the class names names 3 classes, and the network gives 4 numbers. Name a file of 4 lines, or "
        "none.\n"
    )
    made = command("import", tmp_path / "m.keras", "--json", *root).document
    assert made["labels"] is None
    assert "labels.txt beside it was left out: it names 3 classes, and the network gives 4 numbers." in made["message"]


def test_a_network_of_one_number_is_not_sent_to_look_for_data(command: Command, tmp_path: Path) -> None:
    keras.Sequential([keras.Input((30,)), keras.layers.Dense(1, "sigmoid")]).save(tmp_path / "one.keras")
    made = command("import", tmp_path / "one.keras", "--json", "--root", tmp_path / "runs").document
    assert "it gives one number, where networks here give one for each class." in made["message"]
