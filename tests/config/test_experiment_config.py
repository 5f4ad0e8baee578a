"""The config: checked, frozen, JSON both ways, and every mistake answered with a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS, Conv2D, Dense, Dropout
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.config.presets import PRESETS
from toolkit.errors import ConfigError, ToolkitError, listed

INITIALIZER_NAMES = (
    "glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, zeros, ones, random_normal, "
    "truncated_normal or constant; a number may follow, as in random_normal(0.01)"
)


def sentence_for(**values: Any) -> str:
    """All that is said about a config that can't be made."""
    with pytest.raises(ConfigError) as caught:
        ExperimentConfig(**values)
    return str(caught.value)


def fields_of(**values: Any) -> list[str]:
    """The places of all problems of a config that can't be made."""
    with pytest.raises(ConfigError) as caught:
        ExperimentConfig(**values)
    return [problem.field for problem in caught.value.problems]


class TestJson:
    @pytest.mark.parametrize("name", list(PRESETS))
    def test_every_preset_survives_json_both_ways(self, name: str) -> None:
        config = PRESETS[name].config
        assert ExperimentConfig.from_json(config.to_json()) == config

    @pytest.mark.parametrize("kind", list(LAYER_KINDS))
    def test_every_kind_of_layer_survives_json_both_ways(self, kind: str) -> None:
        config = ExperimentConfig(layers=[LAYER_KINDS[kind]()])
        again = ExperimentConfig.from_json(config.to_json())
        assert again == config
        assert type(again.layers[0]) is LAYER_KINDS[kind]

    def test_json_is_flat_and_holds_every_field_in_keras_words(self) -> None:
        values = json.loads(ExperimentConfig().to_json())
        assert list(values) == list(ExperimentConfig.model_fields)
        assert {"learning_rate", "optimizer", "kernel_initializer", "batch_size", "epochs"} < set(values)
        assert values["layers"][0]["kind"] == "dense"

    def test_a_title_in_any_script_stays_readable_in_json(self) -> None:
        assert '"손글씨 ∑"' in ExperimentConfig(name="손글씨 ∑").to_json()

    def test_fields_left_out_take_their_defaults(self) -> None:
        assert ExperimentConfig.from_json('{"epochs": 3}') == ExperimentConfig(epochs=3)

    def test_a_runs_config_with_its_run_section_is_a_config(self) -> None:
        values = {**json.loads(ExperimentConfig(epochs=3).to_json()), "run": {"id": "a-1", "versions": {}}}
        assert ExperimentConfig.from_json(json.dumps(values)) == ExperimentConfig(epochs=3)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("[1]", "The config must be a JSON object of fields. Received: list."),
            (
                "{",
                "The config is not valid JSON (Expecting property name enclosed in double quotes: line 1 column 2 "
                "(char 1)). Expected an object of fields.",
            ),
            (
                "",
                "The config is not valid JSON (Expecting value: line 1 column 1 (char 0)). Expected an object of "
                "fields.",
            ),
        ],
    )
    def test_text_that_is_no_object_is_refused(self, text: str, sentence: str) -> None:
        with pytest.raises(ToolkitError) as caught:
            ExperimentConfig.from_json(text)
        assert str(caught.value) == sentence

    @pytest.mark.parametrize("text", ['{"learning_rate": NaN}', '{"learning_rate": Infinity}', '{"self": 1}'])
    def test_values_that_python_alone_would_trip_over_are_problems_too(self, text: str) -> None:
        with pytest.raises(ConfigError):
            ExperimentConfig.from_json(text)

    def test_a_file_holds_a_config(self, tmp_path: Path) -> None:
        path = tmp_path / "config.json"
        path.write_text(PRESETS["cnn"].config.to_json(), encoding="utf-8")
        assert ExperimentConfig.from_file(path) == PRESETS["cnn"].config
        assert ExperimentConfig.from_file(str(path)) == PRESETS["cnn"].config

    @pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path, content: bytes | None) -> None:
        path = tmp_path / "config.json"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ToolkitError, match=r"config\.json can't be read .* Name a JSON file\.$"):
            ExperimentConfig.from_file(path)


