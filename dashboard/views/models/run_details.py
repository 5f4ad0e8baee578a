"""One run on Models: its summary, its buttons, ten predictions, its files."""

from collections.abc import Iterator

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import run_actions, sample_rows, state
from dashboard.shared.ask_network import ask
from dashboard.shared.dataset_cache import data_of
from dashboard.shared.downloads import download_buttons
from dashboard.shared.formatting import plain, shape_line
from dashboard.shared.run_picker import title_of, trained_length
from dashboard.shared.verdict_box import show_verdict
from toolkit.config.shapes import shown, trace_shapes
from toolkit.datasets import DatasetInfo, dataset_info
from toolkit.errors import ToolkitError
from toolkit.formatting import duration, file_size, moment, percent
from toolkit.models.classes import NO_CLASS, most_probable
from toolkit.preflight import gives_all_weights
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import labelled_pictures
from toolkit.runs.schema import Outcome

_TEN = slice(10)


def show_summary(run: RunFolder) -> None:
    """Show the run's verdict and its main facts."""
    result = run.result or Outcome()
    st.subheader(title_of(run.config.name, run.config.dataset), anchor=False)
    if verdict := result.overfitting:
        show_verdict(verdict.state, verdict.sentence)
    facts = (texts.models.IMPORTED_FACTS if run.imported else texts.models.RUN_FACTS).format(
        state=texts.STATES[run.state],
        length=trained_length(run),
        seconds=duration(result.seconds),
        accuracy=percent(result.test_accuracy),
        created=moment(run.created),
    )
    if run.imported:
        st.info(plain(result.message), icon=":material/upload_file:")
    st.caption("  \n".join([facts, *_network(run)]))
    if run.message and run.state in ("failed", "interrupted"):
        st.warning(plain(run.message), icon=":material/error:")


def show_actions(run: RunFolder) -> None:
    """Show the buttons that open the run elsewhere or act on it."""
    info = _info(run)
    with st.container(horizontal=True):
        if not run.imported and st.button(texts.models.SHOW_CURVES, icon=":material/show_chart:"):
            state.show_run(run.id)
            switch_to("train")
        run_actions.results_button(run)
        if run.state in ("queued", "running"):
            run_actions.stop_button(run)
        if (
            (labelled_pictures(run) or (info and len(info.row_shape) > 1))
            and run.model_path.is_file()
            and st.button(texts.models.TRY_IT, icon=":material/draw:")
        ):
            state.show_run(run.id)
            switch_to("try_it")
        run_actions.load_button(run)
        if gives_weights(run) and st.button(texts.models.GO_ON, icon=":material/resume:", help=texts.models.GO_ON_HELP):
            state.load_config(run.config, weights_from=run.id)
            switch_to("train")
        run_actions.rename_button(run)
        run_actions.delete_button(run)


def gives_weights(run: RunFolder) -> bool:
    """Whether a training can start from the run's weights: they are finite, and a config can describe the layers."""
    return run.weights_path.is_file() and run.state != "diverged" and gives_all_weights(run)


def show_predictions(run: RunFolder) -> None:
    """Show ten test rows with the saved model's predictions, if its data are known."""
    if labelled_pictures(run):  # There are none; it can be asked on Try it.
        return
    predicted = st.session_state[state.PREDICTED]
    try:
        data = data_of(run)
    except ToolkitError as error:
        st.error(plain(str(error)))
        return
    x = data.x_test[_TEN]
    if st.button(texts.models.PREDICT_TEN, type="primary", icon=":material/visibility:"):
        predicted[run.id] = ask(lambda predictor: predictor.predict(run.id, x))
    if (probabilities := predicted.get(run.id)) is None:
        return
    labels = most_probable(probabilities)
    answers = [
        # A probability of None means that there is no answer.
        (data.class_names[label], data.class_names[true], None if label == NO_CLASS else float(of_row[label]))
        for label, true, of_row in zip(labels, data.y_test[_TEN], probabilities, strict=True)
    ]
    sample_rows.show_predictions(x, answers, data.feature_names)


def show_downloads(run: RunFolder) -> None:
    """Show download buttons for the model, the weights, the history and the settings."""
    st.markdown(f"**{texts.models.DOWNLOADS}**")
    download_buttons(run, report=False)


def _imported_network(run: RunFolder) -> str:
    """Input shape, outputs and parameters; the config may not be able to describe the layers in between."""
    parameters = texts.PARAMETERS.format(count=(run.result or Outcome()).parameters or 0)
    ends = texts.models.IMPORTED_SHAPES.format(
        input=shown(tuple(run.imported.get("input_shape") or ())), outputs=run.imported.get("outputs")
    )
    return f"{ends} · {parameters}"


def _info(run: RunFolder) -> DatasetInfo | None:
    """Information about the run's data set; None if the data no longer exist."""
    try:
        return dataset_info(run.config.dataset, **run.config.reading)
    except ToolkitError:
        return None


def _network(run: RunFolder) -> Iterator[str]:
    """The network's shapes, its parameters and the sizes of its files, as far as they are available."""
    info = _info(run)
    try:
        if run.imported and (info is None or run.imported.get("unnamed_layers")):
            yield _imported_network(run)
        elif info:
            shapes = trace_shapes(run.config, info.row_shape, info.num_classes)
            parameters = texts.PARAMETERS.format(count=sum(shape.parameters for shape in shapes))
            yield f"{shape_line(shapes)} · {parameters}"
    except ToolkitError:  # The path holds other data by now.
        pass
    if run.model_path.is_file() and run.weights_path.is_file():
        sizes = {
            "model": file_size(run.model_path.stat().st_size),
            "weights": file_size(run.weights_path.stat().st_size),
        }
        yield texts.models.FILE_FACTS.format(**sizes)
