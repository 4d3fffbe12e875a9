"""Settings of all tests."""

from hypothesis import settings

# The first example of a property compiles, which takes seconds; the others take microseconds.
settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")
