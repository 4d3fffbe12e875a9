"""gdlearn: optimization you can run. Records, generic functions, one compiled training loop."""

import importlib

from .garbage import garbage_left

with garbage_left():
    from . import certificates, datasets, generic, losses, models, optimizers, penalties, schedules
    from .adaptive import AdaGrad, Adam, AdamW, AMSGrad, RMSProp
    from .certificates import Certificate, certificate, duality_gap, gradient_bound
    from .dual import dual_ascent
    from .lion import Lion
    from .losses import AbsoluteError, BinaryCrossEntropy, CrossEntropy, Huber, SquaredError
    from .models import Linear
    from .muon import Muon
    from .networks import MLP, Relu, Tanh
    from .optimizers import SGD, Clip, Momentum, Nesterov
    from .path import lasso_path
    from .penalties import L1, L2, ElasticNet, NoPenalty
    from .problem import Problem, Smoothness
    from .progress import progress_bar
    from .quasi_newton import lbfgs
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
    from .second_order import newton
    from .shrinkage import Spectrum, spectrum
    from .solvers import closed_form, distance_to_closed_form, fista
    from .training import minimize
    from .weighting import Weighted

# The estimators need scikit-learn, so they are loaded when asked for.
ESTIMATORS = {"GDClassifier": "estimators", "GDRegressor": "estimators", "Lasso": "lasso"}


def __getattr__(name):
    if name not in ESTIMATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f".{ESTIMATORS[name]}", __name__)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "sklearn":
            raise
        message = f"gdlearn.{name} needs scikit-learn; install it with: pip install 'gdlearn[sklearn]'"
        raise ImportError(message, name="sklearn") from None
    return getattr(module, name)


def __dir__():
    return sorted({*globals(), *ESTIMATORS})


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
    "Certificate",
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
    "Spectrum",
    "SquaredError",
    "Step",
    "Tanh",
    "Warmup",
    "WarmupStableDecay",
    "Weighted",
    "certificate",
    "certificates",
    "closed_form",
    "datasets",
    "distance_to_closed_form",
    "dual_ascent",
    "duality_gap",
    "fista",
    "generic",
    "gradient_bound",
    "lasso_path",
    "lbfgs",
    "losses",
    "minimize",
    "models",
    "newton",
    "optimizers",
    "penalties",
    "progress_bar",
    "schedules",
    "spectrum",
]
__version__ = "0.1.0"
