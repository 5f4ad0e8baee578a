"""What a notebook shows of a history, a verdict and an evaluation."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.analysis.metrics import Evaluation
from toolkit.analysis.overfitting import OverfittingReport, find_overfitting
from toolkit.notebook.display import evaluation_bundle, history_bundle
from toolkit.training.history import COLUMNS, History

ROOT = Path(__file__).resolve().parents[2]
LOSSES = (2.3, 0.5, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55)


def history(**changes: Any) -> History:
    """Lowest validation loss at epoch 2, then a rise."""
    records = []
    for epoch, loss in enumerate(LOSSES):
        figures = {"val_loss": loss, "val_accuracy": 0.9, "honest_loss": 2 / (1 + epoch), "honest_accuracy": 0.95}
        records.append({**dict.fromkeys(COLUMNS), "epoch": epoch, "step": 10 * epoch, "seconds": 1, **figures})
    return History(records=tuple(records), **changes)


def test_a_history_is_shown_as_the_loss_with_the_overfitting_point_the_verdict_and_a_table() -> None:
    bundle = history_bundle(history())

    sentence = find_overfitting(history()).sentence
    assert set(bundle) == {"text/plain", "text/html"}
    page = bundle["text/html"]
    assert "epoch 2" in page
    assert "Plotly.newPlot" in page
    assert sentence.split(":")[0] in page
    assert '"validation accuracy"' in page
    assert 'src="http' not in page
    lines = bundle["text/plain"].splitlines()
    assert lines[0] == sentence
    heads = ["epoch", "training loss", "validation loss", "training accuracy", "validation accuracy"]
    assert lines[1].split() == " ".join(heads).split()
    assert [line.split() for line in lines[2:]] == [
        ["2", "0.6667", "0.3000", "95.00%", "90.00%"],
        ["7", "0.2500", "0.5500", "95.00%", "90.00%"],
    ]


def test_the_readmes_three_lines_end_in_a_history_that_shows_itself() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```py\n(.*?)^```$", readme, flags=re.MULTILINE | re.DOTALL)
    *before, last = block.splitlines()
    names: dict[str, Any] = {}

    exec("\n".join(before), names)

    assert len(before) == 2
    assert "text/html" in history_bundle(eval(last, names))


def test_ipython_shows_a_history_and_an_evaluation_without_their_knowing_of_figures() -> None:
    """As in a notebook: the toolkit is imported where a shell runs, and each record is a cell's last line."""
    script = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "import sys, toolkit\n"
        "assert 'plotly' not in sys.modules and 'toolkit.training.history' not in sys.modules\n"
        "import numpy as np\nfrom toolkit import Evaluation, History\n"
        "record = {'epoch': 1, 'step': 5, 'val_loss': 0.5, 'val_accuracy': 0.9}\n"
        "evaluation = Evaluation(0.5, 0.75, np.array([[2, 0], [1, 1]]), 4, ('ant', 'bee'))\n"
        "for shown in (History(records=(record,)), evaluation):\n"
        "    formats, _ = shell.display_formatter.format(shown)\n"
        "    assert {'text/html', 'text/plain'} <= formats.keys(), formats.keys()\n"
        "    assert '0x' not in formats['text/plain']\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_a_notebook_gets_what_plotly_chooses_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab and VS Code draw Plotly's own format: no page of megabytes is stored with the cell."""
    import plotly.io

    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype")

    bundle = history_bundle(history())

    assert set(bundle) == {"text/plain", "application/vnd.plotly.v1+json"}
    assert len(str(bundle)) < 50_000


def test_without_plotly_there_is_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("toolkit.figures")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)

    bundle = history_bundle(history())

    assert set(bundle) == {"text/plain"}
    assert bundle["text/plain"].startswith("Overfitting since epoch 3")


@pytest.mark.parametrize(
    ("records", "words"),
    [((), "Too early to tell"), (history().records[:1], "Too early to tell")],
    ids=["nothing measured", "the untrained network"],
)
def test_a_history_with_little_in_it_can_be_shown(records: Any, words: str) -> None:
    assert history_bundle(History(records=records))["text/plain"].startswith(words)


def test_a_diverged_history_without_validation_can_be_shown() -> None:
    lost = [{**record, "val_loss": None, "val_accuracy": None} for record in history().records[:2]]
    lost.append({**lost[1], "epoch": 2, "step": 20, "loss": None, "honest_loss": None, "honest_accuracy": None})
    shown = history_bundle(History(records=tuple(lost), state="diverged", message="The loss is lost."))

    assert shown["text/plain"].splitlines()[0] == "The loss is lost."
    assert shown["text/plain"].splitlines()[2].split() == ["2", "–", "–"]


def test_a_verdict_is_shown_as_its_sentence_and_not_as_html() -> None:
    assert OverfittingReport("flat", "Try <b>less</b>.")._repr_html_() == "<p>Try &lt;b&gt;less&lt;/b&gt;.</p>"


def test_an_evaluation_is_shown_as_its_confusion_matrix() -> None:
    bundle = evaluation_bundle(Evaluation(0.5, 0.75, np.array([[2, 0], [1, 1]]), 4, ("ant", "bee")))

    assert bundle["text/plain"] == "Test accuracy 75.00 %, test loss 0.5000 on 4 rows."
    assert "Test accuracy 75.00 %" in bundle["text/html"]
    assert '"heatmap"' in bundle["text/html"]
    assert '"bee"' in bundle["text/html"]
