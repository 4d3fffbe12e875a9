"""One thread: results must not depend on how many BLAS would take, and small products lose time by more."""

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class OneThread:
    """While a block or a function of it runs, BLAS takes one thread; after the last of them, as many as before.

    BLAS has one setting for all threads of a process, so blocks that run side by side, or inside each other,
    share one.

    Examples
    --------
    >>> @one_thread
    ... def total(X):
    ...     return (X @ X).sum()
    >>> import numpy as np
    >>> float(total(np.eye(2)))
    2.0
    """

    def __init__(self):
        self.inside, self.lock, self.before = 0, threading.Lock(), []

    def __enter__(self):
        with self.lock:
            if self.inside == 0:
                self.before = [pool.num_threads for pool in pools()]
                limit([1] * len(self.before))
            self.inside += 1

    def __exit__(self, *_):
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                limit(self.before)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return run


@cache
def pools():
    """The pools of NumPy's BLAS and of SciPy's, which Numba calls: it must be loaded before it can be found."""
    import scipy.linalg.cython_blas  # noqa: F401
    import threadpoolctl

    return threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers


def limit(numbers):
    """Give each pool its number of threads."""
    for pool, threads in zip(pools(), numbers, strict=True):
        if hasattr(pool, "clear_controlling_thread"):  # of OpenBLAS: it would not hear any thread but the first
            pool.clear_controlling_thread(force=True)
        pool.set_num_threads(threads)


one_thread = OneThread()
