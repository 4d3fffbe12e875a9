"""Schedules: the plain formula at every step, and where one schedule hands over to the next."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdlearn as gd
import naive
from gdlearn.schedules import rate
from strategies import etas, schedules


@given(schedules, st.integers(0, 200))
def test_schedules_equal_their_formula(schedule, t):
    assert rate(schedule, t) == pytest.approx(naive.rate(schedule, t), rel=1e-12, abs=1e-15)


@given(schedules, st.integers(0, 200))
def test_rates_are_never_negative(schedule, t):
    assert 0.0 <= rate(schedule, t) < math.inf


def test_linear_decay_arrives_and_stays():
    line = gd.LinearDecay(0.5, steps=4, final=0.1)
    assert [rate(line, t) for t in range(7)] == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1], rel=1e-15)


@given(etas, st.integers(1, 1000), st.one_of(st.just(0.0), etas), st.integers(0, 1000))
def test_linear_decay_ends_exactly_at_its_final_rate(eta, steps, final, later):
    assert rate(gd.LinearDecay(eta, steps, final), steps + later) == final


ends = st.one_of(st.just(0.0), etas)


@given(etas, st.integers(1, 1000), ends, st.integers(0, 1000))
def test_cosine_ends_exactly_at_its_final_rate(eta, steps, final, later):
    assert rate(gd.Cosine(eta, steps, final), steps + later) == final


@given(etas, st.integers(1, 1000), ends, st.integers(0, 1000))
def test_cosine_begins_at_its_rate_and_stays_between_its_ends(eta, steps, final, t):
    wave = gd.Cosine(eta, steps, final)
    assert rate(wave, 0) == pytest.approx(eta, rel=1e-14)
    assert min(eta, final) * (1 - 1e-14) <= rate(wave, t) <= max(eta, final) * (1 + 1e-14)
    assert (rate(wave, t + 1) - rate(wave, t)) * (final - eta) >= -1e-14 * (eta + final) ** 2


def test_cosine_is_halfway_in_the_middle():
    assert rate(gd.Cosine(0.5, 8, 0.1), 4) == pytest.approx(0.3, rel=1e-15)


def test_the_three_pieces_of_warmup_stable_decay():
    shape = gd.WarmupStableDecay(0.8, steps=10, warmup=4, decay=2)
    expected = [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.4, 0.0, 0.0]
    assert [rate(shape, t) for t in range(12)] == pytest.approx(expected, rel=1e-15)


@given(etas, st.integers(1, 300), st.integers(0, 300), st.integers(1, 300))
def test_the_plateau_is_exactly_the_rate(eta, warmup, flat, decay):
    shape = gd.WarmupStableDecay(eta, warmup + flat + decay, warmup, decay)
    assert {rate(shape, t) for t in range(warmup, warmup + flat + 1)} == {eta}
    assert rate(shape, warmup - 1) == pytest.approx(eta, rel=1e-15)
    assert rate(shape, shape.steps - 1) == pytest.approx(eta / decay, rel=1e-15)
    assert rate(shape, shape.steps) == rate(shape, shape.steps + 1000) == 0.0


def test_step_drops_every_so_many_steps():
    drops = gd.Step(0.8, factor=0.5, every=3)
    assert [rate(drops, t) for t in range(9)] == [0.8] * 3 + [0.4] * 3 + [0.2] * 3
    assert rate(gd.Step(0.8, factor=1.0, every=1), 10**6) == 0.8


def test_inverse_time_halves_at_one_over_its_decay():
    assert rate(gd.InverseTime(0.8, decay=0.01), 100) == pytest.approx(0.4, rel=1e-15)
    assert rate(gd.InverseTime(0.8, decay=0.0), 10**9) == 0.8


def test_pieces_that_overlap_are_refused():
    X, y = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
    for warmup, decay in [(6, 5), (10, 1), (1, 10)]:
        with pytest.raises(ValueError, match=r"warmup \+ decay must be at most steps=10, not 11"):
            gd.minimize(gd.Problem(gd.Linear(1)), X, y, schedule=gd.WarmupStableDecay(0.1, 10, warmup, decay))


def test_warmup_hands_over_at_the_first_rate_of_the_next():
    up = gd.Warmup(4, gd.Exponential(0.8, decay=0.5))
    assert [rate(up, t) for t in range(7)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0.2], rel=1e-15)


def test_warmups_nest():
    nested = gd.Warmup(2, gd.Warmup(2, gd.Constant(0.4)))
    assert [rate(nested, t) for t in range(6)] == pytest.approx([0.1, 0.2, 0.2, 0.4, 0.4, 0.4], rel=1e-15)


def test_exponential_decay_ends_at_zero_without_a_warning():
    assert rate(gd.Exponential(1.0, decay=0.5), 10**6) == 0.0


def test_steps_are_counted_over_epochs():
    """Ten rows in batches of three are four steps an epoch; entry e of the history is the rate of step 4 e."""
    schedule = gd.Warmup(6, gd.Exponential(0.01, decay=0.9))
    X, y = np.ones((10, 1)), np.arange(10.0)
    run = gd.minimize(gd.Problem(gd.Linear(1)), X, y, schedule=schedule, batch_size=3, epochs=5)
    expected = [naive.rate(schedule, 4 * e) for e in range(6)]
    np.testing.assert_allclose(run.history.learning_rate, expected, rtol=1e-12)


def test_a_number_is_a_constant_rate():
    X, y = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
    for number in (0.125, np.float32(0.125), np.float64(0.125)):
        run = gd.minimize(gd.Problem(gd.Linear(1)), X, y, schedule=number, epochs=2)
        assert run.history.learning_rate.tolist() == [0.125, 0.125, 0.125]
