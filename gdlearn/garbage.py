"""Work that leaves much behind for long: each look for garbage meanwhile goes over all of it, and finds nothing.

Numba makes a hundred thousand objects, and keeps them. Looks at them take a tenth of a first fit and of the import.
"""

import gc
from contextlib import contextmanager


@contextmanager
def garbage_left():
    """Let Python look for no garbage meanwhile. What there is then counts as old, as it would after those looks."""
    if not gc.isenabled() or gc.get_freeze_count():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()
        gc.enable()
