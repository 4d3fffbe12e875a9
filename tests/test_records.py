"""Records: their fields become exactly what their annotations say, or are refused."""

import sys
from collections import namedtuple
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdlearn as gd
from gdlearn.penalties import cost
from gdlearn.records import MANY, Count, Positive, check, ready

X, Y = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 0.5]]), np.array([1.0, 0.0, 1.0])
LINEAR, NAN = gd.Problem(gd.Linear(2)), float("nan")


class Window(NamedTuple):
    low: Positive
    high: Positive
    steps: Count = 3


@check.kernel(Window)
def _(record):
    if record.low > record.high:
        raise ValueError(f"low={record.low:g} must be at most high={record.high:g}")


@gd.schedules.rate.kernel(Window)
def _(schedule, t):
    return schedule.low if t < schedule.steps else schedule.high


def test_fields_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="low=2 must be at most high=1"):
        gd.minimize(LINEAR, X, Y, schedule=Window(2.0, 1.0))


@given(st.integers(1, 5), st.sampled_from([int, np.int8, np.uint64, np.float16, np.float32, float, np.array]))
def test_fields_become_exactly_their_types(value, kind):
    ready = LINEAR._replace(penalty=gd.ElasticNet(kind(value), kind(1))).ready().penalty
    assert [type(field) for field in ready] == [float, float]
    assert ready == gd.ElasticNet(float(value), 1.0)


def test_ready_problems_stay_as_they_are():
    ready = gd.Problem(gd.Linear(2, 3), gd.CrossEntropy(), gd.L1(1)).ready()
    assert ready.ready() == ready
    assert gd.Problem(gd.Linear(np.int64(2), intercept=1)).ready().model == gd.Linear(2, 1, True)


def test_a_record_is_looked_at_once():
    problem = gd.Problem(gd.Linear(2), penalty=gd.L2(1))
    assert problem.ready() is problem.ready()
    assert ready(problem.penalty, cost, name="penalty") is ready(problem.penalty, cost, name="penalty")
    with pytest.raises(TypeError, match="penalty=L2 has no rate kernel"):
        ready(problem.penalty, gd.schedules.rate, name="penalty")


def test_a_record_is_not_taken_for_an_equal_one_of_other_types():
    for right, wrong in [(gd.L2(1.0), gd.L2(True)), (gd.L2(1.0), gd.L2(1 + 0j))]:
        assert right == wrong
        ready(right, cost, name="penalty")
        with pytest.raises(TypeError, match=r"penalty\.lam must be a number"):
            ready(wrong, cost, name="penalty")
    gd.minimize(LINEAR, X, Y, schedule=1.0, epochs=0)
    with pytest.raises(TypeError, match="schedule must be a number"):
        gd.minimize(LINEAR, X, Y, schedule=np.complex128(1.0), epochs=0)


def test_equal_records_are_looked_at_once():
    first, again = (gd.Problem(gd.MLP(2, (3,)), penalty=gd.L2(0.75)).ready() for _ in range(2))
    assert again is first and first.ready() == first
    for wrong in (
        gd.Problem(gd.MLP(2, (3.0,)), penalty=gd.L2(0.75)),
        gd.Problem(gd.MLP(2, (True,)), penalty=gd.L2(0.75)),
    ):
        with pytest.raises(TypeError, match=r"model.hidden\[0\] must be a whole number"):
            wrong.ready()
    assert type(ready(gd.L2(1), cost, name="penalty").lam) is type(ready(gd.L2(1.0), cost, name="penalty").lam) is float


def test_a_record_that_can_change_is_looked_at_each_time():
    hidden = [3]
    problem = gd.Problem(gd.MLP(2, hidden))
    assert problem.ready().model.hidden == (3,)
    hidden[0] = 0
    with pytest.raises(ValueError, match=r"model.hidden\[0\] must be finite and at least 1, not 0"):
        problem.ready()


def test_so_many_records_are_remembered_and_no_more():
    first = gd.L2(0.5)
    before = sys.getrefcount(first)
    for k in range(2 * MANY):
        assert ready(first if k == 0 else gd.L2(k), cost, name="penalty").lam == (k or 0.5)
    assert sys.getrefcount(first) == before


class Free(NamedTuple):
    """A schedule whose rate may be any finite number."""

    eta: float


@gd.schedules.rate.kernel(Free)
def _(schedule, t):
    return schedule.eta


def test_a_field_without_a_range_takes_any_finite_number():
    for eta in (NAN, np.inf):
        with pytest.raises(ValueError, match=r"schedule.eta must be finite, not (nan|inf)"):
            gd.minimize(LINEAR, X, Y, schedule=Free(eta))


class Quartic(NamedTuple):
    """A loss whose curvature has no bound."""


@gd.losses.value.kernel(Quartic)
def _(loss, z, y):
    return (z - y) ** 4


@gd.losses.slope.kernel(Quartic)
def _(loss, z, y):
    return 4.0 * (z - y) ** 3


def test_a_loss_of_unbounded_curvature_has_no_smoothness():
    with pytest.raises(TypeError, match="the curvature of Quartic has no bound"):
        LINEAR._replace(loss=Quartic()).smoothness(X)


class Rates(NamedTuple):
    """A schedule that returns whatever it holds."""

    value: object


@gd.schedules.rate.kernel(Rates)
def _(schedule, t):
    return schedule.value


Untyped = namedtuple("Untyped", "value")
gd.schedules.rate.kernel(Untyped)(gd.schedules.rate.dispatch(Rates))


@pytest.mark.parametrize(
    ("schedule", "error", "message"),
    [
        (Rates(None), TypeError, "the kernel of schedule returns must be a number finite and at least 0, not None"),
        (Rates("0.1"), TypeError, "the kernel of schedule returns must be a number .*, not '0.1'"),
        (Rates(NAN), ValueError, "the kernel of schedule returns must be finite and at least 0, not nan"),
        (Rates(-0.1), ValueError, "the kernel of schedule returns must be finite and at least 0, not -0.1"),
        (Rates({0: 0.1}), TypeError, r"schedule\.value must be a number, an array, a tuple or a record, not {0: 0.1}"),
        (Untyped(0.1), TypeError, r"schedule=Untyped must be a typing\.NamedTuple, which says types: value: float"),
    ],
    ids=repr,
)
def test_what_no_loop_can_be_compiled_for_is_refused_by_name(schedule, error, message):
    with pytest.raises(error, match=message):
        gd.minimize(LINEAR, X, Y, schedule=schedule)


def test_a_rate_of_zero_is_a_rate():
    assert not gd.minimize(LINEAR, X, Y, schedule=Rates(0.0), epochs=1).theta.any()


class Square(NamedTuple):
    """A model of as many outputs as inputs."""

    inputs: int


class Sized(Square):
    """One that says so."""

    @property
    def outputs(self):
        return self.inputs


for function in (gd.models.weights, gd.models.size, gd.models.forward, gd.models.pullback):
    function.kernel(Square)(function.dispatch(gd.Linear))


def test_a_model_has_inputs_and_outputs():
    with pytest.raises(TypeError, match="model=Square has no outputs; write a field or property of this name"):
        gd.Problem(Square(2)).ready()
    assert gd.Problem(Sized(2)).ready().model.outputs == 2
