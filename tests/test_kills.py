"""Real processes, killed by SIGKILL at random moments: a run goes on from its checkpoint to the same bits."""

import contextlib
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import gdlearn as gd
import killing
import running

pytestmark = pytest.mark.machine_code("its processes decide for themselves whether they compile")

KILLS, LONGEST, PAUSE = 12, 0.2, 0.003
NAMES = ["Momentum, all rows, path", "Nesterov, CSR, average", "Adam, MLP", "AMSGrad, float32", "AdamW, compiled"]
# No kill comes later than this, so that the run cannot have finished: every epoch takes its pause.
assert KILLS * LONGEST / PAUSE < killing.EPOCHS


def start(name, path, pause):
    command = [sys.executable, str(Path(killing.__file__)), name, str(path), str(pause)]
    return running.process(command, path.parent)


def epochs_saved(path):
    """The number of epochs in the checkpoint, which must be whole at any moment."""
    if not path.exists():
        return 0
    with np.load(path) as saved:
        assert all(len(saved[f"history_{name}"]) in (0, saved["memory_t"][1]) for name in gd.History._fields)
        return int(saved["memory_t"][1])


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bits(name, tmp_path):
    moments, path, saved = random.Random(name), tmp_path / "run.npz", [0]
    for _ in range(KILLS):
        with start(name, path, PAUSE) as child:
            assert child.stdout.readline() == "begun\n", child.stderr.read()
            time.sleep(moments.uniform(0.0, LONGEST))
            child.kill()
            assert child.wait() == -signal.SIGKILL
        saved.append(epochs_saved(path))
    assert saved == sorted(saved)
    assert len(set(saved)) > KILLS // 2, "hardly a process went on from the last one"
    with start(name, path, 0.0) as child:
        out, error = child.communicate(timeout=300)
        assert (out, error, child.returncode) == ("begun\ndone\n", "", 0)
    with contextlib.nullcontext() if "compiled" in name else running.plainly():
        whole, resumed = killing.run(gd, name), killing.run(gd, name, checkpoint=path)
    assert resumed.theta.tobytes() == whole.theta.tobytes()
    assert resumed.history.objective.tobytes() == whole.history.objective.tobytes()
    assert resumed.history.gradient_norm.tobytes() == whole.history.gradient_norm.tobytes()
    assert (resumed.status, resumed.epochs) == (whole.status, whole.epochs) == ("max_epochs", killing.EPOCHS)
    assert (np.diff(resumed.history.seconds) > 0.0).all()
    if whole.history.theta is not None:
        assert resumed.history.theta.tobytes() == whole.history.theta.tobytes()
