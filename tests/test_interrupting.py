"""Runs that are watched, stopped or averaged: callback=, Ctrl-C and average=."""

import json
import signal
import sys
import time
import warnings

import numpy as np
import pytest

import gdlearn as gd
import naive_training
import running
from gdlearn import results, training

RNG = np.random.default_rng(3)
X = RNG.standard_normal((30, 3))
Y = X @ [1.0, -2.0, 0.5] + RNG.standard_normal(30)
PROBLEM = gd.Problem(gd.Linear(3), gd.Huber(), gd.L1(0.05))
METHOD = {"optimizer": gd.Adam(), "schedule": 0.01, "batch_size": 7, "seed": 4, "tolerance": 0.0}


@pytest.fixture(autouse=True)
def _plain_python():
    with running.plainly():
        yield


@pytest.fixture
def _impatient(monkeypatch):
    """The clock is looked at after every epoch."""
    monkeypatch.setattr(training, "PATIENCE", 0.0)


# --- Callbacks


@pytest.mark.usefixtures("_impatient")
def test_a_callback_hears_of_every_stretch_and_changes_nothing():
    heard = []
    run = gd.minimize(PROBLEM, X, Y, epochs=5, callback=lambda *news: heard.append(news), **METHOD)
    assert heard == list(enumerate(run.history.objective))
    assert {(type(epoch), type(objective)) for epoch, objective in heard} == {(int, float)}
    plain = gd.minimize(PROBLEM, X, Y, epochs=5, **METHOD)
    assert (run.status, run.theta.tolist()) == ("max_epochs", plain.theta.tolist())


def test_a_run_of_many_epochs_asks_more_rarely():
    heard = []
    gd.minimize(PROBLEM, X, Y, epochs=300, callback=lambda epoch, _: heard.append(epoch), **METHOD)
    assert 2 < len(heard) < 200
    assert heard == sorted(set(heard))
    assert heard[-1] == 300


def test_a_stretch_is_at_most_eight_times_as_long_as_the_one_before(monkeypatch):
    """The first is only a look, which may take far less than an epoch of steps."""
    monkeypatch.setattr(training, "PATIENCE", 1e9)
    heard = []
    gd.minimize(PROBLEM, X, Y, epochs=300, callback=lambda epoch, _: heard.append(epoch), **METHOD)
    assert heard == [0, 8, 72, 300]


def check_interrupted(run, epochs):
    """What was reached: every entry of the history is there, and the last one is that of theta."""
    assert (run.status, run.epochs) == ("interrupted", epochs)
    assert all(len(entries) == epochs + 1 for entries in run.history)
    assert all(np.isfinite(entries).all() for entries in run.history)
    assert run.history.theta[-1].tolist() == run.theta.tolist()
    assert run.history.objective[-1] == pytest.approx(PROBLEM.objective(run.theta, X, Y), rel=1e-13)
    assert (np.diff(run.history.seconds) > 0.0).all()


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("when", [0, 1, 3])
@pytest.mark.parametrize("average", [0.0, 1.0])
def test_a_callback_that_returns_true_stops_the_run(when, average):
    method = METHOD | {"average": average, "path": True, "epochs": 20}
    check_interrupted(gd.minimize(PROBLEM, X, Y, callback=lambda epoch, _: epoch == when, **method), when)


@pytest.mark.usefixtures("_impatient")
def test_only_true_stops_the_run():
    for answer in (None, False, np.False_, 0, 1, 1.0, "go on", np.array([True, True])):
        run = gd.minimize(PROBLEM, X, Y, epochs=3, callback=lambda *_, answer=answer: answer, **METHOD)
        assert (run.status, run.epochs) == ("max_epochs", 3)
    run = gd.minimize(PROBLEM, X, Y, epochs=3, callback=lambda *_: np.True_, **METHOD)
    assert (run.status, run.epochs) == ("interrupted", 0)


def test_an_error_in_a_callback_is_not_hidden():
    def broken(epoch, objective):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gd.minimize(PROBLEM, X, Y, epochs=3, callback=broken, **METHOD)


@pytest.mark.usefixtures("_impatient")
def test_a_run_that_was_stopped_goes_on_from_its_checkpoint(tmp_path):
    method = METHOD | {"epochs": 9, "path": True}
    whole = gd.minimize(PROBLEM, X, Y, **method)
    stopped = gd.minimize(PROBLEM, X, Y, checkpoint=tmp_path / "c.npz", callback=lambda epoch, _: epoch == 4, **method)
    assert stopped.status == "interrupted"
    rest = gd.minimize(PROBLEM, X, Y, checkpoint=tmp_path / "c.npz", **method)
    assert rest.history.theta.tobytes() == whole.history.theta.tobytes()
    assert rest.history.objective.tobytes() == whole.history.objective.tobytes()


# --- Ctrl-C

LONG = """
import json, sys, numpy as np
sys.path.insert(0, {tests!r})
import gdlearn as gd
from test_interrupting import METHOD, PROBLEM, X, Y

print("begun", flush=True)
run = gd.minimize(PROBLEM, X, Y, epochs=10**6, path=True, callback=lambda *_: print(flush=True), **METHOD)
history = run.history
complete = all(len(a) == len(history.objective) and np.isfinite(a).all() for a in history)
rises = bool((np.diff(history.seconds) > 0.0).all())
same = history.theta[-1].tolist() == run.theta.tolist()
print(json.dumps([run.status, run.epochs, complete, rises, same, history.objective[-1],
                  PROBLEM.objective(run.theta, X, Y)]))
"""


