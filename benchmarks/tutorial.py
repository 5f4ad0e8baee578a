"""The tutorial's script that `keras-mlp` reproduces: `python benchmarks/tutorial.py EPOCHS FOLDER`."""

import sys
from pathlib import Path

import keras
import numpy as np
from sklearn.model_selection import train_test_split

EPOCHS, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
MNIST = Path(__file__).resolve().parent.parent / "toolkit" / "data" / "mnist.npz"

with np.load(MNIST) as file:
    x_train, y_train, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
x_train, x_val, y_train, y_val = train_test_split(x_train, y_train, test_size=0.3, random_state=777)
x_train, x_val, x_test = (x.reshape(len(x), 784) / 255.0 for x in (x_train, x_val, x_test))
y_train, y_val, y_test = (keras.utils.to_categorical(y) for y in (y_train, y_val, y_test))

model = keras.Sequential(
    [
        keras.Input((784,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["acc"])
history = model.fit(x_train, y_train, epochs=EPOCHS, batch_size=128, validation_data=(x_val, y_val))
print("Test loss and accuracy:", model.evaluate(x_test, y_test))
model.save(FOLDER / "mnist_model.h5")
