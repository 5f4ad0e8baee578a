"""Trains runs in separate processes, and predicts in another. Nothing here imports TensorFlow.

submission.py         an experiment, or a run to resume -> a run that waits for a worker
queue.py              which runs wait: the folder is the queue
heartbeat.py          heartbeats of processes, and how a hung process is noticed
turns.py              whose turn it is, so that one browser's runs do not keep the others waiting
supervisor_client.py  makes sure that a supervisor is running
stops.py              stops a run that waits or trains, by force if need be
supervisor.py         keeps a worker ready, enforces stops, records why a worker died
worker.py             trains one run
endings.py            how a worker died, in words
queue_health.py       why no worker takes a waiting run
model_import.py       a model file from a stranger -> a run, through import_worker.py, which opens it and ends
predictions.py        predictions of saved networks, made by prediction_worker.py
messages.py           questions and answers between processes
processes.py          starts, limits and ends processes
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