class TestFrozen:
    def test_a_config_cannot_be_changed(self) -> None:
        with pytest.raises(Exception, match="frozen"):
            ExperimentConfig().epochs = 3

    def test_its_layers_cannot_be_changed(self) -> None:
        config = ExperimentConfig(layers=[Dense(units=8)])
        assert isinstance(config.layers, tuple)
        with pytest.raises(Exception, match="frozen"):
            config.layers[0].units = 3

    def test_equal_configs_are_equal_however_they_were_written(self) -> None:
        records = ExperimentConfig(layers=[Dense(units=8), Dropout(rate=0.5)])
        words = ExperimentConfig(layers=({"kind": "dense", "units": 8}, {"kind": "dropout", "rate": 0.5}))
        assert records == words


class TestReplace:
    def test_replace_makes_a_checked_copy_and_leaves_the_first_alone(self) -> None:
        config = ExperimentConfig()
        assert config.replace(learning_rate=0.01).learning_rate == 0.01
        assert config.learning_rate == 0.001
        with pytest.raises(ConfigError):
            config.replace(learning_rate=0)

    def test_steps_take_the_place_of_epochs_and_back(self) -> None:
        by_steps = ExperimentConfig(epochs=5).replace(steps=100)
        assert (by_steps.epochs, by_steps.steps) == (None, 100)
        by_epochs = by_steps.replace(epochs=7)
        assert (by_epochs.epochs, by_epochs.steps) == (7, None)

    def test_epochs_in_place_of_steps_also_drop_the_log_every_that_went_with_them(self) -> None:
        by_steps = ExperimentConfig(steps=1000, log_every=100)
        assert by_steps.replace(epochs=3).log_every is None
        assert by_steps.replace(epochs=3, log_every=7).log_every == 7
        assert by_steps.replace(steps=50).log_every == 100

    def test_validation_rows_take_the_place_of_the_split_and_back(self) -> None:
        rows = ExperimentConfig(validation_split=0.2).replace(validation_rows=50)
        assert (rows.validation_split, rows.validation_rows) == (None, 50)
        split = rows.replace(validation_split=0.1)
        assert (split.validation_split, split.validation_rows) == (0.1, None)

    def test_the_same_holds_when_a_config_is_first_made(self) -> None:
        config = ExperimentConfig(steps=10, validation_rows=5)
        assert (config.epochs, config.validation_split) == (None, None)

    def test_validation_can_be_switched_off(self) -> None:
        config = ExperimentConfig(validation_split=None)
        assert (config.validation_split, config.validation_rows) == (None, None)

    def test_both_at_once_are_a_conflict(self) -> None:
        with pytest.raises(ConfigError) as caught:
            ExperimentConfig().replace(epochs=3, steps=4)
        assert str(caught.value) == "steps must be left out if epochs is given. Received: 4. Give one of the two."

    def test_an_unknown_field_is_answered_with_the_nearest(self) -> None:
        with pytest.raises(ConfigError) as caught:
            ExperimentConfig().replace(epoch=3)
        assert str(caught.value) == "epoch must be a field of the config. Received: epoch. Did you mean epochs?"


LEARNING_RATE = (
    "learning_rate must be a number above 0 and at most 10. Received: {}. Try 0.001, the usual start for Adam."
)
EPOCHS = "epochs must be a whole number from 1 to 1,000. Received: {}. Try 30."
SPLIT = "validation_split must be a number above 0 and below 1. Received: {}. Try 0.3, which holds back 30 %."


