"""Why a training ended before its plan did, and which weights were kept."""

import numpy as np
import pandas as pd

from dashboard import texts
from toolkit.config import ExperimentConfig
from toolkit.formatting import count, place
from toolkit.runs.schema import Outcome


def ending_sentences(config: ExperimentConfig, frame: pd.DataFrame, result: Outcome, unit: str) -> str:
    """What early stopping did to a run that has ended; empty where it did nothing.

    frame: the run's measurements. unit: what a row of it stands for, "epoch" or "step".
    """
    if result.state not in ("finished", "stopped"):
        return ""
    trained, told = frame[frame["step"] > 0], []
    watched = texts.MONITORS[config.monitor]
    # A run that has finished has something to say only where it ended before its plan did.
    if config.patience and result.state == "finished" and result.message:
        measured = "epoch" if unit == "epoch" else "measurement"
        told.append(
            texts.train.STOPPED_EARLY.format(
                place=place(unit, int(trained[unit].iloc[-1])),
                watched=watched,
                patience=count(config.patience, measured),
            )
        )
    if config.restore_best_weights and trained[config.monitor].notna().any():
        figures = trained[config.monitor].to_numpy()
        best = np.nanargmax(figures) if config.monitor.endswith("accuracy") else np.nanargmin(figures)
        told.append(texts.train.BEST_KEPT.format(place=place(unit, int(trained[unit].iloc[best])), watched=watched))
    return " ".join(told)
