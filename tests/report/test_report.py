"""One page on a run, whatever became of it."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from toolkit.analysis.metrics import Evaluation, calibrate, find_worst_mistakes
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset
from toolkit.errors import RunError
from toolkit.report import contents, page, write_report
from toolkit.runs import RunFolder, RunWriter, create_run
from toolkit.runs.artifacts import load_data
from toolkit.training.history import COLUMNS

NAMES = ("ant", "bee", "cat")
SECTIONS = [
    "How it learned",
    "How good it is, class by class",
    "How far to trust its confidence",
    "Its worst mistakes",
    "Test rows and its answers",
    "What the first layer looks for",
    "Settings",
    "Made with",
]


def data(row_shape: tuple[int, ...] = (4, 4)) -> Dataset:
    """Twelve rows of three classes."""
    random, labels = np.random.default_rng(2), np.arange(12) % 3
    rows = random.integers(0, 256, (12, *row_shape)).astype(np.uint8)
    return Dataset("toy", rows, labels, rows, labels, NAMES)


def answers(*, known: bool = True) -> np.ndarray:
    """Probabilities for the twelve rows; the last four are wrong."""
    right = (np.arange(12) % 3 + (np.arange(12) >= 8)) % 3
    probabilities = 0.1 + 0.7 * np.eye(3)[right]
    return probabilities if known else np.full_like(probabilities, np.nan)


def result(state: str, *, known: bool = True) -> dict[str, Any]:
    true, probabilities = data().y_test, answers(known=known)
    labels = probabilities.argmax(axis=1)
    matrix = np.zeros((3, 3), int)
    np.add.at(matrix, (true, labels), 1)
    evaluation = Evaluation(
        test_loss=0.4 if known else float("nan"),
        test_accuracy=float((labels == true).mean()),
        confusion_matrix=matrix,
        num_rows=len(true),
        class_names=NAMES,
        worst_mistakes=find_worst_mistakes(true, probabilities, NAMES),
        calibration=calibrate(true, probabilities),
    )
    return {"state": state, "message": "", "epochs": 7, "steps": 70, "seconds": 3.5, **evaluation.as_dict()}


def record(epoch: int, loss: float | None) -> dict[str, Any]:
    figures = {"val_loss": loss, "val_accuracy": 0.9, "honest_accuracy": 0.95, "seconds": 0.1}
    figures |= {"honest_loss": loss and 1 / (1 + epoch), "loss": loss if epoch else None}
    return {"event": "epoch", **dict.fromkeys(COLUMNS), "epoch": epoch, "step": 10 * epoch, **figures}


def samples(rows: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    shown = [[float(p) if np.isfinite(p) else None for p in row] for row in probabilities[: len(rows)]]
    return {"event": "samples", "labels": probabilities[: len(rows)].argmax(axis=1).tolist(), "probabilities": shown}


class Made:
    """A run folder as a training would leave it, made without training."""

    def __init__(self, root: Path, **config: Any) -> None:
        self.run = create_run(root, ExperimentConfig(**{"layers": [], **config}), asked_by="a test")
        self.writer = RunWriter.claim(self.run)

    def learn(self, *losses: float | None, row_shape: tuple[int, ...] = (4, 4), known: bool = True) -> "Made":
        rows = data(row_shape).x_test[:10]
        np.savez(self.run.samples_path, x=rows, y=data().y_test[:10], class_names=np.array(NAMES))
        for epoch, loss in enumerate(losses):
            self.writer.append(record(epoch, loss))
            self.writer.append(samples(rows, answers(known=known)))
        return self

    def save(self, weights: np.ndarray) -> "Made":
        with h5py.File(self.run.weights_path, "w") as file:
            file["layers/dense/vars/0"] = weights
        return self

    def end(self, document: dict[str, Any] | None = None) -> RunFolder:
        if document is not None:
            self.writer.finish({"run_id": self.run.id, **document})
        self.writer.close()
        return self.run


@pytest.fixture(autouse=True)
def toy_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "load_data", lambda run: data())


@pytest.fixture
def finished(tmp_path: Path) -> RunFolder:
    losses = (1.1, 0.5, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55)
    made = Made(tmp_path, name='<b>bold</b> & "co" </script>', seed=9).learn(*losses)
    return made.save(np.random.default_rng(1).normal(size=(16, 3))).end(result("finished"))


def headings(html: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", html)


def charts(html: str) -> list[dict[str, Any]]:
    """The figures of a page, as its script reads them."""
    found = re.findall(r"<div class='chart'[^>]*></div><script type='application/json'>(.*?)</script>", html)
    return [json.loads(one) for one in found]


def text(html: str) -> str:
    """What a reader sees, without scripts and marks."""
    body = re.sub(r"<script.*?</script>", "", html[html.index("<body>") :], flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_a_finished_run_has_all_its_parts(finished: RunFolder, tmp_path: Path) -> None:
    path = write_report(finished, tmp_path / "report.html")

    html = path.read_text(encoding="utf-8")
    assert path == tmp_path / "report.html"
    assert headings(html) == SECTIONS
    shown = text(html)
    assert "Overfitting since epoch 3, confirmed at epoch" in shown
    assert "Test accuracy 66.67 % of 12 rows Test loss 0.4000 Lowest validation loss 0.3000 at epoch 2" in shown
    # The last four rows, a cat, an ant, a bee and a cat, are each taken for the class that follows.
    assert "ant 60.00 % 75.00 % 66.67 % 4 bee 75.00 % 75.00 % 75.00 % 4 cat 66.67 % 50.00 % 57.14 % 4" in shown
    assert "seed 9 777" in shown
    assert f"run {finished.id}" in shown
    assert "keras 3." in shown


def test_the_figures_are_those_of_the_run(finished: RunFolder) -> None:
    loss, accuracy, matrix, reliability, mistakes, predictions, weights = charts(page.render(finished))

    assert [line["name"] for line in loss["data"] if "name" in line][-1] == "validation"
    assert loss["data"][2]["y"] == [1.1, 0.5, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55]
    assert len(accuracy["data"]) == 3
    assert [one["type"] for one in matrix["data"]] == ["heatmap", "heatmap", "scatter"]
    assert reliability["data"][0]["type"] == "bar"
    assert len(mistakes["layout"]["images"]) == 4
    assert len(predictions["layout"]["images"]) == 10
    assert weights["data"][1]["text"] == list(NAMES)


def test_a_page_needs_nothing_from_elsewhere_and_holds_plotly_once(finished: RunFolder) -> None:
    html = page.render(finished)

    ours = html.replace(page.get_plotlyjs(), "", 1)
    assert len(html) - len(ours) > 1_000_000
    assert not re.findall(r"(?:src|href|@import|url)\s*[=(]\s*['\"]?https?:", ours)
    assert len(ours) < 300_000
    assert "default-src 'none'" in ours


def test_a_users_words_stay_words(finished: RunFolder) -> None:
    html = page.render(finished).replace(page.get_plotlyjs(), "", 1)

    assert "<h1>&lt;b&gt;bold&lt;/b&gt; &amp; &quot;co&quot; &lt;/script&gt;</h1>" in html
    assert "<b>bold" not in html
    assert html.count("<script") == html.count("</script>")


def test_a_diverged_run_says_what_its_numbers_can_not_give(tmp_path: Path) -> None:
    message = "The loss stopped being a number at step 5."
    made = Made(tmp_path).learn(1.1, None, known=False).save(np.full((16, 3), np.nan))
    html = page.render(made.end({**result("diverged", known=False), "message": message}))

    assert headings(html)[-1] == "What is missing"
    shown = text(html)
    assert f"{message} Test accuracy 33.33 %" in shown
    assert "its confidence : There are no probabilities to look at: the weights are NaN." in shown
    assert "Its worst mistakes : There are no mistakes to show: the weights are NaN." in shown
    assert "What the first layer looks for : The weights can't be shown: they are NaN." in shown
    # As a value: sentences may name it.
    assert not re.search(r"[\[:,]\s*NaN", html.replace(page.get_plotlyjs(), ""))


def test_a_run_that_broke_off_shows_its_curves_so_far(tmp_path: Path) -> None:
    html = page.render(Made(tmp_path).learn(1.1, 0.5, 0.4).end())

    assert headings(html) == ["How it learned", "Test rows and its answers", "Settings", "Made with", "What is missing"]
    shown = text(html)
    assert "interrupted · 2 epochs, 20 steps" in shown
    assert "The training broke off before it ended: what follows is what was measured up to there." in shown
    assert "The network was not tested on the test rows: the run broke off." in shown
    assert "No weights were saved: the run broke off." in shown


def test_a_run_that_failed_before_it_learned_says_why(tmp_path: Path) -> None:
    made = Made(tmp_path)
    html = page.render(made.end({"state": "failed", "message": "Too few <rows>.", "seconds": 0.1}))

    assert headings(html) == ["Settings", "Made with", "What is missing"]
    assert "<p class='verdict error'>Too few &lt;rows&gt;.</p>" in html
    assert "Nothing was measured: the run failed." in text(html)


def test_a_run_that_waits_has_a_report_too(tmp_path: Path) -> None:
    run = create_run(tmp_path, ExperimentConfig(), asked_by="a test")

    assert "The run is queued: what follows is what there is so far." in text(page.render(run))


def test_rows_of_a_table_are_shown_as_bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "load_data", lambda run: data((4,)))
    made = Made(tmp_path).learn(1.1, 0.5, row_shape=(4,)).save(np.ones((4, 3)))
    html = page.render(made.end(result("finished")))

    assert headings(html) == SECTIONS
    assert [chart["data"][0]["type"] for chart in charts(html)[-3:]] == ["bar", "bar", "heatmap"]


def test_the_rows_are_those_that_the_run_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the run's own label column, and only while the file is as it was."""
    monkeypatch.setattr(contents, "load_data", load_data)
    path = tmp_path / "flowers.csv"
    rows = [f"{'rose' if number % 2 else 'tulip'},{number},{number % 3}" for number in range(20)]
    path.write_text("\n".join(["species,height,width", *rows]), encoding="utf-8")
    run = create_run(tmp_path, ExperimentConfig(dataset=str(path), label="species"), asked_by="a test")

    found = contents.read_contents(run).data

    assert isinstance(found, Dataset)
    assert found.class_names == ("rose", "tulip")
    path.write_text(path.read_text(encoding="utf-8").replace("rose", "lily"), encoding="utf-8")
    changed = contents.read_contents(run).data
    assert isinstance(changed, str)
    assert f"{path} has changed since the run {run.id} was made" in changed


