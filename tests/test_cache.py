"""Machine code on disk: kept for the library's own kernels, never stale, and not needed."""

import json

import numpy as np
import pytest

import gdlearn as gd
import running
from gdlearn import generic

pytestmark = pytest.mark.machine_code("it is about the files of the compiler")

FIT = """
import json, numpy, gdlearn as gd
from gdlearn.training import train

def fit(lam):
    problem = gd.Problem(gd.Linear(1), penalty=gd.L2(lam))
    return gd.minimize(problem, numpy.array([[1.0], [2.0]]), numpy.array([1.0, 3.0]), epochs=5).theta.tolist()

fits, stats = [fit(1.0), fit(2.0)], train.kept.stats
print(json.dumps([*fits, stats.cache_hits.total(), stats.cache_misses.total()]))
"""


def test_machine_code_is_kept_and_never_stale(tmp_path):
    package = running.copy(tmp_path)
    one, two, hits, misses = json.loads(running.python(FIT, tmp_path))
    assert (hits, misses) == (0, 1)
    assert json.loads(running.python(FIT, tmp_path)) == [one, two, 1, 0]

    file = package / "penalties.py"
    pull = "    return penalty.lam * w\n"
    assert file.read_text().count(pull) == 1
    file.write_text(file.read_text().replace(pull, "    return 2.0 * penalty.lam * w\n"))
    edited, _, hits, misses = json.loads(running.python(FIT, tmp_path))
    assert (hits, misses) == (0, 1)
    assert edited == two != one


def test_the_library_works_where_nothing_can_be_written(tmp_path):
    """A file stands where each folder of the cache should be: root, too, cannot write there."""
    (running.copy(tmp_path) / "__pycache__").touch()
    file = tmp_path / "file"
    file.touch()
    nowhere = {"HOME": str(file / "home"), "NUMBA_CACHE_DIR": str(file / "cache")}
    source = FIT + "print(gd.generic.cache_folder())"
    fits, folder = running.python(source, tmp_path, **nowhere).splitlines()
    problem = gd.Problem(gd.Linear(1), penalty=gd.L2(1.0))
    expected = gd.minimize(problem, [[1.0], [2.0]], [1.0, 3.0], epochs=5).theta
    assert folder == "None"
    np.testing.assert_allclose(json.loads(fits)[0], expected, rtol=1e-12)


def test_the_cache_goes_to_the_first_place_that_can_be_written(tmp_path, monkeypatch):
    find = generic.cache_folder.__wrapped__
    package, home, chosen = tmp_path / "gdlearn", tmp_path / "home", tmp_path / "chosen"
    package.mkdir()
    monkeypatch.setattr(generic, "HERE", package)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(generic.numba.config, "CACHE_DIR", str(chosen))
    name = f"gdlearn-{generic.sources_stamp()}"
    assert find() == str(chosen / name)
    monkeypatch.setattr(generic.numba.config, "CACHE_DIR", "")
    assert find() == str(package / "__pycache__" / name)
    monkeypatch.setattr(generic, "HERE", tmp_path / "chosen" / name / "nothing")
    (tmp_path / "chosen" / name / "nothing").touch()
    assert find() == str(home / ".cache" / "gdlearn" / f"gdlearn-{generic.sources_stamp()}")


MINE = """
import gdlearn as gd
from pathlib import Path
from typing import NamedTuple
from gdlearn.training import train

{mine}

run = gd.minimize(gd.Problem(gd.Linear(1)), [[1.0], [2.0]], [1.0, 3.0], schedule=gd.Warmup(2, Mine(0.1)), epochs=4)
print(run.history.learning_rate.tolist())
print(len(train.kept.signatures), len(train.fresh.signatures))
print([path.name for path in Path("cache").rglob("*.nb?")])
gd.minimize(gd.Problem(gd.Linear(1)), [[1.0], [2.0]], [1.0, 3.0], epochs=4)
print(len(train.kept.signatures), len(train.fresh.signatures))
"""
KERNEL = """
class Mine(NamedTuple):
    eta: float

@gd.schedules.rate.kernel(Mine)
def _(schedule, t):
    return 1.0 * schedule.eta
"""
HEIR = """
class Mine(gd.Constant):
    pass
"""


@pytest.mark.parametrize("mine", [KERNEL, HEIR])
def test_machine_code_with_a_record_of_yours_is_never_kept(mine, tmp_path):
    running.copy(tmp_path)
    printed = running.python(MINE.format(mine=mine), tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    rates, compiled, files, then = printed.splitlines()
    assert json.loads(rates) == [0.05, 0.1, 0.1, 0.1, 0.1]
    assert (compiled, files) == ("0 1", "[]")
    assert then == "1 1"  # what is the library's own is kept
