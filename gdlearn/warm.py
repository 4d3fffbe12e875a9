"""Compile what the course uses, so that first fits answer at once: ``python -m gdlearn.warm``.

For images and classrooms; the machine code stays in the cache on disk (``gdlearn.generic.cache_folder``).
"""

import time

import numpy as np

import gdlearn as gd


def combinations():
    """The problems and optimizers of the course, with data of their shape."""
    X, y = np.eye(4), np.array([0.0, 1.0, 0.0, 1.0])
    line = gd.Problem(gd.Linear(4))
    for optimizer in (gd.SGD(), gd.Momentum(), gd.Nesterov(), gd.Adam()):
        yield line, optimizer, X, y
    for penalty in (gd.L2(0.1), gd.L1(0.1)):
        yield line._replace(penalty=penalty), gd.SGD(), X, y
    yield gd.Problem(gd.Linear(4), gd.BinaryCrossEntropy(), gd.L2(0.1)), gd.SGD(), X, y
    yield gd.Problem(gd.Linear(4, 2), gd.CrossEntropy()), gd.SGD(), X, y


def main():
    """Fit each combination once; say how long it took."""
    begin = time.perf_counter()
    for problem, optimizer, X, y in combinations():
        for batch_size in (None, 1):
            gd.minimize(problem, X, y, optimizer=optimizer, batch_size=batch_size, epochs=2)
        problem.objective(np.zeros(gd.models.size(problem.model)), X, y)
    gd.lasso_path(X, y - y.mean(), alphas=[0.1])
    print(f"compiled in {time.perf_counter() - begin:.0f} s, kept in {gd.generic.cache_folder()}")


if __name__ == "__main__":
    main()