class TestSentences:
    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"learning_rate": 0}, LEARNING_RATE.format(0)),
            ({"learning_rate": -1}, LEARNING_RATE.format(-1)),
            ({"learning_rate": 11}, LEARNING_RATE.format(11)),
            ({"learning_rate": float("nan")}, LEARNING_RATE.format("nan")),
            ({"learning_rate": float("inf")}, LEARNING_RATE.format("inf")),
            ({"learning_rate": "fast"}, LEARNING_RATE.format("fast")),
            ({"learning_rate": ""}, LEARNING_RATE.format("an empty text")),
            ({"learning_rate": None}, LEARNING_RATE.format("None")),
            ({"epochs": 0}, EPOCHS.format(0)),
            ({"epochs": -3}, EPOCHS.format(-3)),
            ({"epochs": 1.5}, EPOCHS.format(1.5)),
            ({"epochs": "ten"}, EPOCHS.format("ten")),
            ({"epochs": 1001}, EPOCHS.format(1001)),
            ({"batch_size": 0}, "batch_size must be a whole number from 1 to 100,000. Received: 0. Try 128."),
            ({"validation_split": 0}, SPLIT.format(0)),
            ({"validation_split": 1}, SPLIT.format(1)),
            ({"validation_rows": 0}, "validation_rows must be a whole number of at least 1. Received: 0. Try 5000."),
            ({"momentum": 1}, "momentum must be a number of at least 0 and below 1. Received: 1. Try 0.0."),
            ({"seed": -1}, "seed must be a whole number from 0 to 4,294,967,295. Received: -1. Try 777."),
            ({"stratify": "maybe"}, "stratify must be true or false. Received: maybe."),
            ({"layers": "dense"}, "layers must be a list of at most 30 layers. Received: dense."),
        ],
    )
    def test_a_value_outside_its_range(self, values: dict[str, Any], sentence: str) -> None:
        assert sentence_for(**values) == sentence

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            (
                {"optimiser": "sgd"},
                "optimiser must be a field of the config. Received: optimiser. Did you mean optimizer?",
            ),
            (
                {"optimizer": "adamm"},
                f"optimizer must be {listed(OPTIMIZERS)}. Received: adamm. Did you mean adam?",
            ),
            (
                {"optimizer": "xyz"},
                f"optimizer must be {listed(OPTIMIZERS)}. Received: xyz. Known: {', '.join(OPTIMIZERS)}.",
            ),
            (
                {"loss": "categorical_crossentropi"},
                "loss must be categorical_crossentropy, sparse_categorical_crossentropy, unclipped_crossentropy_sum "
                "or unclipped_crossentropy_mean. Received: categorical_crossentropi. "
                "Did you mean categorical_crossentropy?",
            ),
            (
                {"monitor": "acc"},
                "monitor must be val_loss, val_accuracy, loss or accuracy. Received: acc. Did you mean accuracy?",
            ),
            (
                {"layers": [{"kind": "dense"}, {"kind": "dence"}]},
                "layer 2 must be a known kind of layer. Received: dence. Did you mean dense?",
            ),
            (
                {"layers": [{"units": 3}]},
                "layer 1 must be a known kind of layer. Received: nothing. Known: dense, conv2d, max_pooling2d, "
                "average_pooling2d, global_average_pooling2d, flatten, dropout, batch_normalization, activation.",
            ),
            (
                {"layers": [{"kind": "dense", "unit": 3}]},
                "layer 1: unit must be a field of a dense layer. Received: unit. Did you mean units?",
            ),
            (
                {"layers": [{"kind": "conv2d", "padding": "sam"}]},
                "layer 1: padding must be valid or same. Received: sam. Did you mean same?",
            ),
            (
                {"layers": ["dense"]},
                "layer 1 must be a layer: an object with its kind. Received: dense. "
                'Try {"kind": "dense", "units": 64}.',
            ),
        ],
    )
    def test_an_unknown_name_is_answered_with_the_nearest(self, values: dict[str, Any], sentence: str) -> None:
        assert sentence_for(**values) == sentence

    @pytest.mark.parametrize(
        ("layer", "sentence"),
        [
            (
                {"kind": "dense", "units": 0},
                "layer 1: units must be a whole number from 1 to 4,096. Received: 0. Try 64.",
            ),
            (
                {"kind": "dropout", "rate": 1},
                "layer 1: rate must be a number of at least 0 and below 1. Received: 1. Try 0.2.",
            ),
            (
                {"kind": "max_pooling2d", "pool_size": 1},
                "layer 1: pool_size must be a whole number from 2 to 8. Received: 1. Try 2.",
            ),
            (
                {"kind": "conv2d", "kernel_size": 99},
                "layer 1: kernel_size must be a whole number from 1 to 15. Received: 99. Try 3.",
            ),
        ],
    )
    def test_a_layers_value_outside_its_range(self, layer: dict[str, Any], sentence: str) -> None:
        assert sentence_for(layers=[layer]) == sentence

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            (
                {"kernel_initializer": "normal"},
                f"kernel_initializer must be {INITIALIZER_NAMES}. Received: normal. Try glorot_uniform.",
            ),
            (
                {"layers": [{"kind": "dense", "bias_initializer": "nope"}]},
                f"layer 1: bias_initializer must be {INITIALIZER_NAMES}. Received: nope.",
            ),
            (
                {"bias_initializer": "zeros(1)"},
                "bias_initializer must be zeros without a number. Received: zeros(1). Try zeros.",
            ),
            (
                {"kernel_initializer": "random_normal(0)"},
                "kernel_initializer must be random_normal with a standard deviation above 0. "
                "Received: random_normal(0). Try glorot_uniform.",
            ),
            (
                {"kernel_initializer": 3},
                "kernel_initializer must be a text. Received: 3. Try glorot_uniform.",
            ),
        ],
    )
    def test_a_mistaken_initializer(self, values: dict[str, Any], sentence: str) -> None:
        assert sentence_for(**values) == sentence

    @pytest.mark.parametrize("number", ["1.2.3", ".", "1e400"])
    def test_an_initializers_number_that_is_none_is_answered_without_pythons_words(self, number: str) -> None:
        sentence = sentence_for(kernel_initializer=f"random_normal({number})")
        assert sentence.startswith("kernel_initializer must be ")
        assert "could not convert" not in sentence

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"epochs": None}, "epochs must be given if steps is not. Received: neither. Try 10 epochs."),
            (
                {"epochs": 3, "steps": 4},
                "steps must be left out if epochs is given. Received: 4. Give one of the two.",
            ),
            (
                {"validation_split": 0.1, "validation_rows": 3},
                "validation_rows must be left out if validation_split is given. Received: 3. Give one of the two.",
            ),
            (
                {"loss": "unclipped_crossentropy_sum", "from_logits": True},
                "loss must be a loss that takes logits, since from_logits is on. Received: unclipped_crossentropy_sum. "
                "Turn from_logits off, or choose categorical_crossentropy.",
            ),
            (
                {"nesterov": True},
                "nesterov must be off, or used with sgd and a momentum above 0. "
                "Received: on with adam and momentum 0.0. Try momentum 0.9.",
            ),
            (
                {"momentum": 0.9},
                "momentum must be 0, or used with sgd or rmsprop. Received: 0.9 with adam. Set momentum to 0.",
            ),
            (
                {"patience": 3, "validation_split": None},
                "monitor must be loss or accuracy, since there is no validation data. Received: val_loss. "
                "Set validation_split to 0.2, or monitor loss.",
            ),
        ],
    )
    def test_values_that_do_not_go_together(self, values: dict[str, Any], sentence: str) -> None:
        assert sentence_for(**values) == sentence

    @pytest.mark.parametrize(
        "values",
        [
            {"optimizer": "sgd", "momentum": 0.9, "nesterov": True},
            {"optimizer": "rmsprop", "momentum": 0.9},
            {"validation_split": None, "patience": 3, "monitor": "loss"},
            {"validation_rows": 10, "restore_best_weights": True},
            {"loss": "sparse_categorical_crossentropy", "from_logits": True},
            {"loss": "unclipped_crossentropy_mean"},
            {"layers": []},
            {"layers": [Conv2D()] * 30},
            {"learning_rate": "0.01", "epochs": "3"},
        ],
    )
    def test_values_that_do_go_together(self, values: dict[str, Any]) -> None:
        ExperimentConfig(**values)


