"""All rows of the table: ``make bench``."""
import sys
import importlib
import harness
GROUPS = ("gradients", "stochastic", "pieces", "networks", "lassos", "logistic")
if __name__ == "__main__":
    for name in sys.argv[1:] or GROUPS:
        for row in importlib.import_module(name).rows():
            harness.show(harness.measure(row))
