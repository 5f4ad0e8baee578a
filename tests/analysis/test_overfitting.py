"""Where overfitting begins: hand-made curves, whatever they come in, and the published network itself."""

import json
from collections import Counter
from collections.abc import Callable
from time import process_time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.analysis.overfitting import OverfittingReport, find_overfitting
from toolkit.config import ExperimentConfig
from toolkit.config.presets import preset
from toolkit.datasets import Dataset
from toolkit.errors import DataError
from toolkit.training.history import COLUMNS, History

Curves = dict[str, list[float]]

#: The first epoch at which the clean curve's rise is no chance any more, by the criterion.
DETECTED = 15
CRITERION = "rise: Kendall's tau p < 0.01, GL > 2 % beyond noise, training loss falling"


def u_curve(noise: float = 0, seed: int = 0, epochs: int = 30) -> Curves:
    """Lowest at epoch 10, then 0.003 higher each epoch, as the published network does; training loss falls."""
    time, random = np.arange(1, epochs + 1), np.random.default_rng(seed)
    validation = 0.1 + 0.3 * np.exp(-time / 2.5) + 0.003 * np.maximum(0, time - 10)
    return {
        "loss": (0.5 * np.exp(-time / 4)).tolist(),
        "val_loss": (validation + noise * random.standard_normal(epochs)).tolist(),
        "val_accuracy": (0.97 - 0.07 * np.exp(-time / 6)).tolist(),
    }


def plateau(noise: float, seed: int, epochs: int = 30) -> Curves:
    """Falls fast, then stays where it is apart from noise; training loss keeps falling."""
    time, random = np.arange(1, epochs + 1), np.random.default_rng(seed)
    validation = 0.1 * (1 + noise * random.standard_normal(epochs)) + 0.3 * np.exp(-time / 1.5)
    return {"loss": (0.3 * np.exp(-time / 20)).tolist(), "val_loss": validation.tolist()}


def shares_of_states(curve_of: Callable[[int], Curves], seeds: int = 100) -> dict[str, float]:
    """How often each verdict is given, over many seeds."""
    states = Counter(find_overfitting(curve_of(seed)).state for seed in range(seeds))
    return {state: number / seeds for state, number in states.items()}


def as_history(curves: Curves, **settings: Any) -> History:
    """The curves as `train` returns them: with epoch 0, steps, and the honest figures."""
    blank = dict.fromkeys(COLUMNS)
    before = None if curves["val_loss"][0] is None else 2.3
    records = [{**blank, "epoch": 0, "step": 0, "val_loss": before, "honest_loss": 2.3}]
    for index, loss in enumerate(curves["loss"]):
        figures = {name: values[index] for name, values in curves.items()}
        records.append({**blank, "epoch": index + 1, "step": (index + 1) * 100, "honest_loss": loss, **figures})
    return History(records=tuple(records), **settings)


class TestCleanRise:
    REPORT = find_overfitting(u_curve())

    def test_is_confirmed_since_the_epoch_after_the_lowest_validation_loss(self) -> None:
        assert (self.REPORT.state, self.REPORT.best_epoch, self.REPORT.since_epoch) == ("confirmed", 10, 11)

    def test_is_detected_once_enough_measurements_have_risen_and_not_before(self) -> None:
        assert self.REPORT.detected_epoch == DETECTED
        assert find_overfitting(u_curve(epochs=DETECTED - 1)).state == "possible"
        assert find_overfitting(u_curve(epochs=DETECTED)).state == "confirmed"

    def test_tells_by_how_much_it_has_risen(self) -> None:
        losses = u_curve()["val_loss"]
        assert self.REPORT.rise == pytest.approx(losses[-1] / min(losses) - 1)

    def test_tells_where_accuracy_was_best_which_is_later(self) -> None:
        assert self.REPORT.best_accuracy_epoch == 30

    def test_names_its_criterion(self) -> None:
        assert self.REPORT.criterion == CRITERION

    def test_says_what_is_seen_what_it_means_and_what_to_try(self) -> None:
        assert self.REPORT.sentence == (
            f"Overfitting since epoch 11, confirmed at epoch {DETECTED}: validation loss was lowest so far with 0.1055 "
            "at epoch 10 and now stands 52 % higher, while training loss keeps falling. The network is learning its "
            "training data by heart. Validation accuracy still crept up, to 96.95 % at epoch 30. Try dropout, "
            "a smaller network, or stopping near epoch 10."
        )

    def test_leaves_accuracy_out_of_the_sentence_where_it_is_not_known(self) -> None:
        curves = u_curve()
        del curves["val_accuracy"]
        report = find_overfitting(curves)
        assert report.best_accuracy_epoch is None
        assert "accuracy" not in report.sentence


