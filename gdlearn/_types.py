"""Names of types for the signatures of the front door; the kernels need none."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

Matrix: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix
Weights: TypeAlias = ArrayLike | None  # one per row; None where all are 1
Record: TypeAlias = tuple[Any, ...]  # a NamedTuple with kernels
Seed: TypeAlias = int | np.random.Generator
Kernel: TypeAlias = Callable[..., Any]


class GenericFunction(Protocol):
    """What :func:`gdlearn.generic.generic` makes of a function."""

    def __call__(self, record: Record, /, *arguments: Any) -> Any: ...

    def kernel(self, record: type) -> Callable[[Kernel], Kernel]: ...

    def dispatch(self, cls: type) -> Kernel: ...
