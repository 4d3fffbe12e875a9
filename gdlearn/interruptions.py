"""Ctrl-C, heard between two stretches of a run."""

import signal
import threading


class Interruptions:
    """Hold Ctrl-C back until a stretch is complete, so that it leaves a consistent run. True once it was pressed.

    A second Ctrl-C is not held back.
    """

    def __init__(self):
        self.pressed = False

    def __bool__(self):
        return self.pressed

    def __enter__(self):
        ours = threading.current_thread() is threading.main_thread()
        self.before = signal.signal(signal.SIGINT, self._hear) if ours else None
        return self

    def __exit__(self, *_):
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def _hear(self, number, frame):
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
