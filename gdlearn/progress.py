"""A progress bar for long runs."""

from collections.abc import Callable


def progress_bar(epochs: int) -> Callable[[int, float], None]:
    """A callback for :func:`minimize` that shows the epochs done and the objective.

    Parameters
    ----------
    epochs : int
        The number that is passed to ``minimize``.

    Returns
    -------
    function

    Raises
    ------
    ImportError
        If tqdm is not installed.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes(standardize=True)
    >>> problem = gd.Problem(gd.Linear(10))
    >>> bar = gd.progress_bar(10_000)  # doctest: +SKIP
    >>> run = gd.minimize(problem, X, y, epochs=10_000, callback=bar)  # doctest: +SKIP
    """
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError("progress_bar needs tqdm; install it with: pip install tqdm") from None
    bar = tqdm(total=epochs, unit="epoch")

    def show(epoch, objective):
        bar.set_postfix(objective=f"{objective:.6g}", refresh=False)
        bar.update(epoch - bar.n)
        if epoch >= epochs:
            bar.close()

    return show
