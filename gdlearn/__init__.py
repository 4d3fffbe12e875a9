"""gdlearn: optimization you can run. Records, generic functions, one compiled training loop."""

from . import datasets, generic, losses, models, optimizers, penalties, schedules
from .losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from .models import Linear
from .optimizers import SGD, Momentum, Nesterov
from .penalties import L1, L2, ElasticNet, NoPenalty
from .problem import Problem, Smoothness
from .results import DivergenceWarning, History, Run
from .schedules import Constant, Exponential, LinearDecay, Warmup
from .training import minimize

__all__ = [
    "L1",
    "L2",
    "SGD",
    "BinaryCrossEntropy",
    "Constant",
    "CrossEntropy",
    "DivergenceWarning",
    "ElasticNet",
    "Exponential",
    "History",
    "Linear",
    "LinearDecay",
    "Momentum",
    "Nesterov",
    "NoPenalty",
    "Problem",
    "Run",
    "Smoothness",
    "SquaredError",
    "Warmup",
    "datasets",
    "generic",
    "losses",
    "minimize",
    "models",
    "optimizers",
    "penalties",
    "schedules",
]
__version__ = "0.1.0"
