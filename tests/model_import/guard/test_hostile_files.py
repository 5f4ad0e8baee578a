"""Nothing comes through the guard that plain Keras does not write: each hostile file gets one clear line."""

import json
import time
from collections.abc import Container, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from files import BIAS, DENSE, KERNEL, dense_with, keras_object, layer, sequential, write_h5, write_keras
from hostile import H5, KERAS, Make
from hostile_keras2 import KERAS2, KERAS2_ZIPS
from hostile_zips import ZIPS, write_sound

from toolkit.errors import ModelFileError
from toolkit.model_import.guard import check_suffix
from toolkit.model_import.guard.limits import MOST_BYTES
from toolkit.model_import.guard.model import read_model

OF_KERAS = KERAS | ZIPS
ALL = {(".keras", name): make for name, make in OF_KERAS.items()} | {(".h5", name): make for name, make in H5.items()}
OF_KERAS2 = {(".h5", name): make for name, make in KERAS2.items()} | {
    (".keras", name): make for name, make in KERAS2_ZIPS.items()
}
AGAIN = "Save the model again with plain Keras, and see that the file arrives whole."
WITHOUT_COMPILE = "Save keras.Sequential(model.layers) instead, which leaves the compile settings out."


def refusal(make: Make, folder: Path, suffix: str = ".keras") -> str:
    """The sentence with which a file is refused."""
    path = folder / f"model{suffix}"
    make(path)
    with pytest.raises(ModelFileError) as caught:
        read_model(path, folder)
    return str(caught.value)


def test_the_files_that_are_spoiled_here_are_good_to_begin_with(tmp_path: Path) -> None:
    by_hand = tmp_path / "by hand.keras"
    write_sound(by_hand)
    for path in (write_keras(tmp_path / "model.keras"), by_hand, write_h5(tmp_path / "model.h5")):
        (tmp_path / "weights.h5").unlink(missing_ok=True)
        (weights,) = read_model(path, tmp_path).weights
        np.testing.assert_array_equal(weights["kernel"], KERNEL)
        np.testing.assert_array_equal(weights["bias"], BIAS)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("suffix", "name"), ALL, ids=lambda part: part)
def test_a_hostile_file_is_refused_with_one_harmless_line(suffix: str, name: str, tmp_path: Path) -> None:
    sentence = refusal(ALL[suffix, name], tmp_path, suffix)

    assert sentence.isprintable()
    assert len(sentence) < 600
    assert sentence.endswith((".", "?"))
    assert sentence.count(". ") <= 3


@pytest.mark.parametrize(("suffix", "name"), OF_KERAS2, ids=lambda part: part)
def test_a_hostile_file_of_keras_2_is_refused_at_once_with_one_harmless_line(
    suffix: str, name: str, tmp_path: Path
) -> None:
    began = time.process_time()
    sentence = refusal(OF_KERAS2[suffix, name], tmp_path, suffix)

    assert sentence.isprintable()
    assert len(sentence) < 600
    assert sentence.endswith((".", "?"))
    assert time.process_time() - began < 2
    assert OF_WORDS.get(name, "") in sentence


#: What the line says, for some of them.
OF_WORDS = {
    "a lambda": "It holds code, which is never run: put a plain layer such as Rescaling in its place",
    "a layer of a package": "Received: package.layers.Dense. Build the network from plain layers",
    "a circle": "Each layer of the model must be used once, after those whose outputs it takes. Received: add",
    "an input in both words": "A file of Keras 2 must be worded as Keras 2 does. Received: batch_shape from Keras 3.",
    "names above the group": "The arrays that weight_names of dense lists must be its own, each once. Received: ../",
    "a compressed bomb": "The array model_weights/dense/dense/bias:0 must be one of at most 64,000,000 bytes",
    "double precision that is too large": "must be finite numbers. Received: NaN or infinity.",
    "an optimizer of somebody's own": "The compile settings must be Keras's own. Received: None.Custom>package>Adam.",
    "a user block": "The .h5 file must be an HDF5 file from its first byte. Received: another kind of file.",
}

