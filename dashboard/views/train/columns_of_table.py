"""The fields of the form that say how an uploaded table is read."""

from collections.abc import Mapping

from dashboard.shared import state
from dashboard.shared.fields import show_problem
from dashboard.shared.table_columns import choose_label, choose_left_out, choose_shape, columns_of, label_of


def choose_columns(problems: Mapping[str, str]) -> None:
    """Fields for the label, the columns to leave out and the shape, if the draft's data are an uploaded table."""
    draft = state.draft()
    columns = columns_of(draft["dataset"])
    if columns:
        label = label_of(draft["dataset"], state.draft_reading())
        choose_label(columns, label, draft["label"], state.key("label"))
    show_problem(problems, "label")
    if columns:
        features = [name for name in columns if name not in label]
        choose_left_out(features, draft["leave_out"], state.key("leave_out"))
    show_problem(problems, "leave_out")
    if columns:
        choose_shape(draft["shape"], state.key("shape"))
    show_problem(problems, "shape")