COMPILED_AND_PLAIN = [
    pytest.param("0", id="compiled", marks=pytest.mark.machine_code("it has a process of its own")),
    pytest.param("1", id="plain"),
]


@pytest.mark.parametrize("plain", COMPILED_AND_PLAIN)
def test_ctrl_c_returns_what_was_reached(plain, tmp_path):
    """SIGINT to a process in the middle of a million epochs."""
    source = LONG.format(tests=str(running.PACKAGE.parent / "tests"))
    command = [sys.executable, "-W", "error", "-c", source]
    with running.process(command, tmp_path, NUMBA_DISABLE_JIT=plain) as child:
        assert child.stdout.readline() == "begun\n"
        for _ in range(3):  # three callbacks: compiled, and under way
            assert child.stdout.readline() == "\n"
        time.sleep(0.13)
        child.send_signal(signal.SIGINT)
        out, error = child.communicate(timeout=60)
    assert child.returncode == 0, error
    status, epochs, complete, rises, same, objective, again = json.loads(out.split("\n")[-2])
    assert status == "interrupted"
    assert 0 < epochs < 10**6
    assert same
    assert objective == pytest.approx(again, rel=1e-13)
    assert complete, "an entry of the history is missing"
    assert rises


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("ending", [{}, {"tolerance": 1e9}, {"schedule": 1e200, "optimizer": gd.SGD()}])
def test_ctrl_c_in_the_last_stretch_is_not_lost(ending, monkeypatch, tmp_path):
    """The last of the epochs, or one in which the run converges or diverges; the checkpoint knows how it ended."""
    method = {"problem": gd.Problem(gd.Linear(3)), "X": X, "y": Y, "epochs": 2} | METHOD | ending
    with warnings.catch_warnings(action="ignore"):
        whole = gd.minimize(**method)

    def press(*arguments):
        code = train(*arguments)
        if code != results.RUNNING or arguments[-1] == 3:
            signal.raise_signal(signal.SIGINT)
        return code

    train = training.train
    with monkeypatch.context() as patched:
        patched.setattr(training, "train", press)
        run = gd.minimize(checkpoint=tmp_path / "c.npz", **method)
    assert (run.status, run.epochs, run.theta.tolist()) == ("interrupted", whole.epochs, whole.theta.tolist())
    with warnings.catch_warnings(action="ignore"):
        assert gd.minimize(checkpoint=tmp_path / "c.npz", **method).status == whole.status


def test_ctrl_c_before_the_first_epoch_is_not_called_a_bad_start(monkeypatch):
    def train(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(training, "train", train)
        with pytest.raises(KeyboardInterrupt):
            gd.minimize(PROBLEM, X, Y, epochs=3, **METHOD)


# --- Averages


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("optimizer", [gd.SGD(), gd.Nesterov(), gd.AdamW(), gd.Clip(0.5)], ids=repr)
def test_the_average_is_the_mean_of_the_last_iterates(share, optimizer):
    """With the batch of all rows every iterate stands in the history."""
    method = {"optimizer": optimizer, "schedule": 0.05, "epochs": 40, "path": True, "tolerance": 0.0}
    run = gd.minimize(PROBLEM, X, Y, average=share, **method)
    taken = round(share * 40)
    np.testing.assert_allclose(run.theta, run.history.theta[-taken:].mean(axis=0), rtol=1e-12, atol=1e-14)
    plain = gd.minimize(PROBLEM, X, Y, **method)
    assert run.history.theta.tobytes() == plain.history.theta.tobytes()


def test_the_average_counts_steps_not_epochs():
    """Three epochs of five steps: the last 40 % are six steps, five of them of the last epoch."""
    method = {"optimizer": gd.Adam(), "schedule": gd.Constant(0.01), "batch_size": 6, "epochs": 3, "seed": 4}
    run = gd.minimize(PROBLEM, X, Y, average=0.4, **method)
    trace = naive_training.minimize(PROBLEM, X.tolist(), Y.reshape(-1, 1).tolist(), start=[0.0] * 4, **method)
    assert len(trace.steps) == 1 + 3 * 5
    np.testing.assert_allclose(run.theta, np.mean(trace.steps[-6:], axis=0), rtol=1e-11)


def test_a_share_too_small_for_a_step_is_the_last_iterate():
    method = METHOD | {"epochs": 2}
    assert gd.minimize(PROBLEM, X, Y, average=1e-9, **method).theta.tolist() == (
        gd.minimize(PROBLEM, X, Y, **method).theta.tolist()
    )


def test_a_diverged_run_returns_its_last_finite_theta_not_an_average():
    with pytest.warns(gd.DivergenceWarning):
        run = gd.minimize(gd.Problem(gd.Linear(3)), X, Y, schedule=5.0, epochs=2000, average=1.0, path=True)
    assert run.theta.tolist() == run.history.theta[-1].tolist()


def test_the_average_of_sgd_is_nearer_to_the_optimum():
    """The point of it (Polyak and Juditsky 1992): the noise of the batches cancels in the mean."""
    problem, method = gd.Problem(gd.Linear(3)), {"schedule": 0.05, "batch_size": 2, "epochs": 60}
    best = np.linalg.lstsq(np.column_stack([X, np.ones(30)]), Y, rcond=None)[0]
    for seed in range(5):
        last, mean = (gd.minimize(problem, X, Y, seed=seed, average=a, **method).theta for a in (0.0, 0.5))
        assert np.linalg.norm(mean - best) < np.linalg.norm(last - best)
