"""The runs whose processes tests/test_kills.py kills: started with a name, a checkpoint and a pause per stretch."""

import sys
import time

import numpy as np
from scipy import sparse

EPOCHS = 900


def problem_and_method(gd, name):
    """(problem, X, y, arguments) of one run; all of them use more of the state than theta."""
    rng = np.random.default_rng(8)
    X = rng.standard_normal((24, 3)) * (rng.random((24, 3)) < 0.7)
    y, labels = X @ [1.0, -2.0, 0.5] + rng.standard_normal(24), rng.integers(0, 3, 24)
    linear = gd.Problem(gd.Linear(3), gd.Huber(), gd.L1(0.01))
    common = {"batch_size": 7, "seed": 5, "epochs": EPOCHS, "tolerance": 0.0}
    problem, X, y, method = {
        "Momentum, all rows, path": (
            linear,
            X,
            y,
            {"optimizer": gd.Momentum(), "schedule": 1e-4, "batch_size": None, "path": True},
        ),
        "Nesterov, CSR, average": (
            linear,
            sparse.csr_array(X),
            y,
            {"optimizer": gd.Nesterov(), "schedule": 1e-4, "average": 0.9, "sampling": "replacement"},
        ),
        "Adam, MLP": (
            gd.Problem(gd.MLP(3, (2,), 3, gd.Tanh()), gd.CrossEntropy()),
            X,
            labels,
            {"optimizer": gd.Clip(0.5, gd.Adam()), "schedule": gd.Cosine(1e-2, 4 * EPOCHS), "batch_size": 12},
        ),
        "AMSGrad, float32": (linear, X.astype(np.float32), y, {"optimizer": gd.AMSGrad(), "schedule": 1e-3}),
        "AdamW, compiled": (linear, X, y, {"optimizer": gd.AdamW(), "schedule": gd.Step(1e-2, 0.9, 200)}),
    }[name]
    return problem, X, y, common | method


def run(gd, name, **more):
    problem, X, y, method = problem_and_method(gd, name)
    return gd.minimize(problem, X, y, **(method | more))


if __name__ == "__main__":
    name, path, pause = sys.argv[1:]
    if "compiled" not in name:
        sys.modules["numba"] = None
    import gdlearn
    from gdlearn import checkpoints, training

    training.PATIENCE, checkpoints.SHARE = 0.0, 1e9  # one epoch a stretch, each of them saved
    run(gdlearn, name, epochs=0)  # compiled, where there is a compiler
    print("begun", flush=True)
    run(gdlearn, name, checkpoint=path, callback=lambda *_: time.sleep(float(pause)))
    print("done", flush=True)
