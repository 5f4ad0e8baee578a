"""TensorFlow comes late, silently, and as Keras's backend whatever the user's settings say."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import pytest

import toolkit
from toolkit.system.backend import choose_backend, settle_keras

ROOT = Path(__file__).resolve().parents[2]
#: What keras.json may say against the toolkit.
OTHER_SETTINGS = {"image_data_format": "channels_first", "floatx": "float16", "epsilon": 1e-3, "backend": "jax"}


def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_tensorflow_is_keras_backend_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")

    choose_backend()

    assert os.environ["KERAS_BACKEND"] == "tensorflow"


def test_a_log_level_that_the_user_chose_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")

    choose_backend()

    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"


def test_looking_at_data_presets_and_runs_does_not_import_tensorflow() -> None:
    done = _run(
        "import sys, toolkit, toolkit.cli, toolkit.experiment\n"
        "toolkit.load_dataset('digits'), toolkit.preset('mlp'), toolkit.list_runs, toolkit.find_overfitting\n"
        "toolkit.split_validation, toolkit.prepare_digit, toolkit.History\n"
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A process in which TensorFlow was imported, then warned, with settings that ask for something else."""
    home = tmp_path_factory.mktemp("keras-home")
    (home / "keras.json").write_text(json.dumps(OTHER_SETTINGS))
    code = (
        "import os, sys\n"
        "from toolkit.system.backend import import_tensorflow\n"
        "import_tensorflow()\n"
        "os.write(2, b'imported\\n')\n"
        "import keras, tensorflow\n"
        "print(keras.backend.backend())\n"
        "own = keras.config\n"
        "print(own.floatx(), own.epsilon(), own.image_data_format(), own.dtype_policy().name)\n"
        "import_tensorflow()\n"
        "tensorflow.get_logger().warning('retracing')\n"
        "from absl import logging\n"
        "logging.warning('HDF5 is an old format')\n"
        "print('still here', file=sys.stderr)\n"
    )
    # Level 0 lets TensorFlow's native code say everything that it has to say.
    return _run(code, KERAS_BACKEND="jax", KERAS_HOME=str(home), TF_CPP_MIN_LOG_LEVEL="0")


def test_the_import_is_silent_and_standard_error_works_afterwards(
    imported: subprocess.CompletedProcess[str],
) -> None:
    lines = imported.stderr.splitlines()
    assert lines[0] == "imported"
    assert lines[-1] == "still here"
    assert imported.returncode == 0


def test_keras_computes_with_tensorflow(imported: subprocess.CompletedProcess[str]) -> None:
    assert imported.stdout.splitlines()[0] == "tensorflow"


def test_tensorflow_and_keras_give_no_warnings_later_either(imported: subprocess.CompletedProcess[str]) -> None:
    assert imported.stderr == "imported\nstill here\n"


def test_an_import_that_fails_shows_what_was_written_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("import os\nos.write(2, b'the reason\\n')\nraise ImportError('no keras')\n")

    done = _run("from toolkit.system.backend import import_tensorflow\nimport_tensorflow()", PYTHONPATH=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("the reason\n")
    assert done.stderr.endswith("ImportError: no keras\n")


#: Trains a small convolutional network and prints what it became.
TRAINS = (
    "from toolkit import build_model, load_dataset, predict, preset, train\n"
    "config = preset('cnn').replace(dataset='digits', epochs=1, layers=[{'kind': 'conv2d', 'filters': 3},"
    " {'kind': 'flatten'}])\n"
    "data = load_dataset('digits')\n"
    "model = build_model(config, data)\n"
    "history = train(model, data, config)\n"
    "print(history.frame['loss'].tolist(), predict(model, data.x_test[:3])[1].tolist())\n"
    "print(sum(weight.sum() for weight in model.get_weights()), model.dtype)\n"
)


@pytest.mark.slow
def test_keras_json_changes_no_bit_of_a_training(tmp_path: Path) -> None:
    """In processes of their own, since Keras reads it when it is imported."""
    outputs = []
    for name, settings in {"none": {}, "others": OTHER_SETTINGS}.items():
        home = tmp_path / name
        home.mkdir()
        (home / "keras.json").write_text(json.dumps(settings))
        done = _run(TRAINS, KERAS_HOME=str(home))
        assert done.stderr == ""
        outputs.append(done.stdout)
    assert outputs[0].endswith("float32\n")
    assert outputs[0] == outputs[1]


def test_keras_has_the_toolkits_settings_after_the_import_whatever_the_users_say(
    imported: subprocess.CompletedProcess[str],
) -> None:
    assert imported.stdout.splitlines()[1:] == ["float32 1e-07 channels_last float32"]


def test_settings_of_a_notebook_are_undone_aloud() -> None:
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_float16")

    with pytest.warns(UserWarning, match="Keras had other settings") as caught:
        settle_keras()

    assert [str(one.message) for one in caught] == [
        "Keras had other settings than the toolkit relies on (image_data_format channels_first, dtype_policy "
        "mixed_float16): they are Keras's defaults now."
    ]
    assert (keras.config.image_data_format(), keras.config.dtype_policy().name) == ("channels_last", "float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settle_keras()


def test_keras_that_already_runs_on_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(toolkit.ToolkitError) as caught:
        settle_keras()
    assert str(caught.value) == (
        "Keras must use TensorFlow here, and was imported with the backend jax. Restart Python, and import toolkit "
        "before keras."
    )


@pytest.mark.parametrize("name", toolkit.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert name in dir(toolkit)
    assert getattr(toolkit, name).__doc__


def test_a_name_that_does_not_exist_is_missing_as_everywhere_in_python() -> None:
    with pytest.raises(AttributeError, match=r"^module 'toolkit' has no attribute 'trian'$"):
        _ = toolkit.trian
