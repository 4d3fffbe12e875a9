"""A run that diverges says so, keeps the last finite theta and names the limit."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdlearn as gd
import running
from gdlearn import training
from gdlearn.optimizers import stability_limit
from strategies import numbers, rows

BOWL = gd.Problem(gd.Linear(2, intercept=False))
X, Y = gd.datasets.quadratic([1.0, 10.0], center=[1.0, 1.0])


def diverging(problem=BOWL, X=X, y=Y, **method):
    """The run and the text of its warning."""
    with pytest.warns(gd.DivergenceWarning) as caught:
        run = gd.minimize(problem, X, y, **method)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert run.status == "diverged"
    return run, str(caught[0].message)


def test_theta_is_the_last_finite_iterate():
    """Each step multiplies the distance in the second coordinate by 1 - 10 eta = -9, until its square overflows."""
    run, _ = diverging(schedule=1.0, epochs=1000, path=True)
    assert 155 < run.epochs < 165
    assert np.isfinite(run.theta).all()
    assert run.theta.tolist() == run.history.theta[-1].tolist()
    assert len({len(entries) for entries in run.history}) == 1
    assert np.isfinite(run.history.objective).all()
    assert np.isfinite(run.history.gradient_norm).all()
    assert run.history.objective[-1] == BOWL.objective(run.theta, X, Y)
    beyond = run.theta - 1.0 * BOWL.gradient(run.theta, X, Y)
    with np.errstate(over="ignore"):
        assert not np.isfinite(10.0 * (beyond[1] - 1.0) ** 2)


def test_the_warning_names_epoch_rate_and_limit():
    run, text = diverging(schedule=0.3, epochs=50)
    assert f"diverged after epoch {run.epochs} at learning rate 0.3" in text
    assert "full-batch SGD needs a rate below 0.2 (2/L)" in text
    assert text.endswith("pass a smaller schedule or standardize the columns of X")


@pytest.mark.parametrize("optimizer", [gd.Momentum(0.9), gd.Nesterov(0.9)], ids=repr)
def test_the_limit_is_that_of_the_optimizer(optimizer):
    _, text = diverging(schedule=1.0, epochs=50, optimizer=optimizer)
    assert f"full-batch {type(optimizer).__name__} needs a rate below {stability_limit(optimizer, 10.0):.4g}" in text


def test_the_rate_named_is_one_that_a_step_took():
    """Eight steps at the rates 2.0 to 0.25; the ninth would have had the rate 0."""
    _, text = diverging(schedule=gd.LinearDecay(2.0, steps=8), epochs=8)
    named = float(re.search(r"at learning rate ([\d.]+)", text).group(1))
    assert named in [2.0 - 0.25 * t for t in range(8)]


def test_a_steep_rise_is_a_divergence_though_all_is_finite():
    """Twelve steps of factor 1.5 in theta: the objective ends 1.5^24 above its start."""
    run, text = diverging(schedule=0.25, epochs=12)
    assert run.epochs == 12
    assert "after epoch 12" in text
    assert run.history.objective[-1] > 10.0 * run.history.objective[0]


def test_up_to_ten_times_the_start_is_no_divergence():
    """theta moves by the factor -2 in one step, so the objective by 4; two steps make it 16."""
    X, y = gd.datasets.quadratic([1.0, 1.0], center=[1.0, 1.0])
    run = gd.minimize(BOWL, X, y, schedule=3.0, epochs=1)
    assert run.status == "max_epochs"
    assert run.history.objective.tolist() == pytest.approx([1.0, 4.0], rel=1e-14)
    assert diverging(X=X, y=y, schedule=3.0, epochs=2)[0].history.objective[-1] == pytest.approx(16.0, rel=1e-14)


def test_growth_is_measured_from_the_start_of_the_whole_run():
    """theta moves by the factor 1.5 in a step, so the objective by 2.25: three steps make it 11.4."""
    X, y = gd.datasets.quadratic([1.0, 1.0], center=[1.0, 1.0])
    run = gd.minimize(BOWL, X, y, schedule=2.5, epochs=2)
    assert (run.status, run.began) == ("max_epochs", 1.0)
    assert diverging(X=X, y=y, schedule=2.5, epochs=1, start=run)[0].began == 1.0
    assert diverging(X=X, y=y, schedule=2.5, epochs=3)[0].began == 1.0
    assert gd.minimize(BOWL, X, y, schedule=2.5, epochs=1, start=run.theta).status == "max_epochs"


def test_growth_from_almost_nothing_on_the_way_is_no_divergence():
    X, y = gd.datasets.quadratic([1.0, 1.0], center=[1.0, 1.0])
    near = gd.minimize(BOWL, X, y, schedule=0.9, epochs=3)
    run = gd.minimize(BOWL, X, y, schedule=3.0, epochs=3, start=near)
    assert (run.status, run.began) == ("max_epochs", 1.0)
    assert run.history.objective[-1] > 60.0 * near.history.objective[-1]
    assert diverging(X=X, y=y, schedule=3.0, epochs=12, start=near)[0].began == 1.0


def test_a_run_that_goes_on_from_a_diverged_one_or_on_other_rows_begins_anew():
    run, _ = diverging(schedule=0.25, epochs=12)
    calm = gd.minimize(BOWL, X, Y, schedule=0.05, epochs=3, start=run)
    assert (calm.status, calm.began) == ("max_epochs", run.history.objective[-1])
    nothing = gd.minimize(BOWL, X, np.zeros(2), epochs=1)
    assert (nothing.status, nothing.began) == ("converged", 0.0)
    assert gd.minimize(BOWL, X, Y, schedule=0.05, epochs=3, start=nothing).status == "max_epochs"


def test_a_run_stopped_on_its_way_up_is_told_so_without_another_step(monkeypatch):
    monkeypatch.setattr(training, "PATIENCE", 0.0)
    grown = gd.minimize(BOWL, X, Y, schedule=0.25, epochs=12, callback=lambda epoch, _: epoch == 8)
    assert grown.status == "interrupted"
    assert "diverged after epoch 0 at learning rate 0.25" in diverging(schedule=0.25, epochs=0, start=grown)[1]


def test_raw_body_mass_index_diverges_and_standardized_it_converges():
    problem = gd.Problem(gd.Linear(1))
    X, y = gd.datasets.diabetes("bmi")
    run, text = diverging(problem, X, y, schedule=0.01, epochs=500)
    assert f"{problem.smoothness(X).limit:.4g} (2/L)" in text
    Z, _ = gd.datasets.diabetes("bmi", standardize=True)
    run = gd.minimize(problem, Z, y, schedule=0.1, epochs=500)
    assert run.status == "converged"
    np.testing.assert_allclose(run.theta[::-1], np.polynomial.polynomial.polyfit(Z[:, 0], y, 1), rtol=1e-8)


def test_mini_batches_and_single_precision_diverge_alike():
    for dtype in (np.float32, np.float64):
        run, _ = diverging(X=X.astype(dtype), schedule=1.0, epochs=1000, batch_size=1)
        assert run.theta.dtype == dtype
        assert np.isfinite(run.theta).all()


def test_plain_python_warns_of_nothing_else():
    """NumPy's own warnings of an overflow would hide the one that helps."""
    with running.plainly():
        run, _ = diverging(schedule=1.0, epochs=1000)
    assert 155 < run.epochs < 165


