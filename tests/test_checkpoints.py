"""Checkpoints: what is resumed, what is refused and left as it is, and what does no harm."""

import contextlib
import os
import pickle
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse

import gdlearn as gd
import running
from gdlearn import checkpoints, training

RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((12, 2)), RNG.standard_normal(12)
PROBLEM = gd.Problem(gd.Linear(2), penalty=gd.L1(0.01))
METHOD = {"optimizer": gd.Adam(), "schedule": 0.01, "batch_size": 5, "epochs": 6, "tolerance": 0.0, "seed": 1}


@pytest.fixture(autouse=True)
def _plain_python_saved_after_every_epoch(monkeypatch):
    monkeypatch.setattr(training, "PATIENCE", 0.0)
    monkeypatch.setattr(checkpoints, "SHARE", 1e9)
    with running.plainly():
        yield


def fit(file, problem=PROBLEM, X=X, y=Y, **changed):
    return gd.minimize(problem, X, y, checkpoint=file, **(METHOD | changed))


def bits(run):
    theta = b"" if run.history.theta is None else run.history.theta.tobytes()
    return run.theta.tobytes(), *(a.tobytes() for a in run.history[:3]), theta, run.status


@pytest.fixture
def stopped(tmp_path):
    """A checkpoint of a run that was stopped after epoch 3."""
    path = tmp_path / "run.npz"
    assert fit(path, callback=lambda epoch, _: epoch == 3).status == "interrupted"
    return path


def resumed_epochs(file, **changed):
    """The epochs that were trained after the checkpoint, and the run."""
    heard = []
    run = fit(file, callback=lambda epoch, _: heard.append(epoch), **changed)
    return heard, run


# --- Resumed


def test_a_run_goes_on_where_it_stopped(stopped):
    heard, run = resumed_epochs(stopped)
    assert heard == [4, 5, 6]
    assert bits(run) == bits(fit(None))


def test_a_finished_run_is_only_read(stopped):
    whole, before = fit(stopped), stopped.read_bytes()
    heard, again = resumed_epochs(stopped)
    assert (heard, bits(again)) == ([], bits(whole))
    assert stopped.read_bytes() == before


def test_a_finished_run_takes_more_epochs(stopped):
    fit(stopped)
    heard, run = resumed_epochs(stopped, epochs=9)
    assert heard == [7, 8, 9]
    assert bits(run) == bits(fit(None, epochs=9))


def test_a_run_goes_on_between_two_looks_at_the_objective(tmp_path):
    path = tmp_path / "run.npz"
    assert fit(path, measure_every=2, callback=lambda epoch, _: epoch == 2).status == "interrupted"
    heard, run = resumed_epochs(path, measure_every=2)
    assert heard == [4, 6]
    assert bits(run) == bits(fit(None, measure_every=2))


def test_a_converged_run_stays_converged(tmp_path):
    method = {"optimizer": gd.SGD(), "batch_size": None, "schedule": 0.1, "tolerance": 1e-6, "epochs": 500}
    run, again = (fit(tmp_path / "c.npz", **method) for _ in range(2))
    assert run.status == again.status == "converged"
    assert bits(run) == bits(again)


def test_a_diverged_run_stays_diverged(tmp_path):
    method = {"optimizer": gd.SGD(), "batch_size": None, "schedule": 5.0, "epochs": 500}
    for _ in range(2):
        with pytest.warns(gd.DivergenceWarning, match="diverged after epoch"):
            run = fit(tmp_path / "c.npz", **method)
        assert run.status == "diverged"
        assert np.isfinite(run.theta).all()


def test_the_path_may_be_text_and_any_name(tmp_path):
    for name in ("a", "a.b.c", "with space.npz", "épreuve"):
        run = fit(str(tmp_path / name))
        assert (tmp_path / name).is_file()
        assert bits(run) == bits(fit(None))
    assert len(list(tmp_path.iterdir())) == 4  # and no draft is left


def test_a_leftover_draft_does_no_harm(stopped):
    """A process that is killed while it saves leaves its draft, perhaps under the number of a later process."""
    for number in (1, os.getpid()):
        (stopped.parent / f"{stopped.name}.{number}.part").write_bytes(b"half a file")
    assert bits(fit(stopped)) == bits(fit(None))


