"""Data of the course: real data that ship with the library, and problems with a known answer."""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from . import validation

DATA = Path(__file__).parent / "data"


def quadratic(curvatures: ArrayLike, center: ArrayLike | None = None) -> tuple[np.ndarray, np.ndarray]:
    r"""Data on which least squares is a quadratic bowl with the given curvatures.

    With ``Linear(d, intercept=False)`` and ``SquaredError()`` the objective is exactly
    :math:`\tfrac12 \sum_j h_j (\theta_j - c_j)^2`.

    Parameters
    ----------
    curvatures : array (d,)
        h, each at least 0.
    center : array (d,), optional
        c, the minimum; zeros by default.

    Returns
    -------
    X : ndarray (d, d)
    y : ndarray (d,)

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.quadratic([1.0, 9.0])
    >>> gd.Problem(gd.Linear(2, intercept=False)).objective([2.0, 0.0], X, y)
    2.0
    """
    h = validation.vector(curvatures, "curvatures")
    if h.min() < 0.0:
        raise ValueError(f"curvatures must be at least 0, not {h.min():g}")
    c = np.zeros(len(h)) if center is None else validation.vector(center, "center")
    if c.shape != h.shape:
        raise ValueError(f"center must have shape {h.shape} like curvatures, not {c.shape}")
    X = np.diag(np.sqrt(len(h) * h / 2.0))
    return X, X @ c


def diabetes(*features: str, standardize: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Ten measurements of 442 patients, and their disease one year later (Efron et al. 2004).

    The columns, in their own units: age, sex, bmi, bp, s1 to s6.

    Parameters
    ----------
    *features : str
        The columns to take; all ten by default.
    standardize : bool
        Shift and scale each column to mean 0 and standard deviation 1.

    Returns
    -------
    X : ndarray (442, d)
    y : ndarray (442,)
        A measure of the progression of the disease, from 25 to 346.

    Raises
    ------
    ValueError
        If a column is unknown.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("age", "bmi")
    >>> X[0], y[0]
    (array([59. , 32.1]), np.float64(151.0))
    """
    with open(DATA / "diabetes.csv", encoding="ascii") as file:
        names = file.readline().rstrip().split(",")[:-1]
        table = np.loadtxt(file, delimiter=",")
    unknown = [name for name in features if name not in names]
    if unknown:
        raise ValueError(f"features must be among {', '.join(names)}, not {unknown[0]!r}")
    X = np.ascontiguousarray(table[:, [names.index(name) for name in features or names]])
    return (X - X.mean(axis=0)) / X.std(axis=0) if standardize else X, table[:, -1].copy()