@pytest.mark.parametrize("penalty", [gd.NoPenalty(), gd.L1(0.1)], ids=repr)
def test_a_start_with_an_infinite_objective_is_refused(penalty):
    problem = BOWL._replace(penalty=penalty)
    with pytest.raises(ValueError, match="start has an objective that is not finite"):
        gd.minimize(problem, X, Y, start=[1e200, 0.0])


def test_data_near_the_largest_float_end_in_a_sentence_too():
    """The gradient of the start overflows in its square, or the second moments do, of which the limit is made."""
    with pytest.raises(ValueError, match="scale y or the columns of X"):
        gd.minimize(BOWL, 1e160 * X, Y)
    wide = np.full((400, 2), 1.2e153)
    assert "diverged after epoch 0" in diverging(X=wide, y=np.ones(400), epochs=10)[1]


@given(rows(2, 1e3), numbers(1e3), st.floats(-8.0, 2.0))
def test_every_run_ends_finite_or_says_why(start, target, power):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = gd.minimize(BOWL, X, [target, -target], start=start, schedule=10.0**power, epochs=400)
    assert np.isfinite(run.theta).all()
    assert np.isfinite(run.history.objective).all()
    assert [w.category for w in caught] == [gd.DivergenceWarning] * (run.status == "diverged")
    assert all(re.match(r"diverged after epoch \d+ at learning rate ", str(w.message)) for w in caught)
    if 10.0**power < 0.199:
        assert run.status != "diverged"