SENTENCES = {
    "set_floatx as a layer": "Each layer must be one of Keras's own, with its name among its settings. Received: "
    f"keras.config.set_floatx. {AGAIN}",
    "set_floatx as the model": "The model must be a keras.Sequential model, or a Functional one. Received: "
    "keras.config.set_floatx. Build it from Keras's own layers, and save it again.",
    "load_model as an initializer": "Layer 1 (Dense): kernel_initializer must be one of Keras's own initializers. "
    f"Received: an object of the class load_model. {AGAIN}",
    "eval as a loss": f"The compile settings must be Keras's own. Received: builtins.eval. {WITHOUT_COMPILE}",
    "no module": "Layer 1 must be one of Keras's own, with its module keras.layers and nothing registered. Received: "
    f"None.Dense. {AGAIN}",
    "an unknown setting": f"Layer 1 (Dense) must be described in Keras's words. Received: lora_rank. {AGAIN}",
    "1000000000 as units": "Layer 1 (Dense): units must be a whole number from 1 to 65,536. Received: 1,000,000,000. "
    f"{AGAIN}",
    "True as units": f"Layer 1 (Dense): units must be a whole number from 1 to 65,536. Received: true. {AGAIN}",
    "a huge input": "The input: batch_shape must be a list of 2 to 4 values, each left out or a whole number from 1 "
    f"to 4,000,000. Received: [null, 1,000,000,000,000]. {AGAIN}",
    "no input": "The model's first layer must be an InputLayer. Received: an object of the class Dense. Begin the "
    "model with keras.Input, or let it see data once, before you save it.",
    "colours of a terminal as a name": "A layer's name must be letters, digits and blanks. Received: �[31mdense. "
    + AGAIN,
    "pictures that grow 64 times, four times": "Layer 2 (UpSampling2D) must be one that gives 1 to 4,000,000 numbers a "
    f"row. Received: [114,688, 114,688, 1]. {AGAIN}",
    "an output that is a picture": "The network's output must be a row of numbers, one for each class. Received: "
    "[28, 28, 1]. Add a Flatten or GlobalAveragePooling2D layer, and a Dense one with a unit for each class.",
    "a branch": "Each layer of the model must be used once, after those whose outputs it takes. Received: dropout, "
    "which is not. Build a keras.Sequential model, or a functional one that uses each layer once.",
    "deep lists": f"config.json must be nested at most 40 deep. Received: a deeper one. {AGAIN}",
    "NaN as units": f"config.json is not JSON as Keras writes it: NaN is not a number. {AGAIN}",
    "a version of another Keras": "A file of Keras 2 must be worded as Keras 2 does. Received: batch_shape from Keras "
    f"3. {AGAIN}",
    "a version that is a path": "The file must be saved by Keras 2 or 3. Received: 3/../../x. Build the network anew "
    "in Keras 3, give it the weights with set_weights, and save it.",
    "a member above its folder": "A .keras file must be a zip archive of metadata.json, config.json, model.weights.h5, "
    f"each once. Received: ../../x, config.json, metadata.json, model.weights.h5. {AGAIN}",
    "a flipped bit in the weights": "The .keras file is damaged or cut off (Bad CRC-32 for file 'model.weights.h5'). "
    f"{AGAIN}",
    "a name cut at NUL": "A .keras file must be a zip archive that every program reads alike. Received: the name of a "
    f"member holds NUL or another control character. {AGAIN}",
    "the same name in Unicode": "The member config.json must be named once. Received: a second name in Unicode. "
    + AGAIN,
    "AES": f"The member config.json must be readable without a password. Received: an encrypted one. {AGAIN}",
    "sizes behind its data": "The member config.json must be one whose size stands before its data, as Keras writes "
    f"it. Received: one without. {AGAIN}",
    "something behind what is packed": "The member config.json must be packed in one piece. Received: something "
    f"behind it. {AGAIN}",
    "a pickle": "A .keras file must be a zip archive from its first byte. Received: another kind of file. " + AGAIN,
    "an external link": "The link layers/dense/x must be one to what is in the file itself. Received: a soft or "
    f"external link. {AGAIN}",
    "a virtual array": "The array layers/dense/vars/1 must be kept in the file itself in one piece, as Keras does. "
    f"Received: a virtual one, one in another file, in chunks or compressed. {AGAIN}",
    "a shape of a terabyte": "The array layers/dense/vars/1 must be one of at most 64,000,000 bytes. Received: the "
    f"shape [1000000000000]. {AGAIN}",
    "another shape": "The kernel of the layer dense (Dense) must be float32 of shape [4, 3]. Received: float32 of "
    f"shape [3, 4]. {AGAIN}",
    "NaN": "The kernel of the layer dense (Dense) must be finite numbers. Received: NaN or infinity. Train the model "
    "again; it has diverged.",
    "weights of another layer": "The weights must be those of the model's layers. Received: layers/dense_1/vars/0 too. "
    + AGAIN,
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_line_says_where_what_was_expected_what_was_found_and_what_to_do(name: str, tmp_path: Path) -> None:
    assert refusal(OF_KERAS[name], tmp_path) == SENTENCES[name]


def test_a_layer_that_is_not_known_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    sentence = refusal(lambda path: write_keras(path, sequential(layer("Conv1D", filters=3), DENSE)), tmp_path)
    assert sentence == "Layer 1 must be one of Keras's plain layers. Received: Conv1D. Did you mean Conv2D?"


def test_a_network_that_is_too_large_as_a_whole_is_refused(tmp_path: Path) -> None:
    wide = [layer("Dense", units=4000) | {"config": {**layer("Dense", units=4000)["config"], "name": n}} for n in "abc"]
    sentence = refusal(lambda path: write_keras(path, sequential(*wide)), tmp_path)
    assert sentence == (
        "The network must be one of at most 16,000,000 parameters. Received: 16,024,000. Choose a smaller network."
    )


def test_work_that_would_take_minutes_is_refused(tmp_path: Path) -> None:
    heavy = layer("Conv2D", filters=256, kernel_size=[15, 15], padding="same")
    model = sequential(heavy, layer("Flatten"), DENSE, shape=(None, 120, 120, 64))
    assert "must be one of at most 20,000,000,000 multiplications a row" in refusal(
        lambda path: write_keras(path, model), tmp_path
    )


def test_what_keras_writes_of_a_training_is_let_through_unread(tmp_path: Path) -> None:
    decay = keras_object("keras.optimizers.schedules", "ExponentialDecay", {"decay_rate": 0.9})
    compiled = {
        "optimizer": keras_object("keras.optimizers", "Adam", {"learning_rate": decay}),
        "loss": keras_object("toolkit.models.build", "UnclippedCrossentropy", {}, "UnclippedCrossentropy"),
        "metrics": ["accuracy", keras_object("builtins", "function", "categorical_accuracy", "function")],
    }
    path = write_keras(tmp_path / "model.keras", {**sequential(DENSE), "compile_config": compiled})
    assert len(read_model(path, tmp_path).weights) == 1


def test_memory_addresses_mean_nothing(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "model.keras", dense_with(kernel_initializer=None) | {"shared_object_id": 7})
    with pytest.raises(ModelFileError, match="kernel_initializer must be one of Keras's own initializers"):
        read_model(path, tmp_path)
    shared = keras_object("keras.initializers", "Zeros") | {"shared_object_id": 140658353570384}
    path.unlink()
    (tmp_path / "weights.h5").unlink(missing_ok=True)
    assert read_model(write_keras(path, dense_with(kernel_initializer=shared)), tmp_path).weights


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.pb", "model", "model.keras.zip", ""])
def test_other_kinds_of_file_are_refused_by_their_name(name: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        check_suffix(name)
    assert str(caught.value) == (
        "A model file must be one that Keras saved, .keras or .h5; other kinds may run code when they are opened. "
        f"Received: {name or 'an empty text'}. Save the model with Keras: model.save('model.keras')."
    )


def test_a_file_with_a_name_for_weights_is_told_from_a_whole_model() -> None:
    with pytest.raises(ModelFileError) as caught:
        check_suffix("digits.weights.h5")
    assert str(caught.value) == (
        "A model file must be a whole model. Received: digits.weights.h5, which by its name holds weights alone. "
        "Load them into their network in Keras, and save the whole: model.save('model.keras')."
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("model.pt", "Build the same network in Keras, give it the weights with set_weights, and save it"),
        ("model.onnx", "Build the same network in Keras, give it the weights with set_weights, and save it"),
        ("model.tflite", "It can't be turned back: import the Keras model that it was converted from."),
        (
            "model.json",
            "It holds the layers alone. Build them with model_from_json, load the weights, and save the whole",
        ),
    ],
)
def test_files_of_other_programs_get_advice_that_works_for_them(name: str, remedy: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        check_suffix(name)
    assert f"Received: {name}. {remedy}" in str(caught.value)


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(ModelFileError) as caught:
        read_model(path, tmp_path)
    assert str(caught.value) == (
        "A model file must be at most 50,000,000 bytes. Received: 50,000,001 bytes. Save it without the optimizer's "
        "state."
    )


@pytest.mark.slow
def test_each_flipped_bit_of_a_keras_file_is_refused_or_changes_no_weight(tmp_path: Path) -> None:
    for path in flipped(write_keras(tmp_path / "good.keras")):
        if (weights := weights_of(path, tmp_path)) is not None:
            np.testing.assert_array_equal(weights["kernel"], KERNEL)
            np.testing.assert_array_equal(weights["bias"], BIAS)


@pytest.mark.slow
def test_each_flipped_bit_of_an_h5_file_is_refused_or_gives_the_weights_that_h5py_reads(tmp_path: Path) -> None:
    """Such a file has no check sums. The texts are left out: there HDF5 can be led round in circles by one bit."""
    good = write_h5(tmp_path / "good.h5")
    heap = good.read_bytes().find(b"GCOL")
    for path in flipped(good, but=range(heap, heap + 4096)):
        if (weights := weights_of(path, tmp_path)) is not None:
            with h5py.File(path) as file:
                names: list[str] = []
                file.visit(names.append)
                (kernel,) = (file[name] for name in names if name.endswith("/kernel"))
                np.testing.assert_array_equal(weights["kernel"], kernel)


def flipped(good: Path, but: Container[int] = ()) -> Iterator[Path]:
    """Copies of a file, each with one bit flipped: a bit of every byte."""
    content, path = good.read_bytes(), good.with_stem("flipped")
    for place in range(len(content)):
        if place not in but:
            spoiled = bytearray(content)
            spoiled[place] ^= 1 << place % 8
            path.write_bytes(bytes(spoiled))
            yield path


def weights_of(path: Path, folder: Path) -> dict[str, np.ndarray] | None:
    """What the guard reads of the only layer; None where it refuses the file."""
    (folder / "weights.h5").unlink(missing_ok=True)
    try:
        return read_model(path, folder).weights[0]
    except ModelFileError:
        return None


def test_a_config_that_is_valid_json_but_huge_is_read_in_time(tmp_path: Path) -> None:
    long = json.dumps({**sequential(DENSE), "compile_config": {"metrics": [0] * 300_000}}).encode()
    assert len(long) < 1_000_000
    assert read_model(write_keras(tmp_path / "model.keras", long), tmp_path).weights
