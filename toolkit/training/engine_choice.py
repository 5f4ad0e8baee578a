"""Which engine suits a network and the length of its training, and the batch size for evaluation."""

from typing import Literal

from ..config import ExperimentConfig
from ..config.layers import PICTURE_KINDS
from ..config.losses import LOSSES
from ..config.shapes import Shape, count_parameters

#: What a config's "auto" resolves to.
EngineKind = Literal["graph", "xla"]

#: How many seconds XLA saves per step over the plain graph, how many more per parameter, and how much longer it takes
#: to start with its compiled programs in the disk cache. Measured: benchmarks/README.md.
_SAVED_PER_STEP, _SAVED_PER_PARAMETER, _START = 0.6e-3, 5e-9, 0.8

_MEASURED_AT_A_TIME = 1000


def choose_engine(config: ExperimentConfig, row_shape: Shape, num_classes: int, *, num_rows: int) -> EngineKind:
    """The engine that the config names, or the one expected to finish first.

    XLA compiles a whole loop of steps into one program: four to nine times as fast as single steps for dense
    networks, many times slower with convolution or pooling, and compiling takes a second or two, in which a very
    short training would already be over. num_rows: the training rows, without those held back.
    """
    if config.engine != "auto":
        return config.engine
    if _takes_maps(config):
        return "graph"
    steps = config.steps or (config.epochs or 0) * -(-num_rows // config.batch_size)
    saved = steps * (_SAVED_PER_STEP + _SAVED_PER_PARAMETER * count_parameters(config, row_shape, num_classes))
    return "xla" if saved > _START else "graph"


def evaluation_batch_size(config: ExperimentConfig, batch_size: int) -> int:
    """The batch size for evaluation: a thousand, since without gradients a larger batch costs only memory.

    The training's `batch_size` if feature maps would take too much memory, or if the loss is a sum over the batch,
    which grows with it.
    """
    if _takes_maps(config) or LOSSES[config.loss].sums_batch:
        return batch_size
    return max(batch_size, _MEASURED_AT_A_TIME)


def _takes_maps(config: ExperimentConfig) -> bool:
    """Whether a layer works on feature maps rather than on a row of numbers: convolution, pooling."""
    return any(layer.kind in PICTURE_KINDS for layer in config.layers)
