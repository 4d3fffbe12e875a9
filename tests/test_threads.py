"""JupyterLab brings the moves of two sliders in two threads: none fails, and the last picture has the last values."""

import threading
import time

from gdlearn import plotting
from gdlearn._drawing import frame
from gdlearn._numbers import unbroken
from gdlearn.experiments import Control, experiment

A, B = Control("a", "a", [0, 1]), Control("b", "b", [0, 1])


def in_threads(*jobs):
    """Do all jobs at once; the errors of any."""
    errors = []

    def guarded(job):
        try:
            job()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_two_threads_draw_the_same_as_one():
    def draw(a):
        fig, ax = plotting.figure()
        ax.plot([0, a + 1], [0, 1])
        return fig, f"a = {a}"

    alone = {a: frame(draw, [A], [a], live=True) for a in A.values}
    drawn = {a: [] for a in A.values}

    def many(a):
        drawn[a] += [frame(draw, [A], [a], live=True) for _ in range(8)]

    assert in_threads(lambda: many(0), lambda: many(1)) == []
    assert all(set(drawn[a]) == {alone[a]} for a in A.values)


def test_the_last_picture_is_that_of_the_last_values(monkeypatch):
    monkeypatch.delenv("GDLEARN_FRAMES", raising=False)
    begun = threading.Event()

    def draw(a, b):
        if (a, b) == (1, 0):  # while this one takes its time, the other slider is moved
            begun.set()
            time.sleep(0.3)
        return plotting.figure(width=1, height=1)[0], f"a = {a}, b = {b}"

    first, second, picture, _ = experiment(draw, A, B).children

    def move_second():
        assert begun.wait(10)
        second.value = 1

    assert in_threads(lambda: setattr(first, "value", 1), move_second) == []
    assert unbroken("a = 1, b = 1") in picture.value
