"""What Models says."""

TITLE = "Models"
DOWNLOADS = "Take it with you"
QUESTION = "Where is my model?"
RUN_FACTS = "{data} · {epochs} · {seconds} · {size}"
SHOW_CURVES = "Show its curves"
LOAD_SETTINGS = "Load its settings"
GO_ON = "Train on from its weights"
GO_ON_HELP = "Opens Train with the same settings, starting from these weights instead of random ones."
PREDICT_TEN = "Predict ten test examples"
ALL_RUNS = "All runs"
COLUMNS = {
    "name": "title",
    "state": "state",
    "accuracy": "test accuracy",
    "verdict": "verdict",
    "data": "data",
    "seconds": "took",
    "created": "started",
}
