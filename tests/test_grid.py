"""One battery for all: every loss x penalty x optimizer x schedule x model against plain loops."""

import itertools

import pytest

import running
from combinations import LOSSES, MODELS, OPTIMIZERS, PENALTIES, SCHEDULES, check_against_plain_loops
from gdlearn.sampling import ORDERS

BATCHES = [1, 2, 5]


@pytest.mark.plain
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize(("loss", "outputs"), LOSSES, ids=repr)
@pytest.mark.parametrize("model", MODELS)
def test_every_combination_equals_plain_loops(model, loss, outputs, optimizer):
    how = itertools.cycle(itertools.product(ORDERS, BATCHES))
    with running.plainly():
        for penalty, schedule in itertools.product(PENALTIES, SCHEDULES):
            sampling, batch_size = next(how)
            method = {"optimizer": optimizer, "schedule": schedule, "batch_size": batch_size, "sampling": sampling}
            check_against_plain_loops(model, loss, outputs, penalty, **method)


# Each optimizer once; each model, loss, penalty and schedule several times, in changing company.
COMPILED = [
    ([*MODELS][(i + i // 5) % 5], *LOSSES[(2 * i + 1) % 5], PENALTIES[(i + i // 4) % 4], optimizer, SCHEDULES[i % 8])
    for i, optimizer in enumerate(OPTIMIZERS)
]


@pytest.mark.machine_code("the grid above is the same in plain Python")
@pytest.mark.parametrize(("model", "loss", "outputs", "penalty", "optimizer", "schedule"), COMPILED)
def test_compiled_combinations_equal_plain_loops(model, loss, outputs, penalty, optimizer, schedule):
    for batch_size, sampling in itertools.product(BATCHES, ORDERS):
        method = {"optimizer": optimizer, "schedule": schedule, "batch_size": batch_size, "sampling": sampling}
        check_against_plain_loops(model, loss, outputs, penalty, **method)
