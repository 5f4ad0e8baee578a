"""What the dashboard's process imports and which settings it reads."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from toolkit.runs import RunFolder

PROJECT = Path(__file__).resolve().parents[2]

LOOK_AT_THE_PAGES = """
import sys
from types import SimpleNamespace
from streamlit.testing.v1 import AppTest
import toolkit.jobs
toolkit.jobs.keep_workers = lambda root: None
toolkit.jobs.predictor = lambda root: SimpleNamespace(warm=lambda: None)
app = AppTest.from_file("dashboard/main.py", default_timeout=300)
app.query_params["run"] = sys.argv[1]
app.run()
assert not app.exception and len(app.get("bidi_component")) == 2
app.switch_page("views/models/page.py").run()
assert not app.exception and len(app.dataframe) == 1
app.switch_page("views/try_it/page.py").run()
assert not app.exception and len(app.selectbox) == 1
for page in ("compare", "data"):
    app.switch_page(f"views/{page}/page.py").run()
    assert not app.exception, page
app.switch_page("views/results/page.py").run()
assert not app.exception and len(app.get("download_button")) == 5
print(*{name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras", "torch", "jax", "h5py"})
"""


def test_the_dashboard_shows_its_pages_and_a_run_without_tensorflow_or_keras(
    make_run: Callable[..., RunFolder], root: Path
) -> None:
    run = make_run("finished")
    outcome = subprocess.run(
        [sys.executable, "-c", LOOK_AT_THE_PAGES, run.id],
        cwd=PROJECT,
        env={**os.environ, "TOOLKIT_ROOT": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.strip() == ""


def test_wherever_it_is_started_from_it_listens_to_this_machine_alone(tmp_path: Path) -> None:
    """Streamlit looks for settings beside the script and in the working directory: the former must be enough."""
    script = "from streamlit import config; config._main_script_path = sys.argv[1]; "
    script += "print(*(config.get_option(name) for name in sys.argv[2:]))"
    names = ("server.address", "server.maxUploadSize", "browser.gatherUsageStats", "client.showErrorDetails")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {script}", str(PROJECT / "dashboard" / "app.py"), *names],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["127.0.0.1", "80", "False", "none"]
