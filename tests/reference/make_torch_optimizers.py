"""Ten steps of every optimizer that PyTorch has, from one state: writes torch_optimizers.json beside this file.

Run it where torch is installed: python tests/reference/make_torch_optimizers.py
The gradients are given, so that nothing but the optimizers is compared. All is float64.

Two agree only with care. Muon works in bfloat16, which has three digits: here it keeps the precision of its argument;
and it divides by max(norm, eps), where ours divides by norm + eps. clip_grad_norm_ divides by norm + 1e-6, ours by
norm. Gradients of a norm around 1e9 make the small constants vanish in rounding, and change neither method.
"""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("torch_optimizers.json")
STEPS, SHAPE, RATE = 10, (3, 4), 0.05
LARGE, LIMIT = 1e8, 6e8
# name: (class of torch.optim, its arguments)
METHODS = {
    "SGD": ("SGD", {}),
    "Momentum": ("SGD", {"momentum": 0.9}),
    "Nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "SGD, L2": ("SGD", {"weight_decay": 0.3}),
    "AdaGrad": ("Adagrad", {"eps": 1e-10}),
    "RMSProp": ("RMSprop", {"alpha": 0.9, "eps": 1e-8}),
    "Adam": ("Adam", {"betas": (0.8, 0.9), "eps": 1e-8}),
    "Adam, L2": ("Adam", {"betas": (0.8, 0.9), "eps": 1e-8, "weight_decay": 0.3}),
    "AMSGrad": ("Adam", {"betas": (0.8, 0.9), "eps": 1e-8, "amsgrad": True}),
    "AdamW": ("AdamW", {"betas": (0.8, 0.9), "eps": 1e-8, "weight_decay": 0.3}),
    "Muon": ("Muon", {"momentum": 0.9, "weight_decay": 0.0, "eps": 1e-7}),
}


def start_and_gradients(scale=1.0):
    """theta (3, 4), and its gradient in each step, (10, 3, 4), with a size of its own for each parameter."""
    rng = np.random.default_rng(7)
    sizes = scale * 10.0 ** rng.uniform(-2.0, 1.0, SHAPE)
    return rng.standard_normal(SHAPE), sizes * rng.standard_normal((STEPS, *SHAPE))


def steps(name):
    """theta after each of the steps, flat."""
    import torch

    cls, arguments = METHODS[name]
    start, gradients = start_and_gradients(LARGE if name == "Muon" else 1.0)
    theta = torch.nn.Parameter(torch.from_numpy(start.copy()))
    optimizer, path = getattr(torch.optim, cls)([theta], lr=RATE, **arguments), []
    half, torch.Tensor.bfloat16 = torch.Tensor.bfloat16, torch.Tensor.clone
    try:
        for gradient in gradients:
            theta.grad = torch.from_numpy(gradient.copy())
            optimizer.step()
            path.append(theta.detach().numpy().ravel().tolist())
    finally:
        torch.Tensor.bfloat16 = half
    return path


def clipped():
    """The gradients after torch.nn.utils.clip_grad_norm_, flat."""
    import torch

    theta, found = torch.nn.Parameter(torch.zeros(SHAPE, dtype=torch.float64)), []
    for gradient in start_and_gradients(LARGE)[1]:
        theta.grad = torch.from_numpy(gradient.copy())
        torch.nn.utils.clip_grad_norm_([theta], LIMIT)
        found.append(theta.grad.numpy().ravel().tolist())
    return found


def make():
    """What the file holds."""
    import torch

    return {name: steps(name) for name in METHODS} | {"clipped": clipped(), "torch": torch.__version__}


if __name__ == "__main__":
    FILE.write_text(json.dumps(make()) + "\n", encoding="utf-8")
