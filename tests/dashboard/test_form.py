"""Setting up an experiment: changes in the form, its messages, and whether the run can start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from session import Session

from dashboard import texts
from dashboard.views.train.network import layer_title
from toolkit.config import ExperimentConfig
from toolkit.config.layers import INITIALIZERS, LAYER_KINDS, Conv2D, Dense
from toolkit.config.losses import LOSSES
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.config.presets import PRESETS, preset
from toolkit.config.shapes import count_parameters, shown, trace_shapes
from toolkit.datasets import DATASETS

#: Data that need no connection.
EMBEDDED = [name for name in DATASETS if name not in ("fashion_mnist", "cifar10")]
Submitted = list[tuple[ExperimentConfig, str | None]]


def dense(units: int, activation: str = "relu") -> str:
    """How the form titles a dense layer."""
    return layer_title(Dense(units=units, activation=activation).model_dump())  # type: ignore[arg-type]


def started(session: Session, submitted: Submitted) -> ExperimentConfig:
    """The config that pressing the button submits."""
    session.click(texts.train.START)
    return submitted[-1][0]


def shapes_of(config: ExperimentConfig) -> tuple[str, str]:
    """The expected line of shapes and parameters, as computed by the toolkit."""
    info = DATASETS[config.dataset]
    traced = trace_shapes(config, info.row_shape, info.num_classes)
    silent = ("dropout", "batch_normalization", "activation")
    steps = [traced[0].input_shape, *(one.output_shape for one in traced if one.kind not in silent)]
    count = count_parameters(config, info.row_shape, info.num_classes)
    return " → ".join(shown(shape) for shape in steps), f"{count:,} parameters"


def test_a_first_visit_shows_a_complete_and_valid_experiment(train_page: Session) -> None:
    assert not train_page.has_broken
    assert train_page.field(texts.form.START_FROM).value == "keras-mlp"
    assert train_page.field(texts.form.DATA).value == "mnist"
    assert train_page.layers == [dense(64), dense(32)]
    assert train_page.field("Optimizer").value == "adam"
    assert train_page.field("Learning rate").value == 0.001
    assert train_page.field("Batch size").value == 128
    assert train_page.field("Epochs").value == 30
    assert train_page.field("Validation split").value == 0.3
    assert train_page.field("Seed").value == 777
    assert train_page.can_start
    assert train_page.problems == []


def test_a_layers_title_says_what_it_is() -> None:
    assert all(part in dense(64) for part in ("Dense", "64", "ReLU"))
    assert "none" not in dense(64, "linear")


def test_the_first_visits_network_has_the_published_number_of_parameters(train_page: Session) -> None:
    assert train_page.shapes == ("784 → 64 → 32 → 10", "52,650 parameters")


def test_one_click_on_a_first_visit_submits_keras_mlp(train_page: Session, submitted: Submitted) -> None:
    train_page.click(texts.train.START)
    assert submitted == [(preset("keras-mlp"), None)]
    assert not train_page.has_broken


@pytest.mark.parametrize(
    ("name", "dataset"),
    [*((name, "digits") for name in PRESETS), *(("keras-mlp", name) for name in EMBEDDED if name != "digits")],
)
def test_every_preset_fills_in_the_form_and_can_start_with_every_data_set(
    train_page: Session, submitted: Submitted, name: str, dataset: str
) -> None:
    train_page.fill(texts.form.START_FROM, name)
    train_page.fill(texts.form.DATA, dataset)
    expected = PRESETS[name].config.replace(dataset=dataset)
    assert train_page.problems == []
    assert train_page.shapes == shapes_of(expected)
    assert len(train_page.layers) == len(expected.layers)
    assert train_page.field("Learning rate").value == expected.learning_rate
    assert train_page.has_field("Steps") == (expected.steps is not None)
    assert train_page.has_field("Epochs") == (expected.epochs is not None)
    assert started(train_page, submitted) == expected
    assert not train_page.has_broken


def test_choosing_a_preset_drops_what_was_changed_before(train_page: Session, submitted: Submitted) -> None:
    train_page.fill("Learning rate", 0.5)
    train_page.add_layer("dropout")
    train_page.fill(texts.form.START_FROM, "dropout")
    assert started(train_page, submitted) == preset("dropout")


@pytest.mark.parametrize("kind", list(LAYER_KINDS))
def test_every_kind_of_layer_can_be_added_and_removed_again(train_page: Session, kind: str) -> None:
    before = train_page.layers
    train_page.add_layer(kind)
    assert not train_page.has_broken
    assert train_page.layers[:-1] == before
    train_page.click("✕", nth=len(before))
    assert train_page.layers == before
    assert train_page.can_start


def test_an_added_layer_changes_shapes_and_parameters(train_page: Session, submitted: Submitted) -> None:
    train_page.add_layer("dense")
    assert train_page.layers[-1] == dense(64)
    # 52,650 as before, less the output on 32, and with 32 → 64 → 10.
    assert train_page.shapes == ("784 → 64 → 32 → 64 → 10", f"{52_650 - 330 + 33 * 64 + 65 * 10:,} parameters")
    assert train_page.shapes == shapes_of(started(train_page, submitted))


def test_a_removed_layer_changes_shapes_and_parameters(train_page: Session) -> None:
    train_page.click("✕", nth=0)
    assert train_page.layers == [dense(32)]
    assert train_page.shapes == ("784 → 32 → 10", f"{785 * 32 + 33 * 10:,} parameters")


def test_without_hidden_layers_it_is_a_linear_classifier(train_page: Session) -> None:
    train_page.click("✕")
    train_page.click("✕")
    assert train_page.shapes == ("784 → 10", "7,850 parameters")
    assert texts.form.NO_LAYERS in [caption.value for caption in train_page.app.sidebar.caption]
    assert train_page.can_start


def test_layers_change_places(train_page: Session) -> None:
    train_page.click(texts.form.MOVE_DOWN, nth=0)
    assert train_page.layers == [dense(32), dense(64)]
    assert train_page.shapes == ("784 → 32 → 64 → 10", f"{785 * 32 + 33 * 64 + 65 * 10:,} parameters")
    train_page.click(texts.form.MOVE_UP, nth=1)
    assert train_page.shapes == ("784 → 64 → 32 → 10", "52,650 parameters")


def test_the_first_layer_can_not_move_up_and_the_last_can_not_move_down(train_page: Session) -> None:
    assert [train_page.button(texts.form.MOVE_UP, nth).disabled for nth in (0, 1)] == [True, False]
    assert [train_page.button(texts.form.MOVE_DOWN, nth).disabled for nth in (0, 1)] == [False, True]


def test_a_moved_layer_keeps_what_was_set_in_it(train_page: Session, submitted: Submitted) -> None:
    train_page.fill("Units", 100, nth=0)
    train_page.click(texts.form.MOVE_DOWN, nth=0)
    assert [layer.model_dump()["units"] for layer in started(train_page, submitted).layers] == [32, 100]


def test_editing_a_layer_changes_its_title_shapes_and_parameters_at_once(train_page: Session) -> None:
    train_page.fill("Units", 100, nth=1)
    assert train_page.layers[1] == dense(100)
    assert train_page.shapes == ("784 → 64 → 100 → 10", f"{785 * 64 + 65 * 100 + 101 * 10:,} parameters")
    train_page.fill("Activation", "tanh", nth=1)
    assert train_page.layers[1] == dense(100, "tanh")


def test_the_data_set_changes_shapes_and_parameters_at_once(train_page: Session) -> None:
    train_page.fill(texts.form.DATA, "digits")
    assert train_page.shapes == ("64 → 64 → 32 → 10", f"{65 * 64 + 65 * 32 + 33 * 10:,} parameters")


def test_a_dense_layer_after_a_convolution_is_explained_at_the_layer(train_page: Session) -> None:
    train_page.add_layer("conv2d")
    train_page.click(texts.form.MOVE_UP, nth=2)
    train_page.click(texts.form.MOVE_UP, nth=1)
    assert train_page.layers[0] == layer_title(Conv2D().model_dump())
    (sentence,) = train_page.problems
    assert "28 × 28 × 32" in sentence
    assert "Add a flatten layer before it." in sentence
    assert train_page.sentence_after(train_page.button("✕", nth=1)) == sentence
    assert not train_page.can_start


def test_a_network_that_ends_in_a_picture_is_explained_below_the_layers(train_page: Session) -> None:
    for _ in range(2):
        train_page.click("✕")
    train_page.add_layer("conv2d")
    (sentence,) = train_page.problems
    assert "flatten" in sentence
    assert not train_page.can_start
    train_page.add_layer("flatten")
    assert train_page.problems == []
    assert train_page.can_start


def test_a_learning_rate_of_0_is_explained_at_its_field_at_once(train_page: Session) -> None:
    train_page.fill("Learning rate", 0.0)
    (sentence,) = train_page.problems
    assert "Must be a number above 0 and at most 10. Received: 0.0. Try 0.001" in sentence
    assert train_page.sentence_after(train_page.field("Learning rate")) == sentence
    assert not train_page.can_start
    assert texts.train.FIX_FIRST in train_page.words


@pytest.mark.parametrize("number", [-1, 10**12])
@pytest.mark.parametrize(
    "label", ["Learning rate", "Epochs", "Batch size", "Seed", "Validation split", "Early stopping: patience", "Units"]
)
def test_a_number_out_of_range_is_explained_and_nothing_else_is_trained_in_its_place(
    train_page: Session, label: str, number: int
) -> None:
    field = train_page.field(label)
    train_page.fill(label, type(field.value or 0)(number))
    (sentence,) = train_page.problems
    assert "Received: " in sentence
    assert str(number) in sentence.replace(",", "")
    assert not train_page.can_start
    # Streamlit would not send a number outside the widget's limits.
    assert (field.proto.has_min, field.proto.has_max) == (False, False)


def test_a_mended_field_says_nothing_any_more(train_page: Session) -> None:
    train_page.fill("Learning rate", 0.0)
    train_page.fill("Learning rate", 0.01)
    assert train_page.problems == []
    assert train_page.can_start
    assert texts.train.FIX_FIRST not in train_page.words


def test_problems_are_shown_together_each_at_its_field(train_page: Session) -> None:
    train_page.fill("Learning rate", 0.0)
    train_page.fill("Nesterov", True)
    assert len(train_page.problems) == 2
    assert "nesterov" not in train_page.sentence_after(train_page.field("Learning rate"))
    assert "momentum" in train_page.sentence_after(train_page.field("Nesterov"))


def test_an_empty_title_is_explained_at_its_field(train_page: Session) -> None:
    train_page.fill("Title of the run", "")
    assert train_page.sentence_after(train_page.field("Title of the run")) in train_page.problems
    assert not train_page.can_start


def test_steps_take_the_place_of_epochs_and_the_other_way_round(train_page: Session, submitted: Submitted) -> None:
    train_page.fill(texts.form.LENGTH, "steps")
    assert train_page.has_field("Steps")
    assert not train_page.has_field("Epochs")
    train_page.fill("Steps", 250)
    train_page.fill("Measure every … steps", 50)
    config = started(train_page, submitted)
    assert (config.steps, config.epochs, config.log_every) == (250, None, 50)
    train_page.fill(texts.form.LENGTH, "epochs")
    config = started(train_page, submitted)
    assert (config.steps, config.log_every) == (None, None)
    assert config.epochs is not None


def test_the_split_is_a_share_the_first_rows_or_nothing(train_page: Session, submitted: Submitted) -> None:
    train_page.fill("Validation split", 0.25)
    assert started(train_page, submitted).validation_split == 0.25
    train_page.fill(texts.form.SPLIT, "validation_rows")
    train_page.fill("Validation rows", 4000)
    config = started(train_page, submitted)
    assert (config.validation_split, config.validation_rows) == (None, 4000)
    train_page.fill(texts.form.SPLIT, "none")
    config = started(train_page, submitted)
    assert (config.validation_split, config.validation_rows) == (None, None)
    train_page.fill(texts.form.SPLIT, "validation_split")
    assert started(train_page, submitted).validation_split is not None


def test_the_classes_can_be_kept_in_proportion_where_rows_are_drawn(train_page: Session, submitted: Submitted) -> None:
    label = "Keep the classes in proportion"
    train_page.fill(label, True)
    assert started(train_page, submitted).stratify
    train_page.fill(texts.form.SPLIT, "validation_rows")
    assert not train_page.has_field(label)


@pytest.mark.parametrize(
    ("label", "value", "field"),
    [
        ("Optimizer", "rmsprop", "optimizer"),
        ("Learning rate", 0.05, "learning_rate"),
        ("Batch size", 32, "batch_size"),
        ("Epochs", 3, "epochs"),
        ("Seed", 12, "seed"),
        ("Early stopping: patience", 4, "patience"),
        ("Keep the best weights", True, "restore_best_weights"),
        ("Watch", "val_accuracy", "monitor"),
        ("Loss", "sparse_categorical_crossentropy", "loss"),
        ("End in logits", True, "from_logits"),
        ("Weights start as", "he_normal", "kernel_initializer"),
        ("Biases start as", "zeros", "bias_initializer"),
        ("Biases", False, "use_bias"),
        ("Title of the run", "Größer, schöner ✓", "name"),
    ],
)
def test_what_a_field_shows_is_what_is_trained(
    train_page: Session, submitted: Submitted, label: str, value: Any, field: str
) -> None:
    train_page.fill(label, value)
    assert train_page.field(label).value == value
    assert started(train_page, submitted) == preset("keras-mlp").replace(**{field: value})


def test_every_optimizer_and_loss_is_offered_by_its_title(train_page: Session) -> None:
    assert list(train_page.field("Optimizer").options) == [one.title for one in OPTIMIZERS.values()]
    assert list(train_page.field("Loss").options) == [one.title for one in LOSSES.values()]


@pytest.mark.parametrize("label", ["Weights start as", "Biases start as"])
def test_every_initializer_is_offered(train_page: Session, label: str) -> None:
    assert set(INITIALIZERS) <= set(train_page.field(label).options)


def test_a_rate_that_was_left_alone_follows_the_optimizer_and_the_form_shows_it(
    train_page: Session, submitted: Submitted
) -> None:
    for name in ("lion", "adam", "lion"):
        train_page.fill("Optimizer", name)
        assert train_page.field("Learning rate").value == OPTIMIZERS[name].learning_rate
        assert OPTIMIZERS[name].help in train_page.field("Optimizer").proto.help
    assert started(train_page, submitted) == preset("keras-mlp").replace(optimizer="lion", learning_rate=0.0001)


def test_a_rate_that_was_typed_stays_and_the_usual_one_stands_beside_it(
    train_page: Session, submitted: Submitted
) -> None:
    train_page.fill("Learning rate", 0.02)
    train_page.fill("Optimizer", "lion")
    assert train_page.field("Learning rate").value == 0.02
    assert texts.form.USUAL_RATE.format(optimizer="Lion", rate=0.0001) in [
        one.value for one in train_page.app.sidebar.caption
    ]
    assert started(train_page, submitted) == preset("keras-mlp").replace(optimizer="lion", learning_rate=0.02)


def test_early_stopping_can_be_switched_off_again(train_page: Session, submitted: Submitted) -> None:
    train_page.fill("Early stopping: patience", 4)
    train_page.reload()
    # Only a field without a default value shows the × that clears it.
    assert not train_page.field("Early stopping: patience").proto.HasField("default")
    train_page.fill("Early stopping: patience", None)
    assert started(train_page, submitted).patience is None


def test_every_field_has_help_in_a_learners_words(train_page: Session) -> None:
    left_out = {"Train for", "Hold back for validation", "Units", "Activation"}
    fields = [one for kind in ("selectbox", "number_input", "toggle") for one in getattr(train_page.app, kind)]
    assert [one.label for one in fields if not one.proto.help and one.label not in left_out] == []


def test_the_form_survives_a_look_at_the_other_page(train_page: Session, submitted: Submitted) -> None:
    train_page.fill("Learning rate", 0.02)
    train_page.fill("Units", 100, nth=0)
    train_page.go_to("models")
    train_page.go_to("train")
    assert train_page.field("Learning rate").value == 0.02
    config = started(train_page, submitted)
    assert config.learning_rate == 0.02
    assert config.layers[0].model_dump()["units"] == 100


def test_two_visitors_do_not_share_a_form(visit: Callable[..., Session]) -> None:
    one, other = visit(), visit()
    one.fill("Units", 100, nth=0)
    one.add_layer("dropout")
    other.reload()
    assert other.layers == [dense(64), dense(32)]


def test_a_folder_that_can_not_be_written_is_explained_instead_of_a_traceback(
    visit: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    from toolkit.errors import RunError

    def refuse(*_: Any, **__: Any) -> None:
        raise RunError("The run can't be written. Free some space.")

    monkeypatch.setattr("toolkit.jobs.submit", refuse)
    session = visit()
    session.click(texts.train.START)
    assert not session.has_broken
    assert "Free some space." in session.words
