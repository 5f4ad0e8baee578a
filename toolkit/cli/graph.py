"""`graph`: the homework of the slides, computed forwards and backwards by TensorFlow."""

from dataclasses import asdict
from pathlib import Path

import click

from ..errors import ToolkitError
from ..system.backend import import_tensorflow
from .options import json_option
from .output import check_new_file, print_json, write_file

_LARGEST = 1e6


def _number(context: click.Context, parameter: click.Parameter, text: str) -> float:
    """A number small enough to print all results computed from it; click's own ranges accept NaN."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= _LARGEST:
        limits = f"from −{_LARGEST:,.0f} to {_LARGEST:,.0f}"
        raise ToolkitError(
            f"--{parameter.name} must be a number {limits}. Received: {text or 'nothing'}. Try {parameter.default}."
        )
    return value


@click.command()
@click.option("--a", metavar="NUMBER", callback=_number, default="5", show_default=True)
@click.option("--b", metavar="NUMBER", callback=_number, default="2", show_default=True)
@click.option("--c", metavar="NUMBER", callback=_number, default="3", show_default=True)
@click.option("--figure", metavar="FILE.html", type=click.Path(path_type=Path), help="Draw the graph there.")
@click.option("--overwrite", is_flag=True, help="Replace a figure that exists.")
@json_option
def graph(a: float, b: float, c: float, figure: Path | None, overwrite: bool, as_json: bool) -> None:
    """Compute e = b·c, d = b + a, f = e + d in a graph, and what each input does to f."""
    if figure:
        check_new_file(figure, ".html", overwrite=overwrite)
    import_tensorflow()
    from ..computation_graph import homework, trace_graph
    from ..figures import computation_graph

    traced = trace_graph(homework, a=a, b=b, c=c)
    if figure:
        page = computation_graph(traced).to_html(include_plotlyjs=True)
        write_file(figure, lambda path: path.write_text(page, encoding="utf-8"))
    if as_json:
        print_json({"nodes": [asdict(node) for node in traced.nodes], "figure": str(figure) if figure else None})
        return
    print("Forwards, as TensorFlow's graph has it:")
    print("\n".join(f"  {line}" for line in traced.steps()))
    print("Backwards, from the output to the inputs (the gradients):")
    print("\n".join(f"  {line}" for line in traced.gradients()))
    if figure:
        print(f"The graph is drawn in {figure}.")
