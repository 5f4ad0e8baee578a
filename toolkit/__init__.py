"""See how a neural network learns: data, models, training, the overfitting point, predictions.

The public names, in the order in which an experiment uses them. Names that need TensorFlow are imported
when they are first used, so that `import toolkit` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .notebook import register
from .system.backend import choose_backend, import_tensorflow

__version__ = "0.1.0"

choose_backend()
register()

if TYPE_CHECKING:
    from .analysis.comparison import Comparison, compare_runs
    from .analysis.evaluation import evaluate
    from .analysis.metrics import Evaluation
    from .analysis.overfitting import OverfittingReport, find_overfitting
    from .analysis.significance import Significance, compare_accuracies, read_tests
    from .code_export import export_code
    from .config import ExperimentConfig
    from .config.presets import PRESETS, preset
    from .datasets import Dataset, load_dataset
    from .datasets.preprocessing import one_hot, split_validation
    from .errors import ToolkitError
    from .handwriting import open_picture, prepare_digit
    from .models.build import build_model
    from .models.prediction import predict, raw_outputs
    from .models.storage import load_model, load_weights, save_model, save_weights
    from .report import write_report
    from .runs import list_runs, open_run
    from .training.history import History
    from .training.trainer import train

_MODULES = {
    "ToolkitError": "errors",
    "ExperimentConfig": "config",
    "PRESETS": "config.presets",
    "preset": "config.presets",
    "Dataset": "datasets",
    "load_dataset": "datasets",
    "split_validation": "datasets.preprocessing",
    "one_hot": "datasets.preprocessing",
    "build_model": "models.build",
    "train": "training.trainer",
    "History": "training.history",
    "OverfittingReport": "analysis.overfitting",
    "find_overfitting": "analysis.overfitting",
    "Evaluation": "analysis.metrics",
    "evaluate": "analysis.evaluation",
    "raw_outputs": "models.prediction",
    "predict": "models.prediction",
    "open_picture": "handwriting",
    "prepare_digit": "handwriting",
    "save_model": "models.storage",
    "load_model": "models.storage",
    "save_weights": "models.storage",
    "load_weights": "models.storage",
    "list_runs": "runs",
    "open_run": "runs",
    "Comparison": "analysis.comparison",
    "compare_runs": "analysis.comparison",
    "Significance": "analysis.significance",
    "read_tests": "analysis.significance",
    "compare_accuracies": "analysis.significance",
    "write_report": "report",
    "export_code": "code_export",
}
_NEED_TENSORFLOW = {"models.build", "training.trainer", "analysis.evaluation", "models.prediction", "models.storage"}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    if _MODULES[name] in _NEED_TENSORFLOW:
        import_tensorflow()
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
