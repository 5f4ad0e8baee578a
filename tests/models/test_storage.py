"""Models and weights on disk: plain Keras opens them, nothing is lost, and nothing is overwritten unasked."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from benchmarks.reliability.full_disk import files_of_at_most
from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten
from toolkit.config.presets import PRESETS
from toolkit.datasets import Dataset
from toolkit.errors import ModelFileError
from toolkit.models import storage
from toolkit.models.build import build_model
from toolkit.models.storage import load_model, load_weights, save_model, save_weights

ROOT = Path(__file__).resolve().parents[2]

#: Presets of different networks: two more are that of `softmax-sum-1000`, trained faster and for longer.
_PRESETS = {name: one for name, one in PRESETS.items() if name not in ("softmax-sum-6000", "softmax-sum-10000")}

#: What a user who has never heard of the toolkit would write: the files, opened in plain Keras.
_PLAIN_KERAS = """
import json, sys
from pathlib import Path
import keras, numpy as np
folder = Path(sys.argv[1])
pixels = np.load(folder / "pixels.npy") / np.float32(255)
outputs, compiled = {}, {}

def answer(model):
    return model(pixels.reshape(len(pixels), *model.input_shape[1:]), training=False).numpy()

for path in sorted(path for path in folder.glob("*.*") if path.suffixes in ([".keras"], [".h5"])):
    model = keras.models.load_model(path)
    outputs[path.name], compiled[path.name] = answer(model), model.compiled