class TestNoise:
    @pytest.mark.parametrize("noise", [0.002, 0.004, 0.008])
    def test_does_not_hide_a_rise(self, noise: float) -> None:
        assert shares_of_states(lambda seed: u_curve(noise, seed))["confirmed"] >= 0.98

    def test_moves_the_lowest_point_by_a_few_epochs_at_most(self) -> None:
        found = [find_overfitting(u_curve(0.004, seed)).best_epoch for seed in range(100)]
        assert 8 <= np.median(found) <= 12

    @pytest.mark.parametrize("noise", [0.005, 0.05])
    @pytest.mark.parametrize("epochs", [30, 100])
    def test_on_a_plateau_is_rarely_taken_for_a_rise(self, noise: float, epochs: int) -> None:
        shares = shares_of_states(lambda seed: plateau(noise, seed, epochs))
        assert shares.get("confirmed", 0) <= 0.05
        assert shares.get("still_learning", 0) <= 0.2


class TestOtherStates:
    def test_a_loss_that_falls_to_the_end_is_still_learning(self) -> None:
        falling = np.exp(-np.arange(1, 31) / 20).tolist()
        report = find_overfitting({"loss": falling, "val_loss": falling})
        assert (report.state, report.best_epoch, report.detected_epoch) == ("still_learning", 30, None)
        assert report.sentence == (
            "Still learning: validation loss is still falling and is lowest so far with 0.2231 at epoch 30. "
            "More training may help."
        )

    def test_a_loss_that_neither_falls_nor_rises_is_flat(self) -> None:
        losses = [0.5, 0.3, 0.2003, 0.2001, 0.2, 0.2002, 0.2001, 0.2]
        report = find_overfitting({"loss": losses, "val_loss": losses})
        assert (report.state, report.best_epoch) == ("flat", 5)
        assert report.sentence == (
            "Validation loss hardly changes any more; the lowest so far is 0.2000 at epoch 5. More of the same will "
            "not help. Try a larger network, another learning rate, or stop here."
        )

    def test_a_loss_that_has_not_come_back_may_be_noise(self) -> None:
        report = find_overfitting({"loss": [0.5, 0.3, 0.2, 0.1, 0.05], "val_loss": [0.5, 0.3, 0.2, 0.25, 0.22]})
        assert (report.state, report.best_epoch, report.since_epoch) == ("possible", 3, 4)
        assert report.sentence == (
            "Possibly overfitting since epoch 4: validation loss was lowest so far with 0.2000 at epoch 3 and has not "
            "come back to it. It may still be noise: train a little longer to be sure."
        )

    def test_a_rise_while_the_training_loss_rises_too_is_no_overfitting(self) -> None:
        curves = u_curve()
        assert find_overfitting({**curves, "loss": curves["val_loss"]}).state == "possible"

    def test_a_rise_too_small_to_matter_is_not_confirmed(self) -> None:
        creeping = [0.5, 0.3, *(0.2 + 0.00003 * step for step in range(30))]
        assert find_overfitting({"loss": np.exp(-np.arange(32)).tolist(), "val_loss": creeping}).state == "flat"

    def test_a_second_descent_below_the_first_minimum_is_learning_again(self) -> None:
        curves = u_curve()
        report = find_overfitting(
            {
                "loss": [*curves["loss"], *(curves["loss"][-1] * 0.9**step for step in range(15))],
                "val_loss": [*curves["val_loss"], *np.linspace(curves["val_loss"][-1], 0.05, 15)],
            }
        )
        assert (report.state, report.best_epoch) == ("still_learning", 45)
        assert "It had risen after epoch 10 and came down again: a second descent." in report.sentence

    def test_a_rise_from_the_very_start_is_dated_to_before_training(self) -> None:
        curves = {"loss": np.exp(-np.arange(1.0, 11)).tolist(), "val_loss": np.linspace(2.5, 5, 10).tolist()}
        report = find_overfitting(as_history(curves))
        assert (report.state, report.best_epoch, report.since_epoch) == ("confirmed", 0, 1)

    def test_without_validation_nothing_can_be_told(self) -> None:
        for curves in (
            {"loss": [0.3] * 5},
            as_history({"loss": [0.3] * 5, "val_loss": [None] * 5}),
            {},
            History(records=()),
        ):
            report = find_overfitting(curves)
            assert report.state == "cannot_tell"
            assert report.best_epoch is None
        no_validation = find_overfitting({"loss": [0.3] * 5}).sentence
        assert no_validation == ("There is no validation loss, so overfitting can't be seen. Try validation_split 0.3.")

    def test_two_measurements_are_too_few(self) -> None:
        report = find_overfitting(as_history({"loss": [0.3, 0.2], "val_loss": [0.3, 0.4]}))
        assert (report.state, report.best_epoch) == ("cannot_tell", 1)
        assert report.sentence == "Too early to tell: it takes at least 3 measurements. Train a little longer."

    @pytest.mark.parametrize("last", [float("nan"), float("inf"), None])
    def test_a_loss_that_is_no_number_any_more_has_diverged(self, last: float | None) -> None:
        report = find_overfitting({"loss": [0.3, 0.2, last], "val_loss": [0.3, 0.2, last]})
        assert (report.state, report.best_epoch) == ("diverged", 2)
        assert report.sentence == (
            "The loss stopped being a number: the learning rate is probably too large. Try a tenth of it."
        )

    def test_a_diverged_training_gives_its_own_reason(self) -> None:
        history = as_history({"loss": [None], "val_loss": [None]}, state="diverged", message="At step 5: …")
        assert (find_overfitting(history).state, find_overfitting(history).sentence) == ("diverged", "At step 5: …")

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("after", [[0.0] * 4, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]], ids=["flat", "rising"])
    def test_a_validation_loss_of_exactly_0_makes_no_trouble(self, after: list[float]) -> None:
        """A network that tells few validation rows apart beyond all doubt has such a loss."""
        losses = [0.2, 0.1, 0.0, *after]
        report = find_overfitting({"loss": np.exp(-np.arange(len(losses))).tolist(), "val_loss": losses})
        assert report.best_epoch == 3
        json.dumps(report.as_dict(), allow_nan=False)

    def test_nothing_is_said_of_a_training_loss_that_is_not_known(self) -> None:
        assert "training loss keeps falling" not in find_overfitting({"val_loss": u_curve()["val_loss"]}).sentence


