"""How a training is computed: which engine suits a network and a length, and how many rows it measures at a time."""

from typing import Literal

from ..config import ExperimentConfig
from ..config.layers import PICTURE_KINDS
from ..config.losses import LOSSES
from ..config.shapes import Shape, count_parameters

#: What a config's "auto" comes down to.
EngineKind = Literal["graph", "xla"]

#: What XLA saves in each step beside the plain graph, in seconds, and more for each number that the network learns;
#: and what it takes longer to begin with, its compiled programs found on disk. Measured: benchmarks/README.md.
_SAVED_PER_STEP, _SAVED_PER_PARAMETER, _START = 0.6e-3, 5e-9, 0.8

_MEASURED_AT_A_TIME = 1000


def choose_engine(config: ExperimentConfig, row_shape: Shape, num_classes: int, *, num_rows: int) -> EngineKind:
    """The engine that the config names, or the one that is expected to end first.

    XLA makes one machine program of a whole loop of steps: four to nine times as fast as a step at a time for dense
    networks, many times slower where there is convolution or pooling, and it takes a second or two to compile; a very
    short training is over by then. num_rows: the rows to train on, those held back left out.
    """
    if config.engine != "auto":
        return config.engine
    if _takes_maps(config):
        return "graph"
    steps = config.steps or (config.epochs or 0) * -(-num_rows // config.batch_size)
    saved = steps * (_SAVED_PER_STEP + _SAVED_PER_PARAMETER * count_parameters(config, row_shape, num_classes))
    return "xla" if saved > _START else "graph"


def evaluation_batch_size(config: ExperimentConfig, batch_size: int) -> int:
    """How many rows are measured at a time: a thousand, since without gradients a larger batch costs only memory.

    As many as batch_size, the training's, where the maps of pictures take that memory, and where a loss adds the rows
    of a batch up: it grows with the batch.
    """
    if _takes_maps(config) or LOSSES[config.loss].sums_batch:
        return batch_size
    return max(batch_size, _MEASURED_AT_A_TIME)


def _takes_maps(config: ExperimentConfig) -> bool:
    """Whether a layer works on maps of a picture rather than on a row of numbers: convolution, pooling."""
    return any(layer.kind in PICTURE_KINDS for layer in config.layers)