def test_drafts_of_dead_processes_are_swept_away(tmp_path):
    """Those of a living one, and files that only look alike, stay."""
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    names = [f"run.npz.{number}.part" for number in (dead.pid, os.getppid())] + ["run.npz.x.part", "run.npz.1.part.txt"]
    for name in names:
        (tmp_path / name).touch()
    fit(tmp_path / "run.npz")
    assert {p.name for p in tmp_path.iterdir()} == {"run.npz", *names[1:]}


@pytest.mark.parametrize(
    ("average", "first", "then"), [(0.5, 3, 6), (0.5, 3, 7), (0.0, 3, 6), (0.9, 3, 3), (1.0, 4, 9)]
)
def test_an_average_takes_more_epochs(tmp_path, average, first, then):
    """From where the longer run begins to average, or from any epoch, if both begin at the same step."""
    path = tmp_path / "run.npz"
    short = fit(path, average=average, epochs=first)
    assert bits(short) == bits(fit(None, average=average, epochs=first))
    assert bits(fit(path, average=average, epochs=then)) == bits(fit(None, average=average, epochs=then))


def test_a_run_may_begin_to_average_later(stopped):
    assert bits(fit(stopped, average=0.5)) == bits(fit(None, average=0.5))


def test_an_average_that_began_too_early_is_refused(tmp_path):
    """With 3 steps an epoch: the first run averages from step 5, after 9 steps; the second should have from step 8."""
    path = tmp_path / "run.npz"
    fit(path, average=0.5, epochs=3)
    check_refused(path, r"lacks iterates of the average, from step 8 on.*average=0", average=0.5, epochs=5)
    assert fit(path, average=0.0, epochs=5).theta.tobytes() == fit(None, epochs=5).theta.tobytes()


def test_a_path_is_kept_over_the_interruption(tmp_path):
    path = tmp_path / "c.npz"
    fit(path, path=True, callback=lambda epoch, _: epoch == 3)
    assert bits(fit(path, path=True)) == bits(fit(None, path=True))


# --- Refused, and left as it is


def check_refused(file, message, **changed):
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(ValueError, match=message) as caught:
        fit(file, **changed)
    assert str(file) in str(caught.value)
    assert len(str(caught.value)) < 200 + len(str(file))
    assert before is None or file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == [file.name]


OTHER = X.copy()
OTHER[3, 1] += 1e-12


@pytest.mark.parametrize(
    "changed",
    [
        {"X": OTHER},
        {"X": X[::-1]},
        {"X": X.astype(np.float32)},
        {"X": sparse.csr_array(X)},
        {"y": -Y},
        {"X": X[:-1], "y": Y[:-1]},
        {"problem": PROBLEM._replace(penalty=gd.L1(0.02))},
        {"problem": PROBLEM._replace(penalty=gd.L2(0.01))},
        {"problem": PROBLEM._replace(loss=gd.Huber())},
        {"problem": PROBLEM._replace(model=gd.Linear(2, intercept=False))},
        {"optimizer": gd.AMSGrad()},
        {"optimizer": gd.Adam(0.8)},
        {"schedule": 0.02},
        {"schedule": gd.Exponential(0.01, 1.0)},
        {"batch_size": 4},
        {"sampling": "replacement"},
        {"seed": 2},
        {"start": [1e-300, 0.0, 0.0]},
        {"tolerance": 1e-3},
        {"measure_every": 2},
    ],
    ids=lambda changed: ", ".join(changed),
)
def test_the_checkpoint_of_another_run_is_refused(stopped, changed):
    check_refused(stopped, "belongs to another run", **changed)


class Table(NamedTuple):
    """A schedule of somebody's own, whose rates are an array."""

    rates: np.ndarray


@gd.schedules.rate.kernel(Table)
def _(schedule, t):
    return schedule.rates[t]


