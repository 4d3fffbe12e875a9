"""The training loop: its history, its endings, its randomness, its precision."""

import numpy as np
import pytest

import gdlearn as gd
import naive_training
from gdlearn.sampling import ORDERS, arrange, below

RNG = np.random.default_rng(42)
ROWS, NUMBERS = RNG.standard_normal((7, 2)), RNG.standard_normal((7, 3))

# --- History and endings

PROBLEM = gd.Problem(gd.Linear(2), penalty=gd.L1(0.2))
Y = NUMBERS[:, 0]


def test_history_holds_what_the_problem_says_of_each_theta():
    run = gd.minimize(PROBLEM, ROWS, Y, schedule=gd.Exponential(0.1, 0.9), batch_size=2, epochs=6, path=True)
    history = run.history
    assert all(len(entries) == 7 for entries in history)
    for theta, objective, norm in zip(history.theta, history.objective, history.gradient_norm, strict=True):
        assert objective == pytest.approx(PROBLEM.objective(theta, ROWS, Y), rel=1e-14)
        g = PROBLEM.gradient(theta, ROWS, Y)
        least = [gd.penalties.subgradient(PROBLEM.penalty, w, a) for w, a in zip(theta, g[:2], strict=False)]
        assert norm == pytest.approx(np.linalg.norm([*least, g[2]]), rel=1e-12)
    np.testing.assert_allclose(history.learning_rate, 0.1 * 0.9 ** (4.0 * np.arange(7)), rtol=1e-13)
    assert (np.diff(history.seconds) > 0.0).all()
    assert history.seconds[0] > 0.0


def test_without_path_no_theta_is_kept():
    assert gd.minimize(PROBLEM, ROWS, Y, epochs=2).history.theta is None


def test_no_epochs_leave_the_start():
    start = np.array([1.0, -2.0, 0.5])
    run = gd.minimize(PROBLEM, ROWS, Y, epochs=0, start=start, path=True)
    assert (run.epochs, run.status, run.theta.tolist()) == (0, "max_epochs", start.tolist())
    assert run.history.objective.tolist() == [pytest.approx(PROBLEM.objective(start, ROWS, Y), rel=1e-15)]
    assert not np.shares_memory(run.theta, start)


def test_a_run_that_starts_at_the_optimum_is_converged():
    X, y = gd.datasets.quadratic([1.0, 2.0], center=[3.0, -1.0])
    run = gd.minimize(gd.Problem(gd.Linear(2, intercept=False)), X, y, start=[3.0, -1.0])
    assert (run.epochs, run.status) == (0, "converged")


def test_a_run_stops_at_the_first_epoch_within_the_tolerance():
    full = gd.minimize(PROBLEM, ROWS, Y, epochs=300, tolerance=0.0).history
    run = gd.minimize(PROBLEM, ROWS, Y, epochs=300, tolerance=1e-4)
    assert run.status == "converged"
    assert run.epochs == np.argmax(full.gradient_norm <= 1e-4)
    assert run.history.objective.tolist() == full.objective[: run.epochs + 1].tolist()


def test_the_batch_of_all_rows_is_gradient_descent():
    one = gd.minimize(PROBLEM, ROWS, Y, epochs=5)
    for batch_size, sampling in [(7, "reshuffle"), (7, "sequential"), (None, "replacement")]:
        other = gd.minimize(PROBLEM, ROWS, Y, epochs=5, batch_size=batch_size, sampling=sampling, seed=9)
        assert other.theta.tolist() == one.theta.tolist()


def test_a_warm_start_continues_gradient_descent():
    first, whole = gd.minimize(PROBLEM, ROWS, Y, epochs=4), gd.minimize(PROBLEM, ROWS, Y, epochs=10)
    rest = gd.minimize(PROBLEM, ROWS, Y, epochs=6, start=first.theta)
    assert rest.theta.tolist() == whole.theta.tolist()
    assert rest.history.objective.tolist() == whole.history.objective[4:].tolist()


# --- Measured now and then

STOCHASTIC = {"schedule": 0.05, "batch_size": 2, "tolerance": 0.0}


@pytest.mark.parametrize(("epochs", "every"), [(11, 4), (12, 4), (3, 10), (5, 2**70), (0, 3)])
def test_epochs_that_are_not_measured_take_the_same_steps(epochs, every):
    each = gd.minimize(PROBLEM, ROWS, Y, epochs=epochs, path=True, **STOCHASTIC)
    some = gd.minimize(PROBLEM, ROWS, Y, epochs=epochs, path=True, measure_every=every, **STOCHASTIC)
    measured = np.array([e % every == 0 or e == epochs for e in range(epochs + 1)])
    for name in ("objective", "gradient_norm"):
        one, other = getattr(each.history, name), getattr(some.history, name)
        assert other[measured].tolist() == one[measured].tolist()
        assert np.isnan(other[~measured]).all()
    assert some.history.theta.tolist() == each.history.theta.tolist()
    assert some.history.learning_rate.tolist() == each.history.learning_rate.tolist()
    assert (some.theta.tolist(), some.status, some.epochs) == (each.theta.tolist(), each.status, each.epochs)


