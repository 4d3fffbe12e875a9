"""Other ways to run the library: as plain Python, from a copy, in a fresh process."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

import gdlearn
from gdlearn import problem, training

PACKAGE = Path(gdlearn.__file__).parent


@contextmanager
def plainly(*others):
    """Run the compiled entry points as the plain Python they are written in; the others (module, name) as well."""
    with ExitStack() as stack:
        for module, name in [(problem, "evaluate"), (problem, "predict"), (training, "train"), *others]:
            stack.enter_context(patch.object(module, name, getattr(module, name).py_func))
        yield


def plain_unless_compiled(*others):
    """The fixture ``compiled``, for tests that are worth the compiler's time, and one that runs all others plainly."""

    @pytest.fixture
    def compiled():
        pass

    @pytest.fixture(autouse=True)
    def plain(request):
        if "compiled" in request.fixturenames:
            yield
            return
        with plainly(*others):
            yield

    return compiled, plain


def copy(folder):
    """Copy the library into ``folder``, without its compiled code."""
    return Path(shutil.copytree(PACKAGE, folder / "gdlearn", ignore=shutil.ignore_patterns("__pycache__")))


@contextmanager
def process(command, folder, **environment):
    """A running process that sees the library under test, ended when the block is left."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    child = subprocess.Popen(
        command,
        env=inherited | {"PYTHONPATH": str(PACKAGE.parent)} | environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()


def python(source, folder, **environment):
    """What ``source`` prints in a process that sees the library of ``folder``; warnings are errors."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        env=inherited | {"PYTHONPATH": str(folder)} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
