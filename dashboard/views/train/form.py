"""The sidebar of Train: preset, data, network, training. It edits the draft and shows each problem at its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.fields import number_input, show_problem
from dashboard.views.train.columns_of_table import choose_columns
from dashboard.views.train.network import edit_network
from toolkit.config import ExperimentConfig
from toolkit.config.initializers import INITIALIZERS
from toolkit.config.losses import LOSSES
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.config.presets import PRESETS
from toolkit.config.reading import RECOGNISED
from toolkit.config.validation import choices
from toolkit.datasets import DATASETS, dataset_info, dataset_title
from toolkit.errors import ConfigError, DataError, Problem, ToolkitError
from toolkit.preflight import check_experiment
from toolkit.runs import list_runs

_WORDS: dict[str, Mapping[Any, str]] = {
    "optimizer": texts.OPTIMIZERS,
    "loss": texts.LOSSES,
    "monitor": texts.MONITORS,
    "engine": texts.ENGINES,
    "activation": texts.ACTIVATIONS,
}
#: All initializers, and those of the published experiments that take a number.
_INITIALIZERS = (*INITIALIZERS, "random_normal(1)", "random_normal(0.01)", "truncated_normal(0.1)", "constant(0.1)")
#: The fields whose choices have an explanation of their own.
_EXPLAINED: dict[str, Mapping[Any, Any]] = {"optimizer": OPTIMIZERS, "loss": LOSSES}


@dataclass(frozen=True)
class CheckedDraft:
    """The validated draft: its config if it is valid, otherwise the problems by field."""

    config: ExperimentConfig | None
    problems: dict[str, str] = field(default_factory=dict)


def check_draft() -> CheckedDraft:
    """Validate the draft as the toolkit will, including the shapes, without starting anything."""
    try:
        config = ExperimentConfig(**state.draft_values())
        check_experiment(config, state.ROOT, st.session_state[state.WEIGHTS_FROM])
        if missing := dataset_info(config.dataset, **config.reading).missing():
            return CheckedDraft(None, {"dataset": missing})
        return CheckedDraft(config)
    except DataError as error:
        return CheckedDraft(None, {"dataset": str(error)})
    except ConfigError as error:
        problems = [*error.problems, *_shape_problems(error)]
        return CheckedDraft(None, {problem.field: _sentence(problem.advice) for problem in problems})
    except ToolkitError as error:
        return CheckedDraft(None, {"weights_from": str(error)})


def _shape_problems(found: ConfigError) -> tuple[Problem, ...]:
    """Problems with the shapes, which are not checked if another field of the config is invalid."""
    if any(problem.field.startswith("layers") for problem in found.problems):
        return ()
    values = state.draft_values()
    try:
        data = {name: values[name] for name in ("layers", "dataset", *RECOGNISED)}
        check_experiment(ExperimentConfig(**data), state.ROOT)
    except ConfigError as error:
        return error.problems
    return ()


def show_form() -> CheckedDraft:
    """Draw the sidebar; returns the validated draft."""
    state.read_widgets()
    checked = check_draft()
    with st.sidebar:
        st.subheader(texts.form.EXPERIMENT)
        _choose_preset()
        _choose_data(checked)
        st.subheader(texts.form.NETWORK, help=texts.form.NETWORK_HELP)
        edit_network(checked.problems)
        st.subheader(texts.form.TRAINING)
        _training_fields(checked.problems)
    return checked


def _choose_preset() -> None:
    def load() -> None:
        if (chosen := st.session_state.get(key)) in PRESETS:
            state.load_config(PRESETS[chosen].config)

    key = state.key("preset")
    names = list(PRESETS)
    chosen = st.session_state[state.PRESET]
    st.selectbox(
        texts.form.START_FROM,
        names,
        index=names.index(chosen) if chosen in names else None,
        key=key,
        on_change=load,
        help=texts.form.START_FROM_HELP,
        placeholder=chosen,
    )
    if chosen in names:
        st.caption(PRESETS[chosen].teaches[:1].upper() + PRESETS[chosen].teaches[1:])


def _choose_data(checked: CheckedDraft) -> None:
    def forget_reading() -> None:
        state.draft().update(RECOGNISED)
        for name in RECOGNISED:
            st.session_state.pop(state.key(name), None)

    chosen = state.draft()["dataset"]
    names = list(DATASETS) if chosen in DATASETS else [*DATASETS, chosen]
    st.selectbox(
        texts.form.DATA,
        names,
        index=names.index(chosen),
        format_func=lambda name: DATASETS[name].title if name in DATASETS else dataset_title(name),
        key=state.key("dataset"),
        on_change=forget_reading,
        help=_help("dataset"),
    )
    show_problem(checked.problems, "dataset")
    choose_columns(checked.problems)


def _training_fields(problems: Mapping[str, str]) -> None:
    length = "steps" if state.draft()["steps"] is not None else "epochs"
    for pair in (("optimizer", "learning_rate"), (length, "batch_size")):
        for column, name in zip(st.columns(2), pair, strict=True):
            with column:
                (_choice if name == "optimizer" else _number)(name, {})
        # Below the pair, where a sentence has the full width.
        for name in pair:
            show_problem(problems, name)
        if "learning_rate" in pair and "learning_rate" not in problems:
            _usual_rate()
    with st.expander(texts.form.MORE):
        _length(problems)
        _split(problems)
        _number("seed", problems)
        _early_stopping(problems)
        _loss_and_optimizer(problems)
        _initial_weights(problems)
        _text("name", problems)


def _usual_rate() -> None:
    """Show the optimizer's usual learning rate, if the field holds another."""
    chosen = OPTIMIZERS.get(state.draft()["optimizer"])
    if chosen is not None and state.draft()["learning_rate"] != chosen.usual_learning_rate:
        st.caption(texts.form.USUAL_RATE.format(optimizer=chosen.title, rate=chosen.usual_learning_rate))


