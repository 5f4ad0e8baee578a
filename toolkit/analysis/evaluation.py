"""How good a network is on rows it has never seen: loss, accuracy, confusion matrix, mistakes, calibration."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.metrics import confusion_matrix

from ..datasets import Dataset
from ..models.classes import NO_CLASS, have_answers
from ..models.prediction import inputs_of, probabilities_of, raw_outputs
from ..training.batches import encode_labels
from ..training.model_interface import interface_of
from .metrics import Evaluation, calibrate, find_worst_mistakes

__all__ = ["Evaluation", "evaluate"]


def evaluate(model: keras.Model, data: Dataset, *, batch_size: int = 1000) -> Evaluation:
    """Measure a model on the test rows, in one pass over them.

    batch_size matters only to a loss that sums over the rows of a batch: such a loss grows with it.
    A row for which the network outputs NaN or infinity has no class and counts as wrong; Keras and scikit-learn assign
    it the first class. If every row is like that, there is no accuracy.

    Raises `DataError` if the rows don't have the shape that the model takes.
    """
    outputs, loss = _measure(model, data, batch_size)
    probabilities = probabilities_of(model, outputs)
    true, answered = data.y_test.astype(np.int64), have_answers(probabilities)
    # From the outputs: equal logits can be rounded to different probabilities.
    scores = probabilities if outputs.shape[1] == 1 else outputs
    labels = np.where(answered, scores.argmax(axis=1), NO_CLASS)
    classes = np.arange(data.num_classes)
    return Evaluation(
        test_loss=loss,
        test_accuracy=float(np.mean(labels == true)) if answered.any() else None,
        confusion_matrix=_confusion(true[answered], labels[answered], classes),
        num_rows=len(true),
        class_names=data.class_names,
        worst_mistakes=find_worst_mistakes(true, probabilities, data.class_names),
        calibration=calibrate(true, probabilities),
        probabilities=probabilities,
        rows_without_answer=int((~answered).sum()),
    )


def _confusion(true: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """scikit-learn's confusion matrix, which refuses an empty set of rows."""
    return confusion_matrix(true, labels, labels=classes) if len(true) else np.zeros((len(classes),) * 2, np.int64)


def _measure(model: keras.Model, data: Dataset, batch_size: int) -> tuple[np.ndarray, float | None]:
    """The outputs for all test rows and the mean loss over the batches, in one pass."""
    inputs = inputs_of(model, data.x_test)
    if not model.compiled or model.loss is None:
        return raw_outputs(model, inputs), None
    targets = encode_labels(data.y_test, data.num_classes, interface_of(model, data).targets)

    # In a graph, like Keras's own `evaluate`, which computes a softmax and its cross-entropy as one.
    # One graph for all batches, including a smaller last one.
    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, *rows.shape[1:]], rows.dtype) for rows in (inputs, targets)],
    )
    def outputs_and_loss(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = model(x, training=False)
        return outputs, model.compute_loss(x=x, y=y, y_pred=outputs, training=False)

    outputs, total = [], 0.0
    for start in range(0, len(inputs), batch_size):
        rows = slice(start, start + batch_size)
        batch, loss = outputs_and_loss(inputs[rows], targets[rows])
        outputs.append(batch.numpy())
        total += float(loss) * len(batch)
    return np.concatenate(outputs), total / len(inputs)
