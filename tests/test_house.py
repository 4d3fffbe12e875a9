"""The rules of the house, executable."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import gdlearn
import notebooks
import pages

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(notebooks.notebooks([ROOT / "book"]))
MODULES = sorted((ROOT / "gdlearn").glob("*.py"))
SOURCES = sorted(
    path
    for folder in ("gdlearn", "tests", "tools", "benchmarks", "web")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".js"} and "vendor" not in path.parts
)
LONGEST_FILE, LONGEST_TEST_FILE, LONGEST_CELL = 250, 400, 20
DRAWING = re.compile(r"plotting|experiments|_[a-z]+")  # these, and the private modules they share, may import DRAWERS
DRAWERS = {"matplotlib", "ipywidgets", "IPython", "PIL"}


def relative(path):
    return path.relative_to(ROOT).as_posix()


def imports(path):
    """The top-level packages that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=relative)
def test_notebook_is_in_the_committed_form(path):
    assert notebooks.process("check", path) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=relative)
def test_cells_are_short(path):
    cells = nbformat.read(path, as_version=4).cells
    lengths = {cell.id: cell.source.count("\n") + 1 for cell in cells if cell.cell_type == "code"}
    assert {name: length for name, length in lengths.items() if length > LONGEST_CELL} == {}


def test_every_chapter_is_in_the_table_of_contents():
    written = [path for suffix in ("*.md", "*.ipynb") for path in (ROOT / "book").rglob(suffix)]
    found = {relative(path.with_suffix("")) for path in written if ".ipynb_checkpoints" not in path.parts}
    assert found == set(pages.listed())


def generic_functions():
    """The generic functions of the modules of components."""
    modules = [value for name, value in vars(gdlearn).items() if name in gdlearn.__all__ and hasattr(value, "__file__")]
    return sorted({name for module in modules for name, value in vars(module).items() if hasattr(value, "registry")})


@pytest.mark.parametrize("name", [*gdlearn.__all__, *gdlearn.ESTIMATORS])
def test_public_name_has_a_docstring(name):
    assert getattr(gdlearn, name).__doc__


def signatures():
    """Each public function and each public method, but for what NamedTuple makes: records have typed fields."""
    for name in [*gdlearn.__all__, *gdlearn.ESTIMATORS]:
        value = getattr(gdlearn, name)
        ours = (
            [c for c in inspect.getmro(value) if c.__module__.startswith("gdlearn.")] if inspect.isclass(value) else []
        )
        found = {name: value} | {f"{name}.{key}": method for cls in ours for key, method in vars(cls).items()}
        for key, function in found.items():
            public = not key.partition(".")[2].startswith("_") or key.endswith(".__init__")
            if public and inspect.isfunction(function) and Path(function.__code__.co_filename) in MODULES:
                yield pytest.param(function, id=key)


@pytest.mark.parametrize("function", [*signatures()])
def test_public_signatures_are_typed(function):
    """mypy looks only into functions that have annotations."""
    signature = inspect.signature(function)
    untyped = [name for name, p in signature.parameters.items() if p.annotation is p.empty and name != "self"]
    assert untyped == []
    assert signature.return_annotation is not signature.empty or function.__name__ == "__init__"


@pytest.mark.parametrize("name", [*gdlearn.__all__, *gdlearn.ESTIMATORS, *generic_functions()])
def test_public_name_is_in_the_reference(name):
    api = (ROOT / "book" / "reference" / "api.md").read_text(encoding="utf-8")
    assert re.search(rf"^\.\. \w+:: (gdlearn\.)?{name}\b", api, re.MULTILINE)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_modules_import_only_what_is_theirs(path):
    imported = set(imports(path))
    assert "numba" not in imported or path.stem in ("generic", "compiling", "instructions")
    assert DRAWING.fullmatch(path.stem) or not imported & DRAWERS


def test_library_imports_without_the_extras():
    absent = "".join(f"sys.modules[{name!r}] = None; " for name in sorted(DRAWERS | {"sklearn"}))
    subprocess.run([sys.executable, "-c", f"import sys; {absent}import gdlearn"], check=True, timeout=60)


@pytest.mark.machine_code("without Numba there is nothing to compare with")
def test_the_import_loads_hardly_more_than_numba_does():
    """A guard of the import's time that no busy machine can upset."""
    code = "import sys, numba; before = {*sys.modules}; import gdlearn; print(*sys.modules.keys() - before)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True).stdout.split()
    foreign = {name for name in loaded if name.partition(".")[0] != "gdlearn"}
    assert foreign <= {"numpy.typing", "numpy._typing._add_docstring"}  # the types of signatures
    assert not {"gdlearn.estimators", "gdlearn.plotting", "gdlearn.experiments"} & {*loaded}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_are_short(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= (LONGEST_TEST_FILE if relative(path).startswith("tests") else LONGEST_FILE)


def test_readme_begins_with_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first_block = re.search(r"^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL).group(1)
    commands = [line.partition("#")[0].strip() for line in first_block.splitlines()]
    assert [command for command in commands if command] == ["make book", "make test"]
