"""See how a neural network learns: data, models, training, the overfitting point, predictions.

The public names, in the order in which an experiment uses them. Names that need TensorFlow are imported
when they are first used, so that `import toolkit` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .system.backend import choose_backend, import_tensorflow

__version__ = "0.1.0"

choose_backend()

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
    "PRESETS": "presets",
    "preset": "presets",
    "Dataset": "datasets",
    "load_dataset": "datasets",
    "split_validation": "preparation",
    "one_hot": "preparation",
    "build_model": "models",
    "train": "training",
    "History": "history",
    "OverfittingReport": "overfitting",
    "find_overfitting": "overfitting",
    "Evaluation": "metrics",
    "evaluate": "evaluation",
    "raw_outputs": "prediction",
    "predict": "prediction",
    "open_picture": "handwriting",
    "prepare_digit": "handwriting",
    "save_model": "storage",
    "load_model": "storage",
    "save_weights": "storage",
    "load_weights": "storage",
    "list_runs": "runs",
    "open_run": "runs",
    "Comparison": "comparison",
    "compare_runs": "comparison",
    "Significance": "significance",
    "read_tests": "significance",
    "compare_accuracies": "significance",
    "write_report": "report",
    "export_code": "code_export",
}
_NEED_TENSORFLOW = {"models", "training", "evaluation", "prediction", "storage"}

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