layers = keras.layers
rebuilt = {
    "keras-mlp": [
        keras.Input((64,)), layers.Dense(64, "relu"), layers.Dense(32, "relu"), layers.Dense(10, "softmax")
    ],
    "batchnorm": [
        keras.Input((64,)),
        layers.Dense(256, "relu", use_bias=False), layers.BatchNormalization(),
        layers.Dense(256, "relu", use_bias=False), layers.BatchNormalization(),
        layers.Dense(10, use_bias=False),
    ],
    "cnn": [
        keras.Input((8, 8, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 5, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(1024, "relu"), layers.Dropout(0.5), layers.Dense(10),
    ],
}
for name, stack in rebuilt.items():
    model = keras.Sequential(stack)
    model.load_weights(folder / f"{name}.weights.h5")
    outputs[f"{name}.weights.h5"] = answer(model)
np.savez(folder / "outputs.npz", **outputs)
print(json.dumps({"compiled": compiled, "knows the toolkit": "toolkit" in sys.modules}))
"""


def _config(**changes: Any) -> ExperimentConfig:
    return ExperimentConfig(**{"dataset": "digits", "layers": [Dense(units=64), Dense(units=32)], **changes})


def _with_random_weights(model: keras.Model) -> keras.Model:
    """Weights as a training may leave them: nothing at its starting value, variances above 0."""
    random = np.random.default_rng(5)
    for layer in model.layers:
        layer.set_weights([np.abs(random.normal(0.1, 0.3, weights.shape)) for weights in layer.get_weights()])
    return model


def _outputs(model: keras.Model, data: Dataset) -> np.ndarray:
    """Without a graph, which would have to be made anew for each network."""
    return model((data.x_test / np.float32(255)).reshape(-1, *model.input_shape[1:]), training=False).numpy()


def _train_on(model: keras.Model, data: Dataset, batches: range) -> None:
    for batch in batches:
        rows = slice(32 * batch, 32 * batch + 32)
        x = (data.x_train[rows] / np.float32(255)).reshape(-1, *model.input_shape[1:])
        model.train_on_batch(x, np.eye(10)[data.y_train[rows]])


@pytest.fixture(scope="module")
def networks(digits: Dataset) -> dict[str, keras.Sequential]:
    """Every published network, on small pictures."""
    return {
        name: _with_random_weights(build_model(one.config.replace(dataset="digits"), digits))
        for name, one in _PRESETS.items()
    }


@pytest.fixture(scope="module")
def opened_in_plain_keras(
    networks: dict[str, keras.Sequential], digits: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a process that never saw the toolkit gets from every saved file."""
    folder = tmp_path_factory.mktemp("saved")
    np.save(folder / "pixels.npy", digits.x_test)
    for name, model in networks.items():
        save_model(model, folder / f"{name}.keras")
        save_model(model, folder / f"{name}.h5")
        save_weights(model, folder / f"{name}.weights.h5")
    done = subprocess.run(
        [sys.executable, "-c", _PLAIN_KERAS, str(folder)], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    with np.load(folder / "outputs.npz") as outputs:
        return {**json.loads(done.stdout), "outputs": dict(outputs)}


def test_plain_keras_needs_nothing_of_the_toolkit(opened_in_plain_keras: dict[str, Any]) -> None:
    assert opened_in_plain_keras["knows the toolkit"] is False


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", _PRESETS)
def test_plain_keras_opens_every_preset_with_the_same_predictions(
    opened_in_plain_keras: dict[str, Any],
    networks: dict[str, keras.Sequential],
    digits: Dataset,
    name: str,
    suffix: str,
) -> None:
    theirs = opened_in_plain_keras["outputs"][name + suffix]

    np.testing.assert_array_equal(theirs, _outputs(networks[name], digits))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_plain_keras_gets_the_compile_settings_except_for_a_loss_that_it_does_not_know(
    opened_in_plain_keras: dict[str, Any], suffix: str
) -> None:
    compiled = {name: opened_in_plain_keras["compiled"][name + suffix] for name in _PRESETS}

    assert compiled == {name: not one.config.loss.startswith("unclipped") for name, one in _PRESETS.items()}


@pytest.mark.parametrize("name", ["keras-mlp", "batchnorm", "cnn"])
def test_weights_alone_go_into_an_architecture_rebuilt_in_plain_keras(
    opened_in_plain_keras: dict[str, Any], networks: dict[str, keras.Sequential], digits: Dataset, name: str
) -> None:
    theirs = opened_in_plain_keras["outputs"][f"{name}.weights.h5"]

    np.testing.assert_array_equal(theirs, _outputs(networks[name], digits))


@pytest.mark.parametrize("name", _PRESETS)
def test_every_preset_comes_back_with_its_weights(
    networks: dict[str, keras.Sequential], digits: Dataset, tmp_path: Path, name: str
) -> None:
    """Layer by layer; that the predictions are the same too is asked of plain Keras above."""
    model = networks[name]
    rebuilt = build_model(PRESETS[name].config.replace(dataset="digits", seed=1), digits)

    save_model(model, tmp_path / "model.keras")
    save_model(model, tmp_path / "model.h5")
    save_weights(model, tmp_path / "model.weights.h5")
    load_weights(rebuilt, tmp_path / "model.weights.h5")

    for again in (load_model(tmp_path / "model.keras"), load_model(str(tmp_path / "model.h5")), rebuilt):
        assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
        for ours, theirs in zip(model.layers, again.layers, strict=True):
            for kept, loaded in zip(ours.get_weights(), theirs.get_weights(), strict=True):
                np.testing.assert_array_equal(kept, loaded)


def test_a_whole_model_keeps_the_optimizers_state(digits: Dataset, tmp_path: Path) -> None:
    """In `.keras`; Keras's own `.h5` keeps the number of steps alone."""
    model = build_model(_config(), digits)
    _train_on(model, digits, range(3))

    again = load_model(save_model(model, tmp_path / "model.keras"))

    assert int(again.optimizer.iterations.numpy()) == 3
    for ours, theirs in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_a_model_can_be_opened_without_what_only_training_needs(digits: Dataset, tmp_path: Path) -> None:
    model = build_model(ExperimentConfig(layers=[]), digits)
    path = save_model(model, tmp_path / "model.keras")

    again = load_model(path, compile=False)

    assert not again.compiled
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])


def test_saving_leaves_the_model_as_it_was(digits: Dataset, tmp_path: Path) -> None:
    model = build_model(_config(loss="unclipped_crossentropy_sum"), digits)
    before = _outputs(model, digits)

    save_model(model, tmp_path / "model.keras")
    save_weights(model, tmp_path / "model.weights.h5")

    assert model.compiled
    _train_on(model, digits, range(1))
    assert not np.array_equal(_outputs(model, digits), before)


def test_saving_in_one_format_spoils_nothing_for_the_other(digits: Dataset, tmp_path: Path) -> None:
    """Keras's `.h5` writer takes the optimizer out of the model's compile settings."""
    model = build_model(_config(learning_rate=0.01), digits)

    save_model(model, tmp_path / "first.h5")
    again = load_model(save_model(model, tmp_path / "second.keras"))

    assert type(again.optimizer) is keras.optimizers.Adam
    assert float(again.optimizer.learning_rate) == pytest.approx(0.01)


def test_weights_that_plain_keras_saved_are_loaded(digits: Dataset, tmp_path: Path) -> None:
    theirs = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(32, "relu"),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    theirs.compile("adam", "categorical_crossentropy")
    _train_on(theirs, digits, range(2))
    theirs.save_weights(tmp_path / "plain.weights.h5")
    ours = build_model(_config(), digits)

    load_weights(ours, tmp_path / "plain.weights.h5")

    np.testing.assert_array_equal(_outputs(ours, digits), _outputs(theirs, digits))


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            [Dense(units=64), Dense(units=16)],
            "{path} does not fit at layer 2 (dense_1): it holds 64 × 32 and 32, the network needs 64 × 16 and 16. "
            "Build the network that the weights were saved from.",
        ),
        (
            [Dense(units=64)],
            "{path} does not fit at layer 2 (dense_1): it holds 64 × 32 and 32, the network needs 64 × 10 and 10. "
            "Build the network that the weights were saved from.",
        ),
        (
            [Dense(units=64), Dense(units=32), Dense(units=10)],
            "{path} does not fit at layer 4 (dense_3): it holds no weights, the network needs 10 × 10 and 10. "
            "Build the network that the weights were saved from.",
        ),
        (
            [Dense(units=64, use_bias=False), Dense(units=32)],
            "{path} does not fit at layer 1 (dense): it holds 64 × 64 and 64, the network needs 64 × 64. "
            "Build the network that the weights were saved from.",
        ),
        (
            [Conv2D(filters=2), Flatten(), Dense(units=32)],
            "{path} does not fit at layer 1 (conv2d): it holds no weights, the network needs 3 × 3 × 1 × 2 and 2. "
            "Build the network that the weights were saved from.",
        ),
        (
            [Dense(units=64), BatchNormalization(), Dense(units=32)],
            "{path} does not fit at layer 2 (batch_normalization): it holds no weights, the network needs "
            "64 and 64 and 64 and 64. Build the network that the weights were saved from.",
        ),
    ],
    ids=["narrower", "shorter", "longer", "without bias", "convolution", "batch normalisation"],
)
def test_a_mismatch_names_the_layer_and_changes_nothing(
    digits: Dataset, tmp_path: Path, layers: list[Any], sentence: str
) -> None:
    path = save_weights(build_model(_config(), digits), tmp_path / "model.weights.h5")
    other = build_model(_config(layers=layers), digits)
    before = other.get_weights()

    with pytest.raises(ModelFileError) as caught:
        load_weights(other, path)

    assert str(caught.value) == sentence.format(path=path)
    assert all(np.array_equal(old, new) for old, new in zip(before, other.get_weights(), strict=True))


