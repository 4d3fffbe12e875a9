"""The progress bar, with a stand-in for tqdm that keeps what it is told."""

import sys
from types import SimpleNamespace

import pytest

import gdlearn as gd

X, Y = gd.datasets.quadratic([1.0, 10.0], center=[3.0, -2.0])
BOWL = gd.Problem(gd.Linear(2, intercept=False))


class Bar:
    """What gd.progress_bar uses of tqdm."""

    def __init__(self, total, unit):
        self.total, self.unit, self.n, self.closed, self.shown = total, unit, 0, False, []

    def update(self, n):
        assert not self.closed
        self.n += n

    def set_postfix(self, objective, refresh):
        self.shown.append(objective)

    def close(self):
        self.closed = True


@pytest.fixture
def bars(monkeypatch):
    made = []

    def make(**settings):
        made.append(Bar(**settings))
        return made[-1]

    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "tqdm.auto", SimpleNamespace(tqdm=make))
    return made


def test_the_bar_counts_epochs_and_closes_at_the_last(bars):
    show = gd.progress_bar(5)
    for epoch, objective in [(0, 12.5), (3, 0.25), (4, 1 / 3)]:
        assert show(epoch, objective) is None  # True would stop the run
        assert bars[0].n == epoch
        assert not bars[0].closed
    show(5, 0.1)
    assert (bars[0].n, bars[0].total, bars[0].unit, bars[0].closed) == (5, 5, "epoch", True)
    assert bars[0].shown == ["12.5", "0.25", "0.333333", "0.1"]


def test_a_run_tells_the_bar_where_it_ends(bars):
    run = gd.minimize(BOWL, X, Y, epochs=40, tolerance=0.0, callback=gd.progress_bar(40))
    assert run.status == "max_epochs"
    assert (bars[0].n, bars[0].closed) == (40, True)
    assert bars[0].shown[-1] == f"{run.history.objective[-1]:.6g}"


def test_without_tqdm_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="progress_bar needs tqdm; install it with: pip install tqdm"):
        gd.progress_bar(3)