def test_where_the_data_are_gone_the_mistakes_are_a_table(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(run: RunFolder) -> Dataset:
        raise RunError("There is no file.")

    monkeypatch.setattr(contents, "load_data", gone)

    shown = text(page.render(finished))

    assert "row true predicted sure loss 8 cat ant 80.00 % 2.30" in shown
    assert "What the first layer looks for : The rows can't be shown. There is no file." in shown


def test_a_run_from_before_these_figures_shows_what_it_has(tmp_path: Path) -> None:
    old = result("finished")
    for name in ("classes", "worst_mistakes", "calibration"):
        del old[name]
    html = page.render(Made(tmp_path).learn(1.1, 0.5).end(old))

    assert "How good it is, class by class" in headings(html)
    assert "There are no probabilities to look at: the run is older than this figure." in text(html)


def test_settings_that_differ_stand_first_and_notes_are_told(tmp_path: Path) -> None:
    made = Made(tmp_path, learning_rate=0.5, optimizer="sgd").learn(1.1, 0.5)
    made.writer.append({"event": "note", "sentence": "The batch was made <smaller>."})
    shown = text(page.render(made.end({**result("finished"), "message": "Early stopping: enough."})))

    changed, same = shown.split("Settings ", 1)[1].split("All others, which have their defaults", 1)
    assert "learning_rate 0.5 0.001" in changed
    assert "layers no hidden layer dense (units 64, activation relu) → dense (units 32, activation relu)" in changed
    assert "batch_size 128" in same
    assert "Notes The batch was made <smaller>. Early stopping: enough." in shown


def test_a_damaged_result_is_one_sentence(finished: RunFolder) -> None:
    (finished.path / "result.json").write_text('{"state": "finished", "confusion_matrix": [[1]]}')

    with pytest.raises(RunError) as caught:
        page.render(finished)
    assert str(caught.value) == (
        f"The result.json of the run {finished.id} is damaged (KeyError('test_loss')). Train it again."
    )


def test_a_file_that_is_there_is_kept_unless_asked(finished: RunFolder, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("mine")

    with pytest.raises(RunError) as caught:
        write_report(finished, path)
    assert str(caught.value) == f"{path} exists already. Choose another name, or overwrite it with --overwrite."
    assert path.read_text() == "mine"
    write_report(finished, path, overwrite=True)
    assert path.stat().st_size > 1_000_000


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("report.pdf", "A report's name must end in .html. Received: {tmp}/report.pdf. Try {tmp}/report.html."),
        ("no/report.html", "There is no folder {tmp}/no to write the report into. Make it, or choose another."),
    ],
)
def test_a_place_that_can_not_be_written_is_refused_at_once(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
) -> None:
    """Before anything is read."""
    monkeypatch.setattr(page, "read_contents", lambda run: pytest.fail("it was read"))

    with pytest.raises(RunError) as caught:
        write_report(finished, tmp_path / name)
    assert str(caught.value) == sentence.format(tmp=tmp_path)


def test_a_full_disk_leaves_the_old_report(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, write: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page, "write_atomically", full)

    with pytest.raises(RunError, match=r"^The report can't be written to .*No space left.*Choose another folder\.$"):
        write_report(finished, tmp_path / "report.html")
