"""What would two threads give? One gradient shared by two, and two fits side by side, by wall time."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import gdlearn as gd
from gdlearn.problem import evaluate

SAMPLES, SHORTEST = 15, 8e-3
SHAPES = (1000, 10), (10_000, 50), (100_000, 20), (100_000, 500), (1_000_000, 50)


def rows():
    """The work, and the milliseconds it takes with one thread and with two: medians of runs in turn."""
    with ThreadPoolExecutor(2) as pool:
        for n, d in SHAPES:
            yield compared(f"gradient, {n:,} x {d}, float64", *gradient(pool, n, d))
        yield compared("two fits of 10 epochs, batch 1, 100,000 x 20, float64", *fits(pool))


def gradient(pool, n, d):
    """The mean squared error's gradient on all rows, and on two halves at once, which are then joined."""
    rng = np.random.default_rng(0)
    X, y, theta = rng.standard_normal((n, d)), rng.standard_normal(n), np.full(d, 0.1)
    problem = gd.Problem(gd.Linear(d, intercept=False)).ready()
    whole, *halves = (problem.load(X[part], y[part]) for part in (slice(None), slice(n // 2), slice(n // 2, None)))

    def part(loaded):
        problem, data = loaded
        work = problem.workspace(X.dtype)
        evaluate(problem, theta, *data, *work)
        return work.g

    def two():
        first, second = pool.map(part, halves)
        return 0.5 * (first + second)

    np.testing.assert_allclose(two(), part(whole), rtol=1e-9, atol=1e-12)
    return lambda: part(whole), two


def fits(pool):
    """Two fits, one after the other and at once."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((100_000, 20))
    y = X @ rng.standard_normal(20) + rng.standard_normal(100_000)
    problem, method = gd.Problem(gd.Linear(20)), {"schedule": 1e-3, "batch_size": 1, "epochs": 10, "measure_every": 10}

    def fit(seed):
        return gd.minimize(problem, X, y, seed=seed, **method).theta

    return lambda: [fit(0), fit(1)], lambda: [*pool.map(fit, (0, 1))]


def compared(work, one, two):
    """Both ways in turn, after a warm-up."""
    seconds = {one: [], two: []}
    repeats = max(1, round(SHORTEST / once(one, 1))), max(1, round(SHORTEST / once(two, 1)))
    for _ in range(SAMPLES):
        for run, times in zip((one, two), repeats, strict=True):
            seconds[run].append(once(run, times))
    found = [1e3 * statistics.median(seconds[run]) for run in (one, two)]
    return {"work": work, "one": found[0], "two": found[1]}


def once(run, times):
    """Seconds of a run, the mean of several, after one that is not timed."""
    run()
    begin = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - begin) / times


if __name__ == "__main__":
    for row in rows():
        print(f"{row['work']:<60} {row['one']:9.3f} ms {row['two']:9.3f} ms  {row['one'] / row['two']:.2f}")
