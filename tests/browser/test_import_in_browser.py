"""Model files from elsewhere on the real server: one that is taken, and one that is not."""

import json
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from driving import DEADLINE, PHONE, Dashboard, Visitor

from dashboard import texts
from toolkit.runs import list_runs

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]


def bring(visitor: Visitor, name: str, content: bytes) -> None:
    """Choose a file, and press the button once it has arrived."""
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    visitor.main.locator("input[type=file]").first.set_input_files([file])
    visitor.button(texts.models.IMPORT).click()


def test_a_model_is_brought_looked_at_and_asked_and_a_hostile_one_is_told_apart(
    visit: Visit, dashboard: Dashboard, finished_run: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trained = dashboard.run(finished_run)
    hostile = tmp_path_factory.mktemp("hostile") / "hostile.keras"
    with ZipFile(trained.model_path) as source, ZipFile(hostile, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                content = content.replace(b'"class_name": "Dense"', b'"class_name": "Lambda"')
            target.writestr(name, content)
    visitor = visit(dashboard, "models", **PHONE)
    bring(visitor, "<b>evil</b>.keras", hostile.read_bytes())
    visitor.wait_for_words("must be one of Keras's plain layers. Received: Lambda.")
    visitor.look("hostile-model")
    assert not visitor.scrolls_sideways

    visitor.open("models")
    bring(visitor, "From a friend.keras", trained.model_path.read_bytes())
    visitor.wait_for_words("From a friend is here.")
    visitor.settle()
    visitor.look("imported-model")
    (run,) = list_runs(dashboard.root, state="imported")
    result, before = (json.loads((one.path / "result.json").read_text()) for one in (run, trained))
    assert result["test_accuracy"] == before["test_accuracy"]
    visitor.wait_for_words("Imported from From a friend.keras.")
    visitor.button(texts.models.PREDICT_TEN).click()
    visitor.main.get_by_test_id("stImage").first.wait_for()
    run.delete()
