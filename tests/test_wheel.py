"""The wheel, in an empty environment with its hard dependencies only, runs the example of the README."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from test_readme import example

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ["pyproject.toml", "README.md", "LICENSE", "gdlearn"]
PIP = ["-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"]
# Some Pythons bring setuptools.
HARD = {"gdlearn", "llvmlite", "numba", "numpy", "pip", "scipy", "setuptools", "threadpoolctl"}

pytestmark = [pytest.mark.registry, pytest.mark.machine_code("it has a process of its own")]


def run(folder, *command):
    """What a command prints; if it fails, or asks a registry that does not answer, so does the test."""
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    hint = "is the package registry within reach? -m 'not registry' leaves this test out\n" if "pip" in command else ""
    assert done.returncode == 0, f"{' '.join(map(str, command))} failed; {hint}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment in which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:  # a copy, since setuptools leaves its files where it builds
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    run(folder, sys.executable, *PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "made", ".")
    (wheel,) = folder.glob("made/*.whl")
    run(folder, sys.executable, "-m", "venv", "environment")
    found = [*folder.glob("environment/bin/python"), *folder.glob("environment/Scripts/python.exe")][0]
    run(folder, found, *PIP, "install", "--constraint", ROOT / "requirements.txt", wheel)
    return found


def test_it_needs_only_its_hard_dependencies(python):
    source = "from importlib.metadata import distributions; print(*(d.name for d in distributions()))"
    assert {*run(python.parent, python, "-c", source).split()} <= HARD


def test_it_holds_its_data_and_its_types(python):
    source = "import gdlearn, pathlib; print(gdlearn.__file__, *pathlib.Path(gdlearn.__file__).parent.rglob('*.*'))"
    package, *files = map(Path, run(python.parent, python, "-c", source).split())
    names = {file.relative_to(package.parent).as_posix() for file in files if "__pycache__" not in file.parts}
    assert python.parent.parent in package.parents
    assert names == {
        path.relative_to(ROOT / "gdlearn").as_posix()
        for path in (ROOT / "gdlearn").rglob("*.*")
        if "__pycache__" not in path.parts
    }


def test_it_runs_the_example_of_the_readme(python):
    code, output = example()
    assert run(python.parent, python, "-W", "error", "-c", code) == output
