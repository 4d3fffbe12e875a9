"""Keeps the notebooks in the one form that is committed.

    python tools/notebooks.py check PATH...   exits 1 and says what is wrong
    python tools/notebooks.py fix PATH...     writes the committed form
    python tools/notebooks.py run PATH...     executes first, so that the kept outputs are new

A path is a notebook or a folder of them. Kept are the text outputs of the code
cells tagged `nbval-check-output`, with the execution count of a run from top to
bottom: nbval compares no cell that has none. All else that a run leaves behind goes.
"""

import re
import sys
from pathlib import Path

import nbformat

CHECKED = "nbval-check-output"
TAGS = {CHECKED, "nbval-ignore-output", "nbval-skip", "raises-exception", "full-width", "margin", "scroll-output"} | {
    f"{what}-{part}" for what in ("hide", "remove") for part in ("input", "output", "cell")
}
CELL_METADATA = {"tags", "claim", "jupyter"}  # the last can hide a source that gives an answer away
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def clean(notebook):
    """Brings a notebook into the committed form; returns what cannot be mended, a sentence each."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    wrong, seen, count = [], set(), 0
    for number, cell in enumerate(notebook.cells):
        faults = clean_cell(cell)
        if cell.get("id") in seen:
            faults.append(f"id {cell.id!r} is used twice")
        seen.add(cell.get("id"))
        if cell.cell_type == "code":
            count += "nbval-skip" not in cell.metadata.get("tags", [])
            faults += clean_outputs(cell, count)
        wrong += [f"cell {number}: {fault}" for fault in faults]
    return wrong


def clean_cell(cell):
    """Cleans what every kind of cell has: id, metadata, source."""
    wrong = []
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", cell.get("id", "")):
        wrong.append(f"id {cell.get('id')!r} is not of small letters, digits and hyphens")
    cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in sorted(CELL_METADATA & set(cell.metadata))})
    if not cell.metadata.get("tags", True):
        del cell.metadata["tags"]
    unknown = set(cell.metadata.get("tags", [])) - TAGS
    if unknown:
        wrong.append(f"unknown tag {', '.join(sorted(unknown))}")
    if cell.pop("attachments", None):
        wrong.append("pictures pasted into a cell are not kept: make them files")
    cell.source = cell.source.rstrip()
    return wrong


def clean_outputs(cell, count):
    """Keeps the outputs that nbval compares, and no others."""
    if CHECKED not in cell.metadata.get("tags", []):
        cell.outputs, cell.execution_count = [], None
        return []
    wrong, kept = [], []
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += output.text
            else:
                kept.append(output)
        elif set(output.get("data", {})) == {"text/plain"}:
            output.metadata = nbformat.from_dict({})
            if "execution_count" in output:
                output.execution_count = count
            kept.append(output)
        else:
            what = ", ".join(output.get("data", {})) or output.get("name", output.output_type)
            wrong.append(f"tagged {CHECKED}, but puts out {what}: only printed text can be compared")
    if not kept:
        wrong.append(f"tagged {CHECKED}, but has no output: use `run`")
    cell.outputs, cell.execution_count = kept, count
    return wrong


def execute(notebook, folder):
    """Runs a notebook from top to bottom, in its own folder."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, resources=resources, skip_cells_with_tag="nbval-skip").execute()


def process(mode, path):
    """Checks or rewrites one notebook; returns what is wrong with it."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    if mode == "run":
        execute(notebook, path.parent)
    wrong = clean(notebook)
    after = nbformat.writes(notebook).rstrip("\n") + "\n"
    if after != before and mode == "check":
        wrong.append("not in the committed form: run `python tools/notebooks.py fix`")
    elif after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    return wrong


def notebooks(paths):
    """The notebooks among the paths and in the folders among them."""
    for path in map(Path, paths):
        found = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        yield from (one for one in found if ".ipynb_checkpoints" not in one.parts)


def main(mode="", *paths):
    if mode not in {"check", "fix", "run"} or not paths:
        return __doc__
    wrong = [f"{path}: {fault}" for path in notebooks(paths) for fault in process(mode, path)]
    return "\n".join(wrong) or None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
