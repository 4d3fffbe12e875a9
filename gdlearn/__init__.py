"""gdlearn: optimization you can run. Records, generic functions, one compiled training loop."""

from . import datasets, generic, losses, models, optimizers, penalties, schedules
from .adaptive import AdaGrad, Adam, AdamW, AMSGrad, Lion, RMSProp
from .losses import AbsoluteError, BinaryCrossEntropy, CrossEntropy, Huber, SquaredError
from .models import Linear
from .muon import Muon
from .networks import MLP, Relu, Tanh
from .optimizers import SGD, Clip, Momentum, Nesterov
from .penalties import L1, L2, ElasticNet, NoPenalty
from .problem import Problem, Smoothness
from .results import DivergenceWarning, History, Run
from .schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    LinearDecay,
    Step,
    Warmup,
    WarmupStableDecay,
)
from .training import minimize

__all__ = [
    "L1",
    "L2",
    "MLP",
    "SGD",
    "AMSGrad",
    "AbsoluteError",
    "AdaGrad",
    "Adam",
    "AdamW",
    "BinaryCrossEntropy",
    "Clip",
    "Constant",
    "Cosine",
    "CrossEntropy",
    "DivergenceWarning",
    "ElasticNet",
    "Exponential",
    "History",
    "Huber",
    "InverseTime",
    "Linear",
    "LinearDecay",
    "Lion",
    "Momentum",
    "Muon",
    "Nesterov",
    "NoPenalty",
    "Problem",
    "RMSProp",
    "Relu",
    "Run",
    "Smoothness",
    "SquaredError",
    "Step",
    "Tanh",
    "Warmup",
    "WarmupStableDecay",
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
