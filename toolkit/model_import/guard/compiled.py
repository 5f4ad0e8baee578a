"""A file's compile settings: they may name only Keras's own objects, and of them only the loss is used."""

import re
from typing import Any

from .objects import is_object
from .refusals import refusal, shown_origin

_MODULES = (
    *("keras.optimizers", "keras.optimizers.legacy", "keras.optimizers.schedules"),
    *("keras.losses", "keras.metrics"),
)
#: In these modules, the names of Keras's classes begin with a capital letter and those of its functions don't.
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]{0,60}")
#: The names of Keras's functions for losses and metrics.
_FUNCTIONS = {
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
}
#: The short names that `compile` takes.
_SHORT = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}
_LOSSES = {name.replace("_", ""): name for name in _FUNCTIONS if "accuracy" not in name}
#: What Keras 2 puts before the names of its newer optimizers.
_CUSTOM = "Custom>"
_REMEDY = "Save keras.Sequential(model.layers) instead, which leaves the compile settings out."


def check_compiled(value: Any, *, legacy: bool = False) -> None:
    """Refuse compile settings that name anything but optimizers, losses and metrics, at any depth.

    legacy: whether modules may be missing, as in an `.h5` file. Raises `ModelFileError`.
    """
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            if ("class_name" in one or "module" in one) and not _is_known(one, legacy):
                raise refusal("The compile settings", "Keras's own", shown_origin(one), _REMEDY)
            rest += one.values()
        elif isinstance(one, list):
            rest += one


def _is_known(value: dict[str, Any], legacy: bool) -> bool:
    name = value.get("class_name")
    if not isinstance(name, str):
        return False
    if legacy and value.keys() == {"class_name", "config"} and name.startswith(_CUSTOM):
        return _CLASS.fullmatch(name.removeprefix(_CUSTOM)) is not None
    if value.get("module") == "builtins":
        return name == value.get("registered_name") == "function" and value.get("config") in _FUNCTIONS
    # The tutorials' loss, in a model that was built here; older versions had the class in another module.
    if value.get("module") in ("toolkit.models.build", "toolkit.models"):
        return name == value.get("registered_name") == "UnclippedCrossentropy"
    if is_object(value, "keras", {"DTypePolicy"}):
        return True
    return _CLASS.fullmatch(name) is not None and any(
        is_object(value, module, {name}, legacy=legacy) for module in _MODULES
    )


def loss_of(compiled: Any) -> str | None:
    """Keras's name of the loss in compile settings that were checked, such as "mean_squared_error".

    None if they name none, one that is not known here, or several.
    """
    loss = compiled.get("loss") if isinstance(compiled, dict) else None
    if isinstance(loss, list) and len(loss) == 1:
        loss = loss[0]
    if isinstance(loss, dict):
        loss = loss.get("config") if loss.get("module") == "builtins" else loss.get("class_name")
    if not isinstance(loss, str):
        return None
    return _SHORT.get(loss.lower()) or _LOSSES.get(loss.replace("_", "").lower())
