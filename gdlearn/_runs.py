"""What a notebook shows of a run."""

from ._images import card, png
from ._style import COLORS
from .plotting import figure, loss_curve


def run_card(run):
    """The loss curve of a run over its status in words, as HTML."""
    fig, ax = figure(7.0, 2.8)
    loss_curve(ax, run, "objective", COLORS["gradient descent"])
    ax.set_xlabel("epoch")
    return card(fig, repr(run), "png", png(fig))