def test_layers_that_the_network_lacks_are_named(digits: Dataset, tmp_path: Path) -> None:
    with_more = build_model(_config(layers=[Dense(units=64), BatchNormalization(), Dense(units=32)]), digits)
    path = save_weights(with_more, tmp_path / "model.weights.h5")

    with pytest.raises(ModelFileError) as caught:
        load_weights(build_model(_config(), digits), path)
    assert str(caught.value) == (
        f"{path} holds layers that the network lacks: batch_normalization. Add them, or use others."
    )


_SAVERS = [(save_model, "model.keras"), (save_model, "model.h5"), (save_weights, "model.weights.h5")]
_LOADERS: list[tuple[Callable[[keras.Model, Path], object], str]] = [
    (lambda model, path: load_model(path), "model.keras"),
    (lambda model, path: load_model(path), "model.h5"),
    (load_weights, "model.weights.h5"),
]
_NAMES = ["keras", "h5", "weights"]


@pytest.fixture(scope="module")
def small(digits: Dataset) -> keras.Sequential:
    return build_model(_config(layers=[Dense(units=8), Dropout(rate=0.1)]), digits)


@pytest.mark.parametrize(("save", "name"), _SAVERS, ids=_NAMES)
def test_nothing_is_overwritten_unasked(
    small: keras.Model, tmp_path: Path, save: Callable[..., Path], name: str
) -> None:
    path = tmp_path / name
    path.write_text("somebody's work")

    with pytest.raises(ModelFileError) as caught:
        save(small, path)

    assert str(caught.value) == f"{path} exists already. Choose another name, or pass overwrite=True."
    assert path.read_text() == "somebody's work"


