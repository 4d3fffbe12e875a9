"""The reference names the arguments of a generic function once, not for each record that has a kernel."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONF = f"""
import sys
sys.path[:0] = [{str(ROOT / "tools")!r}, {str(ROOT)!r}]
extensions = ["sphinx.ext.autodoc", "signatures"]
"""
INDEX = """
.. autofunction:: gdlearn.schedules.rate
.. autofunction:: gdlearn.generic.has_kernel
"""


def test_each_function_has_one_signature(tmp_path):
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.rst").write_text(INDEX)
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "text", ".", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "out" / "index.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("gdlearn.")] == [
        "gdlearn.schedules.rate(schedule, t)",
        "gdlearn.generic.has_kernel(function: GenericFunction, cls: type) -> bool",
    ]
