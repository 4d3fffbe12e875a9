"""Side by side: the same work by several libraries, in turn, one thread each, by process CPU time.

The pools of threads are pinned before anything that owns one is imported, so this module comes first. The
contenders of a row run round robin. A sample repeats the work until it lasts 8 ms, after a run that does not count:
it brings back the caches, which matter little to a run of a fifth of a second or more. A sample is clean if its thread
was on the processor for at least 90 % of the time. Reported are the median of the clean samples and the quartiles.
"""

import os

THREADS = 1
for pool in ("OMP", "OPENBLAS", "MKL", "NUMBA", "NUMEXPR"):
    os.environ[f"{pool}_NUM_THREADS"] = str(THREADS)
os.environ["PJRT_NPROC"] = str(THREADS)  # JAX's

import gc  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

SAMPLES, SHORTEST, LONG, CLEAN, PATIENCE = 7, 8e-3, 0.2, 0.9, 3.0
OURS = "gdlearn"


class Contender(NamedTuple):
    """A way to do the work.

    ``run()`` does it and returns the result that ``agree`` compares, unless ``check()`` does less of it for that;
    ``prepare()`` comes before each run and is not timed.
    """

    run: Callable
    prepare: Callable = lambda: None
    check: Callable | None = None
    scale: float = 1.0  # its work is so many times that of the row, for the epochs of a library that does fewer


class Row(NamedTuple):
    """One row of the table: a work, its contenders, ours first, and what is asked of us."""

    group: str
    work: str
    contenders: dict
    goals: dict  # of a contender, the ratio of its time to ours that was set as the goal
    agree: Callable = None  # agree(ours, theirs) raises where results differ
    missing: tuple = ()  # the peers that are not installed
    note: str = ""


def close(rtol, atol=0.0):
    """Results are arrays, or tuples of them, that agree to these tolerances."""

    def agree(ours, theirs):
        for a, b in zip(np.atleast_2d(ours), np.atleast_2d(theirs), strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)

    return agree


def present(*names):
    """Which of these modules can be imported, by name; the others come second."""
    found, missing = {}, []
    for name in names:
        try:
            found[name] = __import__(name)
        except ImportError:
            missing.append(name)
    return found, tuple(missing)


def measure(row, enough=SAMPLES):
    """Check that all agree, then measure them in turn. Return the row as a dictionary for JSON."""
    results = {name: _once(contender) for name, contender in row.contenders.items()}
    for name, result in results.items():
        if row.agree is not None and result is not None and name != OURS:
            row.agree(results[OURS], result)
    repeats = {name: _repeats(contender) for name, contender in row.contenders.items()}
    clean, all_samples = {name: [] for name in row.contenders}, {name: [] for name in row.contenders}
    gc.collect()
    gc.disable()
    try:
        begin, rounds = time.perf_counter(), 0
        while rounds < enough or time.perf_counter() - begin < PATIENCE:
            rounds += 1
            for name, contender in row.contenders.items():
                if len(clean[name]) < enough:
                    cpu, wall = _sample(contender, repeats[name])
                    all_samples[name].append(cpu / contender.scale)
                    if cpu >= CLEAN * wall:
                        clean[name].append(cpu / contender.scale)
            if all(len(samples) >= enough for samples in clean.values()):
                break
    finally:
        gc.enable()
    times = {name: _summary(clean[name], all_samples[name], enough) for name in row.contenders}
    return {"group": row.group, "work": row.work, "times": times, "goals": row.goals, "missing": row.missing}


def _once(contender):
    contender.prepare()
    result = (contender.check or contender.run)()
    return result if result is None or isinstance(result, tuple) else np.array(result, copy=True)


def _repeats(contender):
    """How many runs make a sample of 8 ms."""
    once, _ = _timed(contender, 1)
    if once < 4.0 * SHORTEST:  # so short that a slow moment would change the answer
        once = min(_sample(contender, 1)[0] for _ in range(3))
    return max(1, int(np.ceil(SHORTEST / max(once, 1e-7))))


def _sample(contender, repeats):
    """CPU and wall seconds of one run, from a sample of several."""
    first = _timed(contender, 1)  # its data come back into the caches, where the others have left theirs
    return first if first[0] >= LONG else _timed(contender, repeats)


def _timed(contender, repeats):
    contender.prepare()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        contender.run()
    return (time.process_time() - cpu) / repeats, (time.perf_counter() - wall) / repeats


def _summary(clean, every, enough):
    used = clean if len(clean) >= enough else every
    low, median, high = statistics.quantiles(used, n=4) if len(used) > 1 else (used[0],) * 3
    return {"median": median, "low": low, "high": high, "clean": len(clean), "samples": len(every)}


def show(result):
    """One row as text, while the benchmarks run."""
    ours = result["times"][OURS]["median"]
    print(f"\n{result['group']}: {result['work']}", flush=True)
    for name, t in result["times"].items():
        goal = f"  goal {result['goals'][name]:g}" if name in result["goals"] else ""
        ratio = t["median"] / ours
        print(
            f"  {name:<22} {1e3 * t['median']:10.3f} ms [{1e3 * t['low']:.3f}, {1e3 * t['high']:.3f}]  "
            f"{ratio:7.2f}{goal}  clean {t['clean']}/{t['samples']}",
            flush=True,
        )
    for name in result["missing"]:
        print(f"  {name} is not installed", flush=True)