@pytest.mark.parametrize("change", [(1000, 0.02), (2, 0.01 + 1e-12)])
def test_arrays_in_records_are_told_apart_by_all_their_numbers(tmp_path, change):
    rates = np.full(2000, 0.01)
    fit(path := tmp_path / "run.npz", schedule=Table(rates), callback=lambda epoch, _: epoch == 3)
    assert resumed_epochs(path, schedule=Table(rates.copy()))[0]
    rates[change[0]] = change[1]
    check_refused(path, "belongs to another run", schedule=Table(rates))


def test_fewer_epochs_than_done_are_refused(stopped):
    for epochs in (0, 2):
        check_refused(stopped, "holds 3 epochs already; pass epochs of at least that many", epochs=epochs)
    assert fit(stopped, epochs=3).epochs == 3


@pytest.mark.parametrize("first", [False, True])
def test_with_and_without_a_path_are_two_runs(tmp_path, first):
    """The thetas of the epochs before the checkpoint are nowhere else."""
    path = tmp_path / "c.npz"
    fit(path, path=first, callback=lambda epoch, _: epoch == 3)
    check_refused(path, "checkpoint", path=not first)


def test_a_truncated_checkpoint_is_refused(stopped):
    whole = stopped.read_bytes()
    lengths = {0, 1, 2, 3, 4, 22, len(whole) - 1, *range(0, len(whole), 37)}
    for length in sorted(lengths):
        stopped.write_bytes(whole[:length])
        check_refused(stopped, "cannot be read as a checkpoint")
    assert len(lengths) > 60


def test_a_damaged_checkpoint_is_refused_or_makes_no_difference(stopped):
    """One byte is another; some, like the date of an entry, say nothing."""
    whole, expected, random = stopped.read_bytes(), bits(fit(None)), np.random.default_rng(0)
    names = [found.start() for found in re.finditer(b"memory_t", whole)]  # in the entry, and in the list of entries
    for position in [*names, *random.integers(0, len(whole), 300)]:
        damaged = bytearray(whole)
        damaged[position] ^= int(random.integers(1, 256))
        stopped.write_bytes(damaged)
        run = None
        with contextlib.suppress(ValueError):
            run = fit(stopped)
        if run is None:
            check_refused(stopped, "checkpoint")
        else:
            assert bits(run) == expected, position


def foreign(path, kind):
    match kind:
        case "npz":
            np.savez(path, theta=np.zeros(3))
        case "npz with our names":
            np.savez(path, fingerprint="0", code=0)
        case "npz with objects":
            np.savez(path, fingerprint=np.array([{}]), code=0)
        case "npy":
            np.save(path, np.zeros(3))
        case "pickle":
            path.write_bytes(pickle.dumps({"fingerprint": 1}))
        case "text":
            path.write_text("fingerprint,code\n1,0\n")
        case "zip of other files":
            shutil.make_archive(str(path.parent / "other"), "zip", path.parent, ".")
            os.replace(path.parent / "other.zip", path)
        case "directory":
            path.mkdir()


@pytest.mark.parametrize(
    "kind",
    ["npz", "npz with our names", "npz with objects", "npy", "pickle", "text", "zip of other files", "directory"],
)
@pytest.mark.parametrize("suffix", [".npz", ".npy", ""])
def test_a_foreign_file_is_refused(tmp_path, kind, suffix):
    made, path = tmp_path / "made.npz", tmp_path / "folder" / f"run{suffix}"
    path.parent.mkdir()
    made = made.with_suffix(".npy") if kind == "npy" else made
    foreign(made, kind)
    shutil.move(made, path)
    check_refused(path, "checkpoint")


# --- A place that cannot be written to


@pytest.mark.parametrize("place", ["missing/run.npz", "file/run.npz", "x" * 300], ids=["missing", "file", "long"])
def test_a_place_that_cannot_be_written_to_is_refused_at_the_start(tmp_path, place, monkeypatch):
    """Root may write anywhere: so the folder is missing, or a file, or the name is too long for any disk."""
    (tmp_path / "file").touch()

    def train(*_):
        raise AssertionError("the run began")

    with monkeypatch.context() as patched:
        patched.setattr(training, "train", train)
        with pytest.raises((ValueError, OSError), match="checkpoint") as caught:
            fit(tmp_path / place)
    assert str(tmp_path / place) in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