class TestLearningRateOfTheOptimizer:
    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_a_config_without_a_rate_gets_that_of_its_optimizer(self, name: str) -> None:
        rate = OPTIMIZERS[name].learning_rate
        assert ExperimentConfig(optimizer=name).learning_rate == rate
        assert ExperimentConfig.from_json(json.dumps({"optimizer": name})).learning_rate == rate
        assert ExperimentConfig().replace(optimizer=name).learning_rate == rate

    @pytest.mark.parametrize("name", ["sgd", "rmsprop", "adagrad", "adam", "adamw", "nadam"])
    def test_older_files_without_a_rate_mean_what_they_meant(self, name: str) -> None:
        assert ExperimentConfig.from_json(json.dumps({"optimizer": name})).learning_rate == 0.001
        assert ExperimentConfig.from_json("{}").learning_rate == 0.001

    def test_lion_starts_lower_and_going_back_to_adam_goes_back_to_its_rate(self) -> None:
        lion = ExperimentConfig().replace(optimizer="lion")
        assert lion.learning_rate == 0.0001
        assert lion.replace(optimizer="adam") == ExperimentConfig()

    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_a_rate_that_was_chosen_stays(self, name: str) -> None:
        assert ExperimentConfig(learning_rate=0.02).replace(optimizer=name).learning_rate == 0.02
        assert ExperimentConfig(optimizer=name, learning_rate=0.001).learning_rate == 0.001
        assert ExperimentConfig().replace(optimizer=name, learning_rate=0.001).learning_rate == 0.001

    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_a_wrong_rate_is_answered_with_the_usual_one_of_the_optimizer(self, name: str) -> None:
        chosen = OPTIMIZERS[name]
        assert sentence_for(optimizer=name, learning_rate=-1) == (
            "learning_rate must be a number above 0 and at most 10. Received: -1. "
            f"Try {chosen.usual_learning_rate:g}, the usual start for {chosen.title}."
        )

    @pytest.mark.parametrize("wrong", ["adan", ["adam"], None, 7])
    def test_beside_an_unknown_optimizer_the_advice_is_that_for_adam(self, wrong: Any) -> None:
        assert LEARNING_RATE.format(0) in sentence_for(optimizer=wrong, learning_rate=0)


