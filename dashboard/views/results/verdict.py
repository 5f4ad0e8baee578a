"""How good the network is and where it fails, in a sentence, and what the gap to the training accuracy means."""

from math import sqrt

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import run_measurements, state
from dashboard.shared.formatting import plain
from dashboard.shared.run_picker import trained_length
from dashboard.shared.verdict_box import show_verdict as show_overfitting
from dashboard.views.results.run_evaluation import RunEvaluation
from toolkit.config import ExperimentConfig
from toolkit.datasets import dataset_title
from toolkit.formatting import count, percent, place
from toolkit.runs import RunFolder
from toolkit.training.history import counts_steps

_MOST_MISTAKES = 3
#: A gap of this many percentage points is worth a warning, however many rows were tested.
_WIDE = 1.0


def show_verdict(tested: RunEvaluation) -> None:
    """Show the sentence, four metrics, and what the gap to the training accuracy means."""
    box = st.warning if _answers_one_class(tested) else st.info
    box(_sentence(tested), icon=":material/query_stats:")
    if tested.evaluation.caution and not (_answers_one_class(tested) or _learned_nothing(tested)):
        st.warning(plain(tested.evaluation.caution), icon=":material/warning:")
    if _learned_nothing(tested):
        report = run_measurements.read(tested.run).report
        show_overfitting(report.state, report.sentence)
    if tested.evaluation.complaint:
        st.warning(tested.evaluation.complaint, icon=":material/warning:")
    if tested.run.state == "diverged":
        st.error(plain(tested.run.message), icon=":material/error:")
        open_in_train(tested.run)
    frame = run_measurements.read(tested.run).frame
    learned, where = training_accuracy(frame, tested.run.config)
    _numbers(tested, learned, where)
    evaluation = tested.evaluation
    if learned is not None and evaluation.test_accuracy is not None and not _answers_one_class(tested):
        st.markdown(
            texts.results.GAP.format(
                accuracy=percent(evaluation.test_accuracy),
                learned=percent(learned),
                meaning=meaning_of_gap(learned, evaluation.test_accuracy, evaluation.num_rows),
            )
        )
    data, state_words = plain(dataset_title(tested.run.config.dataset)), texts.STATES[tested.run.state]
    trained = () if tested.run.imported else (trained_length(tested.run),)
    facts = (data, *trained, state_words)
    st.caption(" · ".join(facts))


def show_untested(run: RunFolder) -> None:
    """Say why there are no results, and what to do next."""
    match run.state:
        case "queued" | "running":
            st.info(texts.RUN_UNDER_WAY, icon=":material/hourglass_top:")
        case "failed":
            st.error(texts.results.FAILED.format(message=plain(run.message)), icon=":material/error:")
        case "interrupted":
            st.warning(texts.results.INTERRUPTED.format(why=plain(run.message)), icon=":material/power_off:")
        case "diverged":
            st.error(plain(run.message), icon=":material/error:")
        case "finished" if run.message:
            st.warning(plain(run.message), icon=":material/warning:")
        case "stopped" if run.message:
            st.info(plain(run.message), icon=":material/stop:")
        case "imported":
            st.info(plain(run.message), icon=":material/upload_file:")
            return
        case _:
            st.info(texts.results.NOT_TESTED)
    open_in_train(run)


def open_in_train(run: RunFolder) -> None:
    """A button that opens the run on Train, where it can be stopped, resumed or repeated."""
    if st.button(texts.results.OPEN_IN_TRAIN, type="primary", icon=":material/play_circle:"):
        state.show_run(run.id)
        switch_to("train")


