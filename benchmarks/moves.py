"""How long does a move of a slider take? Every experiment of the chapters, drawn as with a kernel.

    python benchmarks/moves.py [notebook ...]

Runs the cells of each notebook, then draws each of its experiments at all of its settings, as a live move does:
computation, picture and its bytes. Processor time in milliseconds, after one drawing to warm up, which is given as
the first; and the time and weight of all frames of a chapter, as the build of the book makes them.
"""

import itertools
import sys
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from unittest.mock import patch

import nbformat

from gdlearn import experiments
from gdlearn._drawing import frame

BOOK = Path(__file__).resolve().parent.parent / "book"
INTERACTIVE = ("experiment(", "predict(")
NOTEBOOKS = sorted(
    path for path in BOOK.rglob("[!.]*.ipynb") if any(call in path.read_text("utf-8") for call in INTERACTIVE)
)


def found(notebook):
    """After the cells of a notebook have run, of each experiment and prediction draw, controls, and which it is."""
    made = []
    namespace = {"__name__": "__main__", "display": lambda *shown: None}

    def noting(kind):
        return lambda draw, *controls: made.append((draw, controls, kind))

    replaced = {kind: noting(kind) for kind in ("experiment", "predict")}
    with patch.multiple(experiments, **replaced), redirect_stdout(StringIO()):
        for cell in nbformat.read(notebook, as_version=4).cells:
            if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", []):
                exec(compile(cell.source, f"{notebook.name}:{cell.id}", "exec"), namespace)
    return made


def timed(draw, controls, setting, live):
    """Seconds of processor time, and the frame."""
    began = time.process_time()
    made = frame(draw, controls, setting, live=live)
    return time.process_time() - began, made


def report(notebook):
    """A line for each experiment, and one for the chapter's frames."""
    print(f"{notebook.relative_to(BOOK)}\n{'':24}settings  first  median  slowest  (ms, live)")
    seconds, frames = 0.0, set()
    for draw, controls, _ in found(notebook):
        settings = list(itertools.product(*(control.values for control in controls)))
        first, _ = timed(draw, controls, settings[0], live=True)
        moves = [1000 * timed(draw, controls, setting, live=True)[0] for setting in settings]
        print(f"  {draw.__name__:24}{len(settings):6}{1000 * first:7.0f}{median(moves):8.0f}{max(moves):9.0f}")
        for setting in settings:
            took, made = timed(draw, controls, setting, live=False)
            seconds += took
            frames.add(made)
    print(f"  all frames: {len(frames)} different ones, {seconds:.1f} s, {sum(map(len, frames)) / 1e6:.2f} MB\n")


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else NOTEBOOKS:
        report(path.resolve())
