"""What a run says of itself, in words and in a notebook."""

import base64
import copy
import io
import pickle
import re

import numpy as np
import pytest
from PIL import Image

import gdlearn as gd
from gdlearn._numbers import unbroken, written

X, Y = gd.datasets.quadratic([1.0, 10.0], center=[3.0, -2.0])
BOWL = gd.Problem(gd.Linear(2, intercept=False))


def by_hand(run):
    """What a run says, with its numbers as texts write them: 2 · 10⁻⁹ for 2e-09."""
    return unbroken(written(repr(run)))


def test_a_run_says_how_it_ended():
    run = gd.minimize(BOWL, X, Y, schedule=0.15, epochs=5, tolerance=0.0)
    objective, norm = run.history.objective[-1], run.history.gradient_norm[-1]
    assert repr(run) == f"Run: max_epochs after 5 epochs, objective {objective:.6g}, gradient norm {norm:.2g}"


@pytest.mark.parametrize("epochs", [0, 1, 200])
def test_a_notebook_shows_the_loss_curve_and_the_status(epochs):
    run = gd.minimize(BOWL, X, Y, schedule=0.15, epochs=epochs)
    shown = run._repr_html_()
    assert shown.count(by_hand(run)) == 2  # as alternative text and below the picture
    picture = Image.open(io.BytesIO(base64.b64decode(re.search('base64,([^"]+)', shown)[1])))
    assert np.asarray(picture.convert("L")).std() > 1.0


def test_a_loss_curve_joins_the_epochs_that_were_measured():
    run = gd.minimize(BOWL, X, Y, schedule=0.05, batch_size=1, epochs=10, measure_every=4, tolerance=0.0)
    _, ax = gd.plotting.figure(4.0, 3.0)
    gd.plotting.loss_curve(ax, run, "objective", "black")
    line = ax.lines[0]
    assert line.get_xdata().tolist() == [0, 4, 8, 10]
    assert line.get_ydata().tolist() == run.history.objective[[0, 4, 8, 10]].tolist()


def test_a_run_is_equal_to_itself_only():
    run = gd.minimize(BOWL, X, Y, epochs=5)
    for one, twin in [(run, copy.deepcopy(run)), (run.history, copy.deepcopy(run.history))]:
        assert (one == one, one != one, one == twin, one != twin) == (True, False, False, True)
        assert {one: 1, twin: 2}[twin] == 2 and [one, twin].index(twin) == 1
    assert pickle.loads(pickle.dumps(run)).theta.tolist() == run.theta.tolist()


def test_a_diverged_run_is_drawn_too():
    with pytest.warns(gd.DivergenceWarning):
        run = gd.minimize(BOWL, X, Y, schedule=0.25, epochs=2000)
    assert "diverged" in run._repr_html_()


def test_the_run_of_a_solver_says_what_is_proved_and_draws_itself():
    run = gd.fista(BOWL._replace(penalty=gd.L1(0.1)), X, Y)
    kind, bound = run.certificate
    assert repr(run).endswith(f", {kind} {bound:.2g}")
    assert run._repr_html_().count(by_hand(run)) == 2
    unknown = run._replace(certificate=gd.Certificate("none", np.inf))
    assert repr(unknown).endswith(f"gradient norm {run.history.gradient_norm[-1]:.2g}")


@pytest.mark.parametrize("solve", [gd.fista, gd.closed_form])
def test_a_run_goes_on_from_the_end_of_a_solver(solve):
    start = solve(BOWL, X, Y)
    run = gd.minimize(BOWL, X, Y, start=start, epochs=0)
    np.testing.assert_array_equal(run.theta, start.theta)