def _length(problems: Mapping[str, str]) -> None:
    draft = state.draft()
    now = "steps" if draft["steps"] is not None else "epochs"
    chosen = st.segmented_control(
        texts.form.LENGTH,
        list(texts.form.LENGTH_WORDS),
        default=now,
        format_func=texts.form.LENGTH_WORDS.__getitem__,
        key=state.key("length"),
    )
    if chosen and chosen != now:
        other = {"steps": 1000, "epochs": ExperimentConfig.model_fields["epochs"].default}[chosen]
        draft.update({now: None, chosen: other, "log_every": None})
        state.renew_widgets()
        st.rerun()
    _number("log_every", problems)


def _split(problems: Mapping[str, str]) -> None:
    draft = state.draft()
    now = next((name for name in ("validation_split", "validation_rows") if draft[name] is not None), "none")
    chosen = st.segmented_control(
        texts.form.SPLIT,
        list(texts.form.SPLIT_WORDS),
        default=now,
        format_func=texts.form.SPLIT_WORDS.__getitem__,
        key=state.key("split"),
    )
    if chosen and chosen != now:
        start = {"validation_split": ExperimentConfig.model_fields["validation_split"].default, "validation_rows": 5000}
        draft.update({"validation_split": None, "validation_rows": None})
        if chosen in start:
            draft[chosen] = start[chosen]
        state.renew_widgets()
        st.rerun()
    if now != "none":
        _number(now, problems)
    if now == "validation_split":
        _switch("stratify", problems)


def _early_stopping(problems: Mapping[str, str]) -> None:
    _number("patience", problems)
    _switch("restore_best_weights", problems)
    _choice("monitor", problems)


def _loss_and_optimizer(problems: Mapping[str, str]) -> None:
    _choice("loss", problems)
    _switch("from_logits", problems)
    _number("momentum", problems)
    _switch("nesterov", problems)
    _choice("engine", problems)


def _initial_weights(problems: Mapping[str, str]) -> None:
    for name in ("kernel_initializer", "bias_initializer"):
        _pick(name, (*_INITIALIZERS,), problems)
    _switch("use_bias", problems)
    runs = [run.id for run in list_runs(state.ROOT) if run.weights_path.is_file()]
    chosen = st.session_state[state.WEIGHTS_FROM]
    options = [None, *runs]
    st.selectbox(
        texts.form.WEIGHTS_FROM,
        options,
        index=options.index(chosen) if chosen in options else 0,
        format_func=lambda run_id: run_id or texts.form.FRESH_WEIGHTS,
        key=state.key(state.WEIGHTS_FROM),
        help=texts.form.WEIGHTS_FROM_HELP,
    )
    show_problem(problems, "weights_from")


def _number(name: str, problems: Mapping[str, str]) -> None:
    number_input(ExperimentConfig, name, state.draft()[name], state.key(name))
    show_problem(problems, name)


def _choice(name: str, problems: Mapping[str, str]) -> None:
    _pick(name, choices(ExperimentConfig.model_fields[name]), problems)


def _pick(name: str, options: tuple[str, ...], problems: Mapping[str, str]) -> None:
    chosen = state.draft()[name]
    if chosen not in options:
        options = (chosen, *options)
    words = _WORDS.get(name, {})
    st.selectbox(
        texts.FIELDS[name],
        options,
        index=options.index(chosen),
        format_func=lambda option: words.get(option, option),
        key=state.key(name),
        help=_help(name),
    )
    show_problem(problems, name)


def _switch(name: str, problems: Mapping[str, str]) -> None:
    st.toggle(texts.FIELDS[name], state.draft()[name], key=state.key(name), help=_help(name))
    show_problem(problems, name)


def _text(name: str, problems: Mapping[str, str]) -> None:
    st.text_input(texts.FIELDS[name], state.draft()[name], key=state.key(name), help=_help(name))
    show_problem(problems, name)


def _help(name: str) -> str | None:
    """The help of a field, with an explanation of the chosen option."""
    chosen = _EXPLAINED.get(name, {}).get(state.draft().get(name))
    description = ExperimentConfig.model_fields[name].description
    return (
        texts.form.HELP_ON_CHOICE.format(field=description, choice=chosen.title, words=chosen.help)
        if chosen
        else description
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
