"""Checkpoints: a run that was killed at any moment goes on to the same bits."""

import glob
import hashlib
import os
import sys
import time
from pathlib import Path

import numpy as np

from .records import shown
from .results import RUNNING

# The part of the time that may go into saving.
SHARE = 0.1


class Checkpoint:
    """The file that keeps the state of one run: memory, gradient and history, under a fingerprint of the run.

    Parameters
    ----------
    path : path or None
        None keeps nothing.
    problem, method, data, memory, work, history
        The run, before its first step.
    """

    def __init__(self, path, problem, method, data, memory, work, history):
        if not (path is None or (isinstance(path, (str, os.PathLike)) and Path(path).name)):
            raise TypeError(f"checkpoint must be the path of a file, not {shown(path)}")
        self.path = None if path is None else Path(path)
        if self.path is None:
            return
        self.arrays = {f"memory_{name}": array for name, array in memory._asdict().items()}
        self.arrays |= {f"history_{name}": array for name, array in history._asdict().items()}
        self.arrays["gradient"] = work.g
        self.average_from = method.average_from
        self.fingerprint = _fingerprint(problem, method, data, memory, len(history.theta) > 0)
        self.due = 0.0

    def load(self):
        """Continue from the file, if it is there; return the status code of the run.

        Raises
        ------
        ValueError
            If the file is no checkpoint, is damaged, or belongs to another run. It is left as it is.
        """
        if self.path is None or not _is_there(self.path):
            return RUNNING
        saved = _read(self.path, ["fingerprint", "code", "average_from", *self.arrays])
        if str(saved["fingerprint"]) != self.fingerprint:
            raise ValueError(
                f"checkpoint {self.path} belongs to another run (other data, problem, method, seed or path=); "
                "pass another path, or delete the file to begin anew"
            )
        done, room = saved["memory_t"][1], len(self.arrays["history_objective"])
        if done > room:
            raise ValueError(
                f"checkpoint {self.path} holds {done - 1} epochs already; pass epochs of at least that many"
            )
        for name, array in self.arrays.items():
            if name.startswith("history"):
                array[: len(saved[name])] = saved[name]
            else:
                array[...] = saved[name]
        if saved["average_from"] != self.average_from:
            self._average_anew()
        return int(saved["code"])

    def _average_anew(self):
        """Forget the mean of a run of another length, unless ours should have begun before now."""
        if self.arrays["memory_t"][0] > self.average_from:
            raise ValueError(
                f"checkpoint {self.path} lacks iterates of the average, from step {self.average_from} on; "
                "pass more epochs, so that the average begins later, or average=0"
            )
        self.arrays["memory_average"][...] = 0.0

    def save(self, code, finished):
        """Replace the file by the state of now, in one step, if it is time or the run is finished."""
        now = time.perf_counter()
        if self.path is None or (now < self.due and not finished):
            return
        done = self.arrays["memory_t"][1]
        kept = {name: a[:done] if name.startswith("history") else a for name, a in self.arrays.items()}
        draft = _draft(self.path)
        with open(draft, "wb") as file:
            np.savez(file, fingerprint=self.fingerprint, code=code, average_from=self.average_from, **kept)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)
        then = time.perf_counter()
        self.due = then + (then - now) / SHARE


def _fingerprint(problem, method, data, memory, path):
    """A hash of all that decides the bits of a run, but for the step from which on it averages."""
    with np.printoptions(threshold=sys.maxsize, floatmode="unique"):  # fields of strangers may be arrays
        digest = hashlib.sha256(repr((problem, method._replace(average_from=0), path)).encode())
    inputs = data.X if isinstance(data.X, tuple) else [data.X]
    for array in (*inputs, data.Y, *memory):
        digest.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _is_there(path):
    """Whether the file exists, once it is sure that it could be written."""
    draft = _draft(path)
    try:
        draft.touch()
        draft.unlink()
        _sweep(path)
        return path.exists()
    except OSError as error:
        remedy = "pass a path in a folder that exists and that you may write to"
        raise ValueError(f"checkpoint {path} cannot be written ({error.strerror}); {remedy}") from None


def _draft(path):
    return path.with_name(f"{path.name}.{os.getpid()}.part")


def _sweep(path):
    """Remove the drafts of processes that were killed while they saved."""
    for draft in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        number = draft.name[len(path.name) + 1 : -len(".part")]
        if number.isdecimal() and not _is_running(int(number)):
            draft.unlink(missing_ok=True)


def _is_running(process):
    if os.name != "posix":  # elsewhere the signal 0 would not ask, but interrupt
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _read(path, names):
    """The arrays of these names, which a checkpoint has."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except Exception as error:  # whatever is wrong with the file, it cannot be read as one of ours
        raise ValueError(
            f"checkpoint {path} cannot be read as a checkpoint of gdlearn ({type(error).__name__}); "
            "move it away, or pass another path"
        ) from None
