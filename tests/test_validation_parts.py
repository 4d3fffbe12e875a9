"""The front door of networks, nested optimizers and the options of a run."""

import numpy as np
import pytest

import gdlearn as gd

X, Y = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 0.5]]), np.array([1.0, 0.0, 1.0])
LINEAR = gd.Problem(gd.Linear(2))
NETWORK = gd.Problem(gd.MLP(2, (3,)))


@pytest.mark.parametrize(
    ("problem", "method", "message"),
    [
        (NETWORK._replace(model=gd.MLP(2, 3)), {}, r"model\.hidden must be a tuple .* such as \(32,\), not 3"),
        (NETWORK._replace(model=gd.MLP(2, ())), {}, r"model\.hidden must be a tuple"),
        (NETWORK._replace(model=gd.MLP(2, (3, 0))), {}, r"model\.hidden\[1\] must be .* at least 1, not 0"),
        (NETWORK._replace(model=gd.MLP(2, (3,), 1, gd.Tanh)), {}, r"model\.activation .* parentheses"),
        (NETWORK._replace(model=gd.MLP(2, (3,), 1, "relu")), {}, r"model\.activation must be a record"),
        (NETWORK._replace(model=gd.MLP(2, (3,), 1, gd.L1(0.1))), {}, "model.activation=L1 has no activate kernel"),
        (LINEAR, {"optimizer": gd.Clip(0.0)}, r"optimizer\.limit must be .* greater than 0"),
        (LINEAR, {"optimizer": gd.Clip(1.0, gd.Adam(1.0))}, r"optimizer\.then\.beta1 must be .* less than 1"),
        (LINEAR, {"optimizer": gd.Clip(1.0, 0.1)}, r"optimizer\.then must be a record"),
        (LINEAR, {"average": 1.1}, "average must be .* at most 1"),
        (LINEAR, {"callback": 3}, "callback must be"),
        (LINEAR, {"checkpoint": 3}, "checkpoint must be"),
        (LINEAR, {"path": "no"}, "path must be"),
    ],
)
def test_the_newer_parts_are_refused_by_name_too(problem, method, message):
    with pytest.raises((TypeError, ValueError), match=message):
        gd.minimize(problem, X, Y, **method)
