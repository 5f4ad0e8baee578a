"""TensorFlow comes late, silently, and as Keras's backend whatever the user's settings say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit
from toolkit.system.backend import choose_backend

ROOT = Path(__file__).resolve().parents[2]


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
    (home / "keras.json").write_text(json.dumps({"backend": "jax"}))
    code = (
        "import os, sys\n"
        "from toolkit.system.backend import import_tensorflow\n"
        "import_tensorflow()\n"
        "os.write(2, b'imported\\n')\n"
        "import keras, tensorflow\n"
        "print(keras.backend.backend())\n"
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
    assert imported.stdout == "tensorflow\n"


def test_tensorflow_and_keras_give_no_warnings_later_either(imported: subprocess.CompletedProcess[str]) -> None:
    assert imported.stderr == "imported\nstill here\n"


def test_an_import_that_fails_shows_what_was_written_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("import os\nos.write(2, b'the reason\\n')\nraise ImportError('no keras')\n")

    done = _run("from toolkit.system.backend import import_tensorflow\nimport_tensorflow()", PYTHONPATH=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("the reason\n")
    assert done.stderr.endswith("ImportError: no keras\n")


@pytest.mark.parametrize("name", toolkit.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert name in dir(toolkit)
    assert getattr(toolkit, name).__doc__


def test_a_name_that_does_not_exist_is_missing_as_everywhere_in_python() -> None:
    with pytest.raises(AttributeError, match=r"^module 'toolkit' has no attribute 'trian'$"):
        _ = toolkit.trian