@pytest.mark.parametrize(("save", "name"), _SAVERS, ids=_NAMES)
def test_a_file_is_overwritten_where_that_is_asked_for(
    small: keras.Model, tmp_path: Path, save: Callable[..., Path], name: str
) -> None:
    (tmp_path / name).write_text("somebody's work")

    assert save(small, str(tmp_path / name), overwrite=True) == tmp_path / name

    assert (tmp_path / name).stat().st_size > 1000
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("save", "name", "method"),
    [
        (save_model, "model.keras", "save"),
        (save_model, "model.h5", "save"),
        (save_weights, "model.weights.h5", "save_weights"),
    ],
    ids=_NAMES,
)
def test_a_write_that_fails_keeps_the_old_file(
    small: keras.Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    save: Callable[..., Path],
    name: str,
    method: str,
) -> None:
    path = save(small, tmp_path / name)
    before = path.read_bytes()

    def fail_half_way(model: keras.Model, target: Path, *arguments: Any, **settings: Any) -> None:
        Path(target).write_bytes(before[: len(before) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Sequential, method, fail_half_way)
    with pytest.raises(ModelFileError) as caught:
        save(small, path, overwrite=True)

    assert str(caught.value) == (
        f"{path} can't be written (No space left on device). An existing file is untouched. "
        "Free some space or choose another folder."
    )
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("save", "name"), _SAVERS, ids=_NAMES)
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.9, 0.999])
def test_a_disk_that_fills_up_on_the_way_keeps_the_old_file(
    small: keras.Model, tmp_path: Path, save: Callable[..., Path], name: str, share: float
) -> None:
    """HDF5 takes the process down with it where one of its writes fails: so none may."""
    path = save(small, tmp_path / name)
    before = path.read_bytes()

    with files_of_at_most(int(share * len(before))), pytest.raises(ModelFileError) as caught:
        save(small, path, overwrite=True)

    assert str(caught.value) == (
        f"{path} can't be written (File too large). An existing file is untouched. "
        "Free some space or choose another folder."
    )
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("preset", ["keras-mlp", "cnn", "batchnorm"])
@pytest.mark.parametrize(("save", "name"), _SAVERS[1:], ids=_NAMES[1:])
def test_where_there_is_room_for_the_room_that_is_made_there_is_room_for_the_file(
    digits: Dataset, tmp_path: Path, save: Callable[..., Path], name: str, preset: str
) -> None:
    """What `_make_room` tries out is more than HDF5 then needs, the optimizer's state of a trained network included."""
    model = build_model(PRESETS[preset].config.replace(dataset="digits"), digits)
    model.optimizer.build(model.trainable_variables)
    storage._make_room(tmp_path / "room", model)
    room = (tmp_path / "room").stat().st_size

    with files_of_at_most(room):
        save(model, tmp_path / name)

    assert (tmp_path / name).stat().st_size < room


