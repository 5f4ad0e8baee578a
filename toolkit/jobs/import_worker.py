"""Opens one model file from a stranger and ends: `python -m toolkit.jobs.import_worker FOLDER REQUEST`.

Started by `import_model`, which waits for it. Whatever the file does to this process, it harms no other: the kernel
limits its memory and its time. FOLDER holds the file, and the results go there, answer.json last. The CPU time is
short until the rebuilt network is saved; only that one is then tested.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ToolkitError
from ..system.backend import cores, import_tensorflow
from .model_import import ANSWER, PATIENCE, TEST_SECONDS
from .processes import limit_memory, limit_seconds, limit_this_process

Result = TypeVar("Result")

#: Seconds of CPU time: for the guard, since a file can make HDF5 loop, and for rebuilding the network.
_GUARD_SECONDS, _BUILD_SECONDS = 2, 14
#: Seconds for finding out which pixels the network learned.
_PIXEL_SECONDS = 30
#: Bytes of address space: for the guard, and for TensorFlow, which reserves more than it uses.
_GUARD_MEMORY, _KERAS_MEMORY, _PER_CORE = 1 << 30, 5 << 30, 1 << 28


def main(folder: Path, request: dict[str, Any]) -> None:
    """Write the outcome into answer.json: facts, or a sentence under "refused"."""
    limit_this_process(addresses=False)
    limit_memory(_GUARD_MEMORY)
    limit_seconds(PATIENCE)
    try:
        answer = _open(folder, **request)
    except ToolkitError as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "The file asks for more memory than a model of its size needs, so it is not opened."}
    writing = folder / "answer.writing"
    writing.write_text(json.dumps(answer, allow_nan=False), encoding="utf-8")
    writing.rename(folder / ANSWER)


def _open(
    folder: Path,
    *,
    file: str,
    name: str,
    dataset: str | None,
    label: str | None,
    labels: list[str] | None,
    labels_may_differ: bool,
) -> dict[str, Any]:
    """Read, rebuild, save, test. The arguments are those of `import_model`."""
    from ..model_import.guard.model import read_model
    from ..model_import.guard.naming import name_layers

    limit_seconds(PATIENCE, processor_seconds=int(time.process_time()) + _GUARD_SECONDS)
    found = read_model(folder / file, folder)
    limit_memory(_KERAS_MEMORY + cores() * _PER_CORE)
    limit_seconds(PATIENCE)  # TensorFlow's import is not the file's fault.
    from ..model_import.adopt import evaluate_imported, experiment_of, find_data, labels_misfit, notes_of, pixels_of

    network = found.network
    (outputs,) = network.output_shape
    named, other_labels = name_layers(network), ""
    if labels is not None and len(labels) != outputs:
        other_labels = labels_misfit(len(labels), outputs, may_differ=labels_may_differ)
        labels = None
    data = find_data(network.input_shape, outputs, dataset, label, labels)
    config, holds_all_weights = experiment_of(named, data, name, found.loss)
    import_tensorflow()
    from ..model_import.pixels import PixelChoice
    from ..model_import.rebuild import compile_rebuilt, rebuild
    from ..models.storage import save_model, save_weights

    limit_seconds(PATIENCE, processor_seconds=int(time.process_time()) + _BUILD_SECONDS)
    model = rebuild(found)
    # From here on the stranger's file plays no part.
    limit_seconds(2 * TEST_SECONDS)
    broken_off = PixelChoice(sentence="Which pixels it learned was not found out, since the trial broke off.")
    choice = _tried(lambda: pixels_of(model, found, data, seconds=_PIXEL_SECONDS), broken_off)
    tested = rebuild(found, before) if (before := choice.layer()) else model
    loss = compile_rebuilt(tested, config, found.loss)
    save_model(tested, folder / "model.keras")
    save_weights(tested, folder / "model.weights.h5")
    return {
        "config": config.model_dump(mode="json"),
        "input_shape": network.input_shape,
        "outputs": outputs,
        "parameters": tested.count_params(),
        "unnamed_layers": (*(["Rescaling"] if before else []), *named.unnamed),
        "holds_all_weights": holds_all_weights and not before,
        "pixels": choice.pixels.words if choice.pixels else None,
        "loss": loss,
        "labels": labels,
        "notes": [other_labels, choice.sentence, *notes_of(network.precision, found.loss, loss, tested=data.is_known)],
        "test": _tried(
            lambda: evaluate_imported(tested, config, data, folder, seconds=TEST_SECONDS, has_labels=bool(labels)),
            {"message": "It was not tested, since the test broke off."},
        ),
    }


def _tried(attempt: Callable[[], Result], otherwise: Result) -> Result:
    """The result of an attempt; if it fails for any reason, the network is still imported."""
    try:
        return attempt()
    except Exception:  # TensorFlow raises many kinds of errors.
        traceback.print_exc()
        return otherwise


if __name__ == "__main__":
    # Each thread of a BLAS library reserves memory, of which the guard has little; no GPU driver is needed.
    os.environ.update(OPENBLAS_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="")
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