class TestVeryLongCurves:
    """10,000 logged steps are judged by the same criterion, at some of their places, in no time."""

    @pytest.mark.parametrize(
        ("shape", "states"),
        [
            (lambda time: 0.3 + 2 * np.exp(-time / 2), {"flat"}),
            (lambda time: 0.05 + 2 / (1 + time), {"still_learning", "possible"}),
            (lambda time: 0.3 + 2 * np.exp(-time / 2) + 0.006 * np.maximum(0, time - 10), {"confirmed"}),
            # It rises and then stands: the criterion is asked at every place, where that is affordable.
            (lambda time: np.where(time < 10, 2 / (1 + time), 0.25), {"possible", "confirmed"}),
        ],
        ids=["plateau", "falling", "rising", "a jump"],
    )
    def test_they_are_judged_as_short_ones_within_a_second(self, shape: Callable[..., Any], states: set[str]) -> None:
        time, random = np.linspace(0, 30, 10_001), np.random.default_rng(0)
        validation = shape(time) * (1 + 0.005 * random.standard_normal(len(time)))
        lists = {"loss": (2 / (1 + time)).tolist(), "val_loss": validation.tolist()}
        find_overfitting({name: values[::100] for name, values in lists.items()})
        start = process_time()
        report = find_overfitting(lists)
        assert process_time() - start < 1
        assert report.state in states
        # Of a dictionary's lists the first stands for epoch 1.
        assert report.best_epoch == int(validation.argmin()) + 1


