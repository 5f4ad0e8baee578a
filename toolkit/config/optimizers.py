"""The optimizers that a config can name: one record each, which form, command line, export and docs all read.

Imports no TensorFlow, since forms and `--help` read it. To add one of Keras's optimizers, add its record to `_ALL`
and regenerate docs/choices.md; tests/config/test_choices.py reports what is missing.
"""

from dataclasses import dataclass

#: The default rate of every config before each optimizer had its own.
_ONE_FOR_ALL = 0.001


@dataclass(frozen=True, kw_only=True)
class OptimizerChoice:
    """One optimizer.

    name: the name in a config. title: the display name. keras_class: its class in keras.optimizers.
    keras_learning_rate: the default of Keras's class, which an exported script may leave out.
    usual_learning_rate: the rate to try first. learning_rate: the default of a config: the usual rate, except
    for optimizers whose older config files meant another one.
    slots: how many numbers it keeps per weight; momentum_slots: how many more with momentum.
    takes: the config's fields that it uses besides the rate. help: what it does, in a sentence for learners.
    reference: where it was published.
    """

    name: str
    title: str
    keras_class: str
    keras_learning_rate: float
    usual_learning_rate: float
    learning_rate: float
    slots: int
    momentum_slots: int = 0
    takes: tuple[str, ...] = ()
    help: str
    reference: str

    @property
    def advice(self) -> str:
        """What to do about an invalid rate: `Try 0.001, the usual start for Adam.`"""
        return f"Try {self.usual_learning_rate:g}, the usual start for {self.title}."


_ALL = (
    OptimizerChoice(
        name="sgd",
        title="SGD",
        keras_class="SGD",
        keras_learning_rate=0.01,
        usual_learning_rate=0.01,
        learning_rate=_ONE_FOR_ALL,
        slots=0,
        momentum_slots=1,
        takes=("momentum", "nesterov"),
        help="Steps straight down the slope of each batch.",
        reference="https://doi.org/10.1214/aoms/1177729586",
    ),
    OptimizerChoice(
        name="rmsprop",
        title="RMSprop",
        keras_class="RMSprop",
        keras_learning_rate=0.001,
        usual_learning_rate=0.001,
        learning_rate=_ONE_FOR_ALL,
        slots=1,
        momentum_slots=1,
        takes=("momentum",),
        help="Divides the step of each weight by the recent size of its slopes.",
        reference="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
    ),
    OptimizerChoice(
        name="adagrad",
        title="Adagrad",
        keras_class="Adagrad",
        keras_learning_rate=0.001,
        # Keras says that Adagrad benefits from higher rates than others; 0.01 was Keras 2's default and is PyTorch's.
        usual_learning_rate=0.01,
        learning_rate=_ONE_FOR_ALL,
        slots=1,
        help="Divides the step of each weight by the size of all its slopes so far, so that steps keep shrinking.",
        reference="https://www.jmlr.org/papers/v12/duchi11a.html",
    ),
    OptimizerChoice(
        name="adam",
        title="Adam",
        keras_class="Adam",
        keras_learning_rate=0.001,
        usual_learning_rate=0.001,
        learning_rate=_ONE_FOR_ALL,
        slots=2,
        help="Averages the recent slopes of each weight and divides by their recent size.",
        reference="https://arxiv.org/abs/1412.6980",
    ),
    OptimizerChoice(
        name="adamw",
        title="AdamW",
        keras_class="AdamW",
        keras_learning_rate=0.001,
        usual_learning_rate=0.001,
        learning_rate=_ONE_FOR_ALL,
        slots=2,
        help="Adam that also makes every weight a little smaller at each step (weight decay).",
        reference="https://arxiv.org/abs/1711.05101",
    ),
    OptimizerChoice(
        name="nadam",
        title="Nadam",
        keras_class="Nadam",
        keras_learning_rate=0.001,
        usual_learning_rate=0.001,
        learning_rate=_ONE_FOR_ALL,
        slots=2,
        help="Adam that looks one step ahead, as Nesterov's momentum does.",
        reference="https://cs229.stanford.edu/proj2015/054_report.pdf",
    ),
    OptimizerChoice(
        name="lion",
        title="Lion",
        keras_class="Lion",
        keras_learning_rate=0.001,
        # The paper's rates are 3 to 10 times smaller than AdamW's, and 0.0001 is the default of its authors' code.
        usual_learning_rate=0.0001,
        learning_rate=0.0001,
        slots=1,
        help="Takes from the averaged slopes only their signs, so that all weights move by the same amount; "
        "its rate is 3 to 10 times smaller than that of AdamW.",
        reference="https://arxiv.org/abs/2302.06675",
    ),
)

#: name -> record, in the order in which a form offers them.
OPTIMIZERS: dict[str, OptimizerChoice] = {one.name: one for one in _ALL}


def optimizer_of(name: object, *, otherwise: str = "adam") -> OptimizerChoice:
    """The optimizer of that name, or `otherwise` if there is none: for defaults and advice, never for training."""
    return OPTIMIZERS.get(name, OPTIMIZERS[otherwise]) if isinstance(name, str) else OPTIMIZERS[otherwise]


def rate_for(name: object, *, before: str, rate: float) -> float:
    """The learning rate after another optimizer is chosen.

    A rate at the default of the optimizer `before` becomes the default of the new one; any other rate was chosen
    and stays.
    """
    return optimizer_of(name, otherwise=before).learning_rate if rate == OPTIMIZERS[before].learning_rate else rate


def optimizers_that_take(field: str) -> list[str]:
    """The names of the optimizers that use a field of the config: "momentum", "nesterov"."""
    return [name for name, one in OPTIMIZERS.items() if field in one.takes]


def usual_rates() -> str:
    """`"sgd 0.01, rmsprop 0.001, …"`."""
    return ", ".join(f"{one.name} {one.usual_learning_rate:g}" for one in OPTIMIZERS.values())
