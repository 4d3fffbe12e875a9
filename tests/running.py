"""Other ways to run the library: as plain Python, from a copy, in a fresh process."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import gdlearn
from gdlearn import problem, training

PACKAGE = Path(gdlearn.__file__).parent


@contextmanager
def plainly():
    """Run the compiled entry points as the plain Python they are written in."""
    with ExitStack() as stack:
        for module, name in [(problem, "evaluate"), (problem, "predict"), (training, "train")]:
            stack.enter_context(patch.object(module, name, getattr(module, name).py_func))
        yield


def copy(folder):
    """Copy the library into ``folder``, without its compiled code."""
    return Path(shutil.copytree(PACKAGE, folder / "gdlearn", ignore=shutil.ignore_patterns("__pycache__")))


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