class TestWhateverItComesIn:
    def test_a_dict_a_keras_history_a_table_and_a_history_give_the_same_point(self) -> None:
        curves = u_curve()
        reports = [
            find_overfitting(given)
            for given in (curves, SimpleNamespace(history=curves), pd.DataFrame(curves), as_history(curves))
        ]
        found = {(report.state, report.best_epoch, report.since_epoch, report.detected_epoch) for report in reports}
        assert found == {("confirmed", 10, 11, DETECTED)}

    def test_what_plain_keras_fit_returns_is_understood(self, toy: Dataset) -> None:
        import keras

        model = keras.Sequential([keras.Input((6, 6)), keras.layers.Flatten(), keras.layers.Dense(3)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        fitted = model.fit(toy.x_train / 255, toy.y_train, epochs=4, validation_split=0.3, verbose=0)
        report = find_overfitting(fitted)
        assert report.best_epoch == int(np.argmin(fitted.history["val_loss"])) + 1

    def test_a_histories_table_gives_what_the_history_gives(self) -> None:
        history = as_history(u_curve())
        assert find_overfitting(history.frame) == find_overfitting(history)

    def test_the_tables_index_does_not_matter(self) -> None:
        frame = pd.DataFrame(u_curve())
        assert find_overfitting(frame.set_index(np.arange(100, 130))).best_epoch == 10

    def test_the_honest_training_loss_counts_where_there_is_one(self) -> None:
        """Keras's running average may rise with dropout while the honest curve falls."""
        curves = u_curve()
        rising = {**curves, "loss": np.linspace(0.1, 0.5, 30).tolist(), "honest_loss": curves["loss"]}
        assert find_overfitting(rising).state == "confirmed"

    def test_logged_steps_are_named_as_steps(self) -> None:
        curves = u_curve()
        frame = pd.DataFrame({"epoch": 1 + np.arange(30) // 10, "step": 100 * np.arange(1, 31), **curves})
        report = find_overfitting(frame)
        assert (report.best_epoch, report.best_step, report.since_step) == (1, 1000, 1100)
        assert (report.detected_step, report.best_accuracy_step) == (100 * DETECTED, 3000)
        assert report.sentence.startswith(f"Overfitting since step 1,100, confirmed at step {100 * DETECTED:,}: ")
        assert report.sentence.endswith("or stopping near step 1,000.")

    @pytest.mark.parametrize(("given", "kind"), [(3, "int"), (None, "NoneType"), ([0.1, 0.2], "float")])
    def test_anything_else_is_refused(self, given: Any, kind: str) -> None:
        with pytest.raises(DataError) as caught:
            find_overfitting(given)
        assert str(caught.value) == (
            "A history must be what train() or Keras's fit() returned, lists by name, a table, a run, or the path of "
            f"the folder of a run, a CSVLogger file, or the folder of Keras's TensorBoard callback. Received: {kind}."
        )

    @pytest.mark.parametrize(
        ("given", "received"),
        [
            ({"loss": [0.3, 0.2, 0.1], "val_loss": [0.4, 0.3]}, "3 of loss, 2 of val_loss"),
            ({"loss": 0.3, "val_loss": 0.4}, "no list"),
        ],
    )
    def test_lists_of_different_lengths_are_refused(self, given: Any, received: str) -> None:
        with pytest.raises(DataError) as caught:
            find_overfitting(given)
        assert str(caught.value) == (
            "The lists of a history must be of one length, with a number for each epoch. "
            f"Received: {received}. Take all of them from one training."
        )

    def test_a_report_goes_into_json_and_comes_back(self) -> None:
        report = find_overfitting(as_history(u_curve()))
        again = json.loads(json.dumps(report.as_dict(), allow_nan=False))
        assert OverfittingReport(**again) == report


@pytest.mark.slow
@pytest.mark.parametrize("seed", [777, 1, 2, 3])
def test_the_published_network_overfits_where_it_was_published(seed: int, mnist: Dataset) -> None:
    """`keras-mlp` at full length; published: lowest validation loss 0.1073 at epoch 10, 0.1517 at epoch 30.

    The curve is flat around its lowest point, so the epoch depends on the seed and on how a processor rounds.
    """
    from toolkit.models.build import build_model
    from toolkit.training.trainer import train

    config: ExperimentConfig = preset("keras-mlp").replace(seed=seed)
    history = train(build_model(config, mnist), mnist, config)
    report = find_overfitting(history)
    frame = history.frame
    assert report.state == "confirmed"
    assert 6 <= report.best_epoch <= 17
    assert report.since_epoch == report.best_epoch + 1
    assert report.best_epoch < report.detected_epoch <= 30
    assert frame["val_loss"].min() == pytest.approx(0.1073, abs=0.012)
    assert report.rise > 0.2
    assert frame["honest_accuracy"].iloc[-1] > 0.99