def test_gradient_descent_is_measured_each_epoch():
    """Its next step needs the gradient, which each measurement leaves behind."""
    one, other = (gd.minimize(PROBLEM, ROWS, Y, epochs=9, measure_every=every) for every in (1, 4))
    assert bits(one) == bits(other)


def test_a_run_converges_at_an_epoch_that_is_measured():
    each = gd.minimize(PROBLEM, ROWS, Y, epochs=300, schedule=gd.InverseTime(0.1, 1.0), batch_size=2, tolerance=0.0)
    goal = float(np.sort(each.history.gradient_norm)[100])
    method = {"schedule": gd.InverseTime(0.1, 1.0), "batch_size": 2, "tolerance": goal}
    run = gd.minimize(PROBLEM, ROWS, Y, epochs=300, measure_every=7, **method)
    low = np.flatnonzero(each.history.gradient_norm <= goal)
    assert run.status == "converged"
    assert run.epochs == low[low % 7 == 0][0]


def test_a_run_that_diverges_ends_with_the_last_theta_that_was_measured():
    method = {"epochs": 4000, "schedule": 50.0, "batch_size": 2, "path": True}
    with pytest.warns(gd.DivergenceWarning):
        each = gd.minimize(PROBLEM, ROWS, Y, **method)
    with pytest.warns(gd.DivergenceWarning, match=f"diverged after epoch {each.epochs // 5 * 5} at"):
        run = gd.minimize(PROBLEM, ROWS, Y, measure_every=5, **method)
    assert (run.status, run.epochs) == ("diverged", each.epochs // 5 * 5)
    assert run.theta.tolist() == run.history.theta[-1].tolist() == each.history.theta[run.epochs].tolist()


def test_a_run_stops_where_the_objective_is_known():
    seen = []

    def stop(epoch, objective):
        seen.append((epoch, objective))
        return epoch > 0

    run = gd.minimize(PROBLEM, ROWS, Y, epochs=100_000, measure_every=6, callback=stop, **STOCHASTIC)
    assert run.status == "interrupted"
    assert [epoch % 6 for epoch, _ in seen] == [0] * len(seen)
    assert seen[-1] == (run.epochs, run.history.objective[-1])
    assert run.history.objective[-1] == pytest.approx(PROBLEM.objective(run.theta, ROWS, Y), rel=1e-14)


@pytest.mark.parametrize("every", [0, -1, 2.5, "often", None])
def test_how_often_to_measure_is_a_number_of_epochs(every):
    with pytest.raises((TypeError, ValueError), match="measure_every"):
        gd.minimize(PROBLEM, ROWS, Y, measure_every=every)


# --- Randomness


def bits(run):
    return run.theta.tobytes(), run.history.objective.tobytes(), run.history.gradient_norm.tobytes()


@pytest.mark.parametrize("sampling", ORDERS)
def test_the_same_seed_gives_the_same_bits(sampling):
    def fit(seed):
        return bits(gd.minimize(PROBLEM, ROWS, Y, batch_size=2, epochs=4, seed=seed, sampling=sampling))

    assert fit(3) == fit(3) == fit(np.int32(3)) == fit(np.random.default_rng(3))
    assert (fit(3) == fit(4)) == (sampling == "sequential")


def test_large_seeds_are_told_apart():
    def fit(seed):
        return bits(gd.minimize(PROBLEM, ROWS, Y, batch_size=2, epochs=4, seed=seed))

    assert len({fit(seed) for seed in (2**53, 2**53 + 1, 2**64, 2**64 + 1)}) == 4


def test_a_generator_goes_on_from_run_to_run():
    rng = np.random.default_rng(3)
    first, second = (bits(gd.minimize(PROBLEM, ROWS, Y, batch_size=2, epochs=4, seed=rng)) for _ in range(2))
    assert first != second


def visits(n, epochs, sampling):
    """How often each row was seen: row i moves parameter i alone, by the factor 1 - 2 eta towards 1."""
    problem, eta = gd.Problem(gd.Linear(n, intercept=False)), 0.05
    method = {"schedule": eta, "batch_size": 1, "epochs": epochs, "sampling": sampling, "tolerance": 0.0}
    theta = gd.minimize(problem, np.eye(n), np.ones(n), **method).theta
    return np.log(1.0 - theta) / np.log(1.0 - 2.0 * eta)


def test_the_memory_of_an_optimizer_goes_on_in_its_own_kind_only():
    rules = [gd.Momentum(), gd.Nesterov(), gd.AdaGrad(), gd.RMSProp(), gd.Lion(), gd.Clip(1.0, gd.Momentum(0.5))]
    runs = [gd.minimize(PROBLEM, ROWS, Y, optimizer=rule, schedule=0.01, epochs=2) for rule in rules]
    for run, before in zip(runs, rules, strict=True):
        for now in rules:
            same = {type(getattr(rule, "then", rule)) for rule in (before, now)}
            if len(same) == 1:
                assert gd.minimize(PROBLEM, ROWS, Y, optimizer=now, start=run, epochs=1).memory.t[0] == 3
                continue
            with pytest.raises(ValueError, match="start is a run of another optimizer"):
                gd.minimize(PROBLEM, ROWS, Y, optimizer=now, start=run)


@pytest.mark.parametrize("sampling", ["reshuffle", "sequential"])
def test_each_epoch_sees_each_row_once(sampling):
    for epochs in (1, 2, 5):
        np.testing.assert_allclose(visits(60, epochs, sampling), epochs, rtol=1e-9)


def test_replacement_draws_each_row_with_the_same_chance():
    """chi^2 of 60 counts has mean 59 and standard deviation sqrt(2 * 59); four of them leave 1 in 10,000."""
    counts = visits(60, 50, "replacement").round()
    assert counts.sum() == 60 * 50
    assert abs(((counts - 50) ** 2 / 50).sum() - 59) < 4 * np.sqrt(2 * 59)


def test_every_order_is_as_likely_as_the_other():
    """24 orders of four rows, 200 draws of each expected; chi^2 has mean 23 and standard deviation sqrt(46)."""
    random, order, orders = np.array([12345], np.uint64), np.arange(4), {}
    for _ in range(24 * 200):
        arrange(order, ORDERS["reshuffle"], random)
        orders[tuple(order)] = orders.get(tuple(order), 0) + 1
    counts = np.array([*orders.values()])
    assert len(counts) == 24
    assert abs(((counts - 200) ** 2 / 200).sum() - 23) < 4 * np.sqrt(46)


def test_numbers_below_n_follow_the_definition():
    uniform = naive_training.Uniform(8)
    x = np.uint64(uniform.x)
    for n in (1, 2, 3, 10, 2**31 + 1, 2**32 - 1) * 50:
        x, number = below(x, n)
        assert (number, x) == (uniform.below(n), uniform.x)


# --- Kernels of heirs


class Signs(gd.SGD):
    """Moves by the sign of the gradient, and inherits all else."""


@gd.optimizers.update.kernel(Signs)
def _(optimizer, w, g, state, j, lr, t):
    return w - lr * np.sign(g), lr


class Cubes(gd.L2):
    """Pulls with lam w^3, and inherits the lam of a ridge."""


@gd.penalties.pull.kernel(Cubes)
def _(penalty, w):
    return penalty.lam * w**3


@pytest.mark.parametrize(("optimizer", "penalty"), [(Signs(), gd.NoPenalty()), (gd.SGD(), Cubes(2.0))])
def test_a_component_of_a_derived_class_has_no_share_in_the_short_cut_of_its_base(optimizer, penalty):
    problem = gd.Problem(gd.Linear(2), penalty=penalty)
    how = {"optimizer": optimizer, "schedule": 0.05, "epochs": 3, "start": [1.0, 1.0, 0.0]}
    single = gd.minimize(problem, ROWS, Y, batch_size=1, sampling="sequential", **how)
    theta = np.array(how["start"])
    for _ in range(3):
        for k in range(7):
            g = problem.gradient(theta, ROWS[k : k + 1], Y[k : k + 1])
            theta = theta - 0.05 * (np.sign(g) if isinstance(optimizer, Signs) else g)
    np.testing.assert_allclose(single.theta, theta, rtol=1e-12)


# --- Precision


def test_single_precision_stays_single():
    problem = gd.Problem(gd.Linear(2))
    method = {"optimizer": gd.Momentum(0.5), "batch_size": 2, "epochs": 20, "path": True}
    single = gd.minimize(problem, ROWS.astype(np.float32), Y, **method)
    double = gd.minimize(problem, ROWS.astype(np.float32).astype(float), Y, **method)
    assert single.theta.dtype == single.history.theta.dtype == np.float32
    assert double.theta.dtype == single.history.objective.dtype == np.float64
    np.testing.assert_allclose(single.history.theta, double.history.theta, rtol=1e-4, atol=1e-5)
