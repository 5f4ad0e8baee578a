"""Runs that train in processes of their own, and predictions from one more. Nothing here imports TensorFlow.

submission.py         an experiment, or a run to go on with -> a run that waits for a worker
queue.py              which runs wait: the folder is the queue
heartbeat.py          signs of life, and how a process that gives none is noticed
turns.py              whose turn it is, so that one browser's runs do not keep the others waiting
supervision.py        makes sure that a supervisor is at work
stops.py              stopping a run that waits or trains, and seeing that it stops
supervisor.py         keeps a worker ready, sees that stops are heeded, notes why a worker died
worker.py             trains one run
endings.py            how a worker died, in words
trouble.py            why runs wait in vain
model_import.py       a model file from a stranger -> a run, through import_worker.py, which opens it and ends
predictions.py        what a saved network says of test rows, asked of prediction_worker.py
processes.py          starting, limiting and ending processes
"""

from .model_import import ModelFile, import_model, open_model_file
from .predictions import Predictor, predictor
from .processes import idle_seconds
from .queue_health import trouble
from .stops import stop
from .submission import queue_place, resubmit, runs_before, submit
from .supervisor_client import keep_workers, release_workers, silence

__all__ = [
    "ModelFile",
    "Predictor",
    "idle_seconds",
    "import_model",
    "keep_workers",
    "open_model_file",
    "predictor",
    "queue_place",
    "release_workers",
    "resubmit",
    "runs_before",
    "silence",
    "stop",
    "submit",
    "trouble",
]