@pytest.mark.parametrize(("load", "name"), _LOADERS, ids=_NAMES)
@pytest.mark.parametrize("damage", ["nothing", "text", "random bytes", "first bytes", "half", "all but the end"])
def test_a_damaged_file_is_refused_and_changes_nothing(
    small: keras.Model,
    tmp_path: Path,
    load: Callable[[keras.Model, Path], object],
    name: str,
    damage: str,
) -> None:
    path = (save_weights if name == "model.weights.h5" else save_model)(small, tmp_path / name)
    whole, before = path.read_bytes(), small.get_weights()
    path.write_bytes(
        {
            "nothing": b"",
            "text": b"Dear all, this is no model.\n" * 100,
            "random bytes": np.random.default_rng(0).bytes(len(whole)),
            "first bytes": whole[:100],
            "half": whole[: len(whole) // 2],
            "all but the end": whole[:-200],
        }[damage]
    )

    with pytest.raises(ModelFileError, match=f"^{path} "):
        load(small, path)

    assert all(np.array_equal(old, new) for old, new in zip(before, small.get_weights(), strict=True))


def _replaced(file: h5py.File, place: str, value: Any = None) -> None:
    del file[place]
    file[place] = np.zeros(3) if value is None else value


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: _replaced(file, "layers"),
        lambda file: _replaced(file, "layers/dense"),
        lambda file: _replaced(file, "layers/dense/vars"),
        lambda file: file.move("layers/dense/vars/0", "layers/dense/vars/kernel"),
        lambda file: file["layers/dense/vars"].move("0", "2"),
        lambda file: file["layers/dense/vars"].create_group("2"),
        lambda file: _replaced(file, "layers/dense/vars/0", np.full((64, 8), b"text")),
    ],
    ids=[
        "the layers are numbers",
        "a layer is numbers",
        "a layer's weights are no group",
        "a weight has another name",
        "a weight is missing",
        "a weight is a group",
        "a weight is text",
    ],
)
def test_a_weights_file_with_another_inside_is_refused_and_changes_nothing(
    small: keras.Model, tmp_path: Path, damage: Callable[[h5py.File], None]
) -> None:
    path, before = save_weights(small, tmp_path / "model.weights.h5"), small.get_weights()
    with h5py.File(path, "r+") as file:
        damage(file)

    with pytest.raises(ModelFileError, match=f"^{path} "):
        load_weights(small, path)

    assert all(np.array_equal(old, new) for old, new in zip(before, small.get_weights(), strict=True))


def test_a_zip_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("letter.txt", "Dear all")

    with pytest.raises(ModelFileError, match=f"^{path} can't be opened as a Keras model: "):
        load_model(path)


def test_weights_alone_under_a_models_name_are_refused(small: keras.Model, tmp_path: Path) -> None:
    save_weights(small, tmp_path / "model.weights.h5").rename(tmp_path / "model.h5")

    with pytest.raises(ModelFileError, match=r"^.*model\.h5 can't be opened as a Keras model: "):
        load_model(tmp_path / "model.h5")


@pytest.mark.parametrize("name", ["model", "model.pkl", "model.h5.txt", "model.KERAS", "keras"])
def test_the_suffix_says_what_the_file_is(small: keras.Model, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for call in (lambda: save_model(small, path), lambda: load_model(path)):
        with pytest.raises(ModelFileError) as caught:
            call()
        assert str(caught.value) == f"The name must end in .keras or .h5. Received: {path}."
    for call in (lambda: save_weights(small, path), lambda: load_weights(small, path)):
        with pytest.raises(ModelFileError) as caught:
            call()
        assert str(caught.value) == f"The name must end in .weights.h5. Received: {path}."


def test_names_for_whole_models_and_for_weights_are_told_apart(small: keras.Model, tmp_path: Path) -> None:
    weights, whole = tmp_path / "model.weights.h5", tmp_path / "model.h5"
    for call in (save_model, lambda model, path: load_model(path)):
        with pytest.raises(ModelFileError) as caught:
            call(small, weights)
        assert str(caught.value) == (
            f"{weights} is a name for weights only. Use save_weights and load_weights, or .keras."
        )
    with pytest.raises(ModelFileError) as caught:
        save_weights(small, whole)
    assert str(caught.value) == f"The name must end in .weights.h5. Received: {whole}."


def test_a_folder_that_does_not_exist_is_said_before_anything_is_written(small: keras.Model, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        save_model(small, tmp_path / "new" / "model.keras")
    assert str(caught.value) == f"The folder {tmp_path / 'new'} does not exist. Make it first, or choose another."


def test_a_missing_file_is_named(small: keras.Model, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        load_model(tmp_path / "model.keras")
    assert str(caught.value) == f"load_model found no file {tmp_path / 'model.keras'}. Check the folder and the name."
    with pytest.raises(ModelFileError) as caught:
        load_weights(small, tmp_path / "model.weights.h5")
    assert str(caught.value) == (
        f"load_weights found no file {tmp_path / 'model.weights.h5'}. Check the folder and the name."
    )
