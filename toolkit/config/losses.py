"""The losses that a config can name: one record each, which form, command line, export and docs all read.

Imports no TensorFlow, since forms and `--help` read it. To add one of Keras's losses, add its record to `_ALL` and
regenerate docs/choices.md; tests/config/test_choices.py reports what is missing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LossChoice:
    """One loss.

    name: the name in a config; for Keras's losses, Keras's own. title: the display name.
    keras_class: its class in keras.losses; None: the tutorials' −Σ y·log p, which Keras lacks and which gives NaN for
    a probability of 0. takes_logits: whether it can apply the softmax itself. takes_labels: whether it takes labels
    as integers rather than one-hot rows. sums_batch: whether it sums over the rows of a batch rather than averaging.
    help: what it does, in a sentence for learners.
    """

    name: str
    title: str
    keras_class: str | None
    takes_logits: bool
    takes_labels: bool = False
    sums_batch: bool = False
    help: str

    @property
    def is_clipped(self) -> bool:
        """Whether probabilities are clipped so that log(0) can't occur: Keras does so, the tutorials did not."""
        return self.keras_class is not None


_ALL = (
    LossChoice(
        name="categorical_crossentropy",
        title="categorical cross-entropy",
        keras_class="CategoricalCrossentropy",
        takes_logits=True,
        help="How surprised the network is by the right class: −log of the probability that it gave it.",
    ),
    LossChoice(
        name="sparse_categorical_crossentropy",
        title="sparse categorical cross-entropy",
        keras_class="SparseCategoricalCrossentropy",
        takes_logits=True,
        takes_labels=True,
        help="The same value, from labels that are whole numbers instead of one-hot rows.",
    ),
    LossChoice(
        name="unclipped_crossentropy_sum",
        title="−Σ y·log p, sum of the batch",
        keras_class=None,
        takes_logits=False,
        sums_batch=True,
        help="The tutorials' own: the rows of a batch are added up, and a probability of 0 gives NaN.",
    ),
    LossChoice(
        name="unclipped_crossentropy_mean",
        title="−Σ y·log p, mean of the batch",
        keras_class=None,
        takes_logits=False,
        help="The tutorials' own: the mean of the rows of a batch, and a probability of 0 gives NaN.",
    ),
)

#: name -> record, in the order in which a form offers them.
LOSSES: dict[str, LossChoice] = {one.name: one for one in _ALL}
