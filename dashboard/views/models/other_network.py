"""Checks, layer by layer, whether a run's weights fit another network."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import state
from dashboard.shared.formatting import plain
from dashboard.shared.run_listing import ListedRun
from toolkit.config import ExperimentConfig
from toolkit.config.presets import PRESETS, preset
from toolkit.config.shapes import LayerShape, shown
from toolkit.datasets import dataset_title
from toolkit.errors import ToolkitError
from toolkit.models.weight_transfer import LayerFit, fit_weights, remedy
from toolkit.preflight import check_experiment
from toolkit.runs import NEWER, RunFolder, open_run

#: A kind and a name: the draft on Train, a preset by name, or a run by id.
_Target = tuple[str, str]
#: Column width in pixels: with two such columns, a phone still shows what a layer needs.
_NARROW = 55
_DRAFT: _Target = ("draft", "")


def show_other_network(run: RunFolder, runs: Sequence[ListedRun]) -> None:
    """Choose a network, show whether the run's weights fit it, and offer a training that starts from them.

    runs: all runs, to choose from.
    """
    with st.expander(texts.models.OTHER_NETWORK, key=state.OTHER_NETWORK, on_change="rerun") as section:
        if not section.open:
            return
        st.markdown(texts.models.OTHER_NETWORK_WORDS)
        labels = _labels([one for one in runs if one.run_id != run.id and one.state != NEWER])
        target = st.selectbox(texts.models.TARGET, list(labels), format_func=labels.__getitem__, key=state.TARGET)
        try:
            _show_fit(run, _config(target))
        except ToolkitError as error:
            st.error(plain(str(error)), icon=":material/error:")


def _labels(runs: Sequence[ListedRun]) -> dict[_Target, str]:
    """The choices with their labels, which are unique and constant: Streamlit identifies a choice by its label."""
    labels = {_DRAFT: texts.models.DRAFT_TARGET}
    labels |= {("preset", name): texts.models.PRESET_TARGET.format(name=name) for name in PRESETS}
    for run in runs:
        labels["run", run.run_id] = texts.models.RUN_TARGET.format(
            name=run.title, data=dataset_title(run.dataset), layers=run.layers, run_id=run.run_id
        )
    return labels


def _config(target: _Target) -> ExperimentConfig:
    """The config of a target. Raises `ToolkitError` if it no longer exists."""
    kind, name = target
    if kind == "draft":
        return ExperimentConfig(**state.draft_values())
    return preset(name) if kind == "preset" else open_run(state.ROOT, name).config


def _show_fit(run: RunFolder, config: ExperimentConfig) -> None:
    """Show whether the weights fit, overall and for each layer; if they do, offer a training with them."""
    fits = fit_weights(config, run.config)
    misfit = next((fit for fit in fits if not fit.fits), None)
    if misfit:
        words = {"number": misfit.number, "needed": _words(misfit.needed), "stored": _words(misfit.stored)}
        st.warning(texts.models.MISFIT.format(**words, remedy=remedy(fits)), icon=":material/close:")
    else:
        check_experiment(config, state.ROOT, run.id)
        st.success(texts.models.FITS, icon=":material/check:")
    st.dataframe([_row(fit) for fit in fits], hide_index=True, column_config=_columns(), placeholder=texts.UNSURE)
    if not misfit and st.button(
        texts.models.START_THERE, type="primary", icon=":material/resume:", help=texts.models.START_THERE_HELP
    ):
        state.load_config(config, weights_from=run.id)
        switch_to("train")


def _row(fit: LayerFit) -> dict[str, str | int]:
    return {
        "layer": fit.number,
        "fits": texts.models.FIT_MARKS[fit.fits],
        "needed": _words(fit.needed),
        "stored": _words(fit.stored),
    }


def _words(layer: LayerShape | None) -> str:
    """`Dense 784 × 64 + 64`."""
    if layer is None:
        return texts.models.NO_LAYER
    return f"{texts.LAYERS[layer.kind]} {' + '.join(map(shown, layer.weights))}"


def _columns() -> dict[str, Any]:
    return {
        name: st.column_config.Column(
            label, help=texts.models.FIT_COLUMNS_HELP.get(name), width=_NARROW if name in ("layer", "fits") else None
        )
        for name, label in texts.models.FIT_COLUMNS.items()
    }