def training_accuracy(frame: pd.DataFrame, config: ExperimentConfig) -> tuple[float | None, str]:
    """The kept weights' accuracy on training rows, in [0, 1] or None, and the epoch or step of that measurement.

    frame: `History.frame`. The last measurement, or the best one if early stopping restored its weights; never the
    one before training, since the untrained network is not the one that was tested.
    """
    measured = frame[frame["honest_accuracy"].notna() & (frame["step"] > 0)]
    watched = measured[config.monitor].dropna()
    if config.restore_best_weights and len(watched):
        best = watched.idxmin() if config.monitor.endswith("loss") else watched.idxmax()
        measured = measured.loc[[best]]
    if measured.empty:
        return None, ""
    unit, last = "step" if counts_steps(frame) else "epoch", measured.iloc[-1]
    return float(last["honest_accuracy"]), place(unit, int(last[unit]))


def commonest_mistakes(matrix: np.ndarray) -> list[tuple[int, int, int]]:
    """(true class, predicted class, count) of the most frequent mistakes, most frequent first."""
    wrong = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_MISTAKES]
    places = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(int(true), int(label), int(wrong[true, label])) for true, label in places if wrong[true, label]]


def meaning_of_gap(learned: float, accuracy: float, rows: int) -> str:
    """What the drop from the training accuracy to the accuracy on `rows` test rows means; accuracies in [0, 1]."""
    points = 100 * (learned - accuracy)
    # Two standard errors of a proportion: another test of the same size could differ by as much. If all rows are
    # right or all are wrong, that would be 0; the "rule of three" then gives the 95 % bound, 3 / rows.
    chance = 200 * sqrt(accuracy * (1 - accuracy) / rows) or 100 * min(3 / rows, 1)
    if points <= chance:
        return texts.results.GAP_NONE.format(chance=f"{chance:.2f}")
    words = texts.results.GAP_SMALL if points < _WIDE else texts.results.GAP_WIDE
    return words.format(points=f"{points:.2f}")


def _answers_one_class(tested: RunEvaluation) -> bool:
    return tested.evaluation.only_answer is not None


def _learned_nothing(tested: RunEvaluation) -> bool:
    return run_measurements.read(tested.run).report.state == "guessing"


def _sentence(tested: RunEvaluation) -> str:
    evaluation, names = tested.evaluation, [plain(name) for name in tested.class_names]
    facts = {"accuracy": percent(evaluation.test_accuracy), "rows": tested.rows(evaluation.num_rows)}
    mistakes = commonest_mistakes(evaluation.confusion_matrix)
    if not mistakes:
        return texts.results.VERDICT_PERFECT.format(**facts)
    if _answers_one_class(tested):
        label = names[int(evaluation.confusion_matrix.sum(axis=0).argmax())]
        is_said = tested.run.state == "diverged" or _learned_nothing(tested)
        advice = "" if is_said else texts.results.ONE_CLASS_ADVICE
        return texts.results.VERDICT_ONE_CLASS.format(label=label, **facts) + advice
    mistake_words = [
        texts.results.MISTAKE.format(true=names[true], label=names[label], times=count(times, "time"))
        for true, label, times in mistakes
    ]
    return texts.results.VERDICT.format(mistakes=", ".join(mistake_words), **facts)


def _numbers(tested: RunEvaluation, learned: float | None, where: str) -> None:
    evaluation = tested.evaluation
    hardest = min((one for one in evaluation.classes if one.rows), key=lambda one: one.recall, default=None)
    measured = texts.results.MEASURED.format(place=where) if where else texts.results.NOT_MEASURED
    tiles = [
        (texts.results.TEST_ACCURACY, percent(evaluation.test_accuracy), tested.rows(evaluation.num_rows)),
        (texts.results.TRAINING_ACCURACY, percent(learned), measured),
        (texts.results.TEST_LOSS, _loss(evaluation.test_loss), texts.results.TEST_LOSS_NOTE),
    ]
    if hardest is not None:
        found = texts.results.FOUND.format(share=percent(hardest.recall))
        tiles.append((texts.results.HARDEST, plain(hardest.name), found))
    with st.container(horizontal=True, key="numbers"):
        for label, value, note in tiles:
            st.metric(label, value, note, delta_color="off", delta_arrow="off", border=True, width="stretch")


def _loss(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.4f}"
