"""Explains what early stopping did to a run, and which weights were kept."""

import numpy as np
import pandas as pd

from dashboard import texts
from toolkit.config import ExperimentConfig
from toolkit.formatting import count, place
from toolkit.runs.schema import Outcome


def ending_sentences(config: ExperimentConfig, frame: pd.DataFrame, result: Outcome, unit: str) -> str:
    """What early stopping did to a run that has ended; empty if it did nothing.

    frame: the run's measurements. unit: what a row stands for, "epoch" or "step".
    """
    if result.state not in ("finished", "stopped"):
        return ""
    trained, sentences = frame[frame["step"] > 0], []
    watched = texts.MONITORS[config.monitor]
    # A finished run has a message only if it ended before its last planned epoch or step.
    if config.patience and result.state == "finished" and result.message:
        measured = "epoch" if unit == "epoch" else "measurement"
        sentences.append(
            texts.train.STOPPED_EARLY.format(
                place=place(unit, int(trained[unit].iloc[-1])),
                watched=watched,
                patience=count(config.patience, measured),
            )
        )
    if config.restore_best_weights and trained[config.monitor].notna().any():
        values = trained[config.monitor].to_numpy()
        best = np.nanargmax(values) if config.monitor.endswith("accuracy") else np.nanargmin(values)
        kept = place(unit, int(trained[unit].iloc[best]))
        sentences.append(texts.train.BEST_KEPT.format(place=kept, watched=watched))
    return " ".join(sentences)
