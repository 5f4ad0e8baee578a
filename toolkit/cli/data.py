"""`data`: what a data set holds, in numbers and in a figure."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from ..datasets import Dataset, load_dataset
from ..errors import DataError, ToolkitError
from ..runs.store import slug
from ..system.files import write_atomically
from .options import json_option, reading_options
from .output import print_json, print_table, printable

#: The first line of a figure that we wrote, so that no other file is ever overwritten.
_MARK = "<!-- samples, written by python -m toolkit data -->\n"


@click.command()
@click.argument("name")
@reading_options
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the figure of random samples goes: an .html file that opens offline.  [default: NAME-samples.html "
    "in this folder]. A figure from before is replaced, any other file is left alone.",
)
@click.option("--no-figure", is_flag=True, help="Write no figure.")
@json_option
def data(
    name: str,
    label: str | None,
    leave_out: tuple[str, ...],
    shape: str | None,
    figure: Path | None,
    no_figure: bool,
    as_json: bool,
) -> None:
    """Describe a data set: shapes, value range, rows per class, class names; and draw random samples.

    NAME is a known name (mnist, digits, fashion_mnist, cifar10, iris, wine, breast_cancer) or the path of your
    own data: .npz, .npy, a table, IDX files, a folder of pictures with a sub-folder per class or a table labels.csv, or
    a zip of any of these.

    A table is a .csv, .tsv, .data or .txt file, gzipped or not, of numbers, of texts, or of pixels: its label,
    pictures, decimal commas and one-hot labels are recognised, texts are one-hot encoded, and gaps filled. A test part
    beside it, as digits_test.csv beside digits_train.csv, is used.
    """
    loaded = load_dataset(name, label=label, leave_out=leave_out, shape=shape)
    written = None if no_figure else _write_figure(loaded, figure or Path(f"{slug(Path(name).stem)}-samples.html"))
    parts = {"train": (loaded.x_train, loaded.y_train), "test": (loaded.x_test, loaded.y_test)}
    described = {part: _describe_part(x, y, loaded.num_classes) for part, (x, y) in parts.items()}
    if as_json:
        print_json(
            {
                "name": name,
                "class_names": list(loaded.class_names),
                **described,
                "feature_names": list(loaded.feature_names),
                "notes": list(loaded.notes),
                "figure": None if written is None else str(written),
            }
        )
        return
    _print(loaded, described)
    if written:
        print(f"Random samples: {written}")


def _print(data: Dataset, described: dict[str, dict[str, Any]]) -> None:
    for part, facts in described.items():
        shape = " × ".join(f"{size:,}" for size in facts["shape"])
        print(f"x_{part}: {shape}, {facts['dtype']} in {facts['range'][0]:g}…{facts['range'][1]:g}")
    for note in data.notes:
        print(printable(note))
    if data.feature_names:
        print(f"columns: {', '.join(map(printable, data.feature_names))}")
    counts = {part: facts["rows_per_class"] for part, facts in described.items()}
    print_table(
        [
            {"class": class_name, **{f"{part} rows": counts[part][index] for part in counts}}
            for index, class_name in enumerate(data.class_names)
        ]
    )


def _describe_part(x: np.ndarray, y: np.ndarray, num_classes: int) -> dict[str, Any]:
    return {
        "shape": list(x.shape),
        "dtype": str(x.dtype),
        "range": [float(x.min()), float(x.max())],
        "rows_per_class": np.bincount(y, minlength=num_classes).tolist(),
    }


def _write_figure(data: Dataset, path: Path) -> Path:
    """Raises `ToolkitError` if another file has that name, or the figure can't be written."""
    from ..figures import samples

    if path.suffix.lower() not in (".html", ".htm"):
        raise ToolkitError(f"The figure's name must end in .html. Received: {path}. Try {path.with_suffix('.html')}.")
    figure = samples(data.x_train, data.y_train, data.class_names, feature_names=data.feature_names)
    # Includes Plotly, so that the file opens offline.
    html = _MARK + figure.to_html(include_plotlyjs=True, full_html=True)
    try:
        if path.exists() and not _is_ours(path):
            raise ToolkitError(f"{path} exists and is not a figure of samples. Choose another name with --figure.")
        write_atomically(path, lambda temporary: temporary.write_text(html, encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"The figure can't be written to {path} ({error.strerror or error}). Name another file with --figure, "
            "or leave it out with --no-figure."
        ) from None
    return path


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK.encode()