class TestAllProblemsAtOnce:
    def test_every_problem_is_reported_in_the_order_of_the_fields(self) -> None:
        assert fields_of(
            epochs=0,
            learning_rate=0,
            optimizer="adan",
            layers=[{"kind": "dense", "units": 0}, {"kind": "conv"}],
            patience=2,
            validation_split=None,
        ) == ["layers.0.units", "layers.1", "optimizer", "learning_rate", "epochs", "monitor"]

    def test_a_conflict_is_reported_beside_a_value_outside_its_range(self) -> None:
        assert fields_of(learning_rate=-1, momentum=0.5) == ["learning_rate", "momentum"]

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"steps": 0}, "steps"),
            ({"validation_rows": 0, "patience": 3}, "validation_rows"),
            ({"validation_split": 2, "patience": 3}, "validation_split"),
            ({"optimizer": "sdg", "momentum": 0.9}, "optimizer"),
            ({"optimizer": "sgd", "momentum": 2, "nesterov": True}, "momentum"),
        ],
    )
    def test_a_wrong_value_brings_no_conflict_that_its_author_did_not_make(
        self, values: dict[str, Any], field: str
    ) -> None:
        assert fields_of(**values) == [field]

    def test_sentences_of_several_problems_stand_apart(self) -> None:
        assert sentence_for(learning_rate=0, epochs=0) == f"{LEARNING_RATE.format(0)} {EPOCHS.format(0)}"
