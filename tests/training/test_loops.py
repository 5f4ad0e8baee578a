"""Many steps in one call, compiled once whichever steps are asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from toolkit.training.loops import Rows

#: Trains and measures in calls of all lengths.
CALLS = """
import keras, numpy as np, tensorflow as tf
from toolkit.training.loops import Rows, evaluation_program, training_program

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
rows = Rows(tf.random.normal([10, 3]), tf.one_hot(np.arange(10) % 2, 2))
model.optimizer.build(model.trainable_variables)
model.test_step((rows.x, rows.y))
train, measure = training_program(model, rows, 4, "xla"), evaluation_program(model, rows, 2, "xla")
for told in ((0, 0, True), (0, 4, True), (4, 10, False), (0, 10, True), (8, 10, False), (4, 8, True)):
    train(*map(tf.constant, told), tf.constant(np.random.permutation(10), tf.int32))
    measure(*map(tf.constant, told))
"""


def test_rows_are_counted() -> None:
    assert Rows(tf.zeros([7, 3]), tf.zeros([7, 2])).num_rows == 7


@pytest.mark.slow
def test_xla_compiles_a_program_once_whichever_steps_are_asked_for(tmp_path: Path) -> None:
    """A condition on what a program is told would make it compile for each value: seconds a call."""
    flag = f"--tf_xla_persistent_cache_directory={tmp_path}"
    subprocess.run([sys.executable, "-c", CALLS], env={**os.environ, "TF_XLA_FLAGS": flag}, check=True, timeout=300)
    assert len(list(tmp_path.glob("xla_compile_cache*"))) == 2
