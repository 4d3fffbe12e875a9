"""Every entry of the reference explains itself: arguments, result, source, and an example that doctest runs."""

import doctest
import importlib
import inspect
import re

import pytest

from test_house import MODULES, ROOT

DIRECTIVE = re.compile(
    r"^\.\. (currentmodule|auto(?:module|function|class|exception)):: ([\w.]+).*\n(?:   :members:(.*))?",
    re.MULTILINE,
)
SECTION = re.compile(r"^(\w+)\n-{3,}\n(.*?)(?=^\w+\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL)
YEAR = re.compile(r"\b(1[6-9]|20)\d\d\b")
EXAMPLES = "".join(
    example.source
    for path in MODULES
    for example in doctest.DocTestParser().get_examples(path.read_text(encoding="utf-8"))
)
# Pictures and widgets cannot be compared by doctest; every chapter shows them, and tests look at them.
DRAWN = ("plotting.", "experiments.")
SAME_ARGUMENTS = {"plotting.theory": "`curve`", "plotting.guess": "`curve`"}  # which they name
# A formula has its source, but for these.
WITHOUT_SOURCE = {
    **dict.fromkeys(["SquaredError", "AbsoluteError", "BinaryCrossEntropy", "Weighted"], "is a definition"),
    **dict.fromkeys(["Linear", "MLP", "Problem", "Problem.smoothness"], "is a definition"),
    **dict.fromkeys(["Constant", "Exponential", "LinearDecay", "Step", "datasets.quadratic"], "is a definition"),
    **dict.fromkeys(
        ["GDRegressor", "GDClassifier", "distance_to_closed_form"], "names what it takes, where the source is"
    ),
    **dict.fromkeys(["penalties.prox", "certificates.strengths"], "is a contract; the kernels' records name theirs"),
    **dict.fromkeys(["plotting.contour"], "says what is drawn"),
}


def reference():
    """What the reference lists, by name; tests/test_house.py sees that nothing is missing there."""
    module, found = None, {}
    for directive, name, members in DIRECTIVE.findall((ROOT / "book/reference/api.md").read_text(encoding="utf-8")):
        if directive in {"currentmodule", "automodule"}:
            module = importlib.import_module(name)
            if name.removeprefix("gdlearn") + "." in {f".{drawn}" for drawn in DRAWN}:
                found |= {f"{name}.{key}": getattr(module, key) for key in names_of(module)}
        else:
            entry = getattr(module, name)
            found[f"{module.__name__}.{name}"] = entry
            for key in re.findall(r"\w+", members):
                method = inspect.getattr_static(entry, key)
                found[f"{module.__name__}.{name}.{key}"] = getattr(method, "fn", method)  # fn: where it is conditional
    return {name.removeprefix("gdlearn."): entry for name, entry in found.items()}


def names_of(module):
    ours = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return getattr(module, "__all__", [key for key in ours if not key.startswith("_")])


REFERENCE = reference()
each = pytest.mark.parametrize("name", REFERENCE)


def sections(name):
    return dict(SECTION.findall(inspect.getdoc(REFERENCE[name]) or ""))


def is_brief(name):
    """Whether it may be explained in a sentence or two: a kernel's contract, a method, the source of a kernel."""
    is_method = inspect.isclass(REFERENCE.get(name.rpartition(".")[0]))
    return is_method or hasattr(REFERENCE[name], "registry") or name == "generic.source"


def arguments(name):
    """The names to explain: the fields of a record, the arguments of a class or function."""
    value = REFERENCE[name]
    if isinstance(value, property) or (inspect.isclass(value) and issubclass(value, Exception)):
        return []
    names = [key for key in inspect.signature(value).parameters if key != "self"]
    return names[1:] if hasattr(value, "registry") else names  # the first is the record itself


def test_the_reference_is_read_as_it_is_meant():
    assert {"minimize", "L2", "Problem.scores", "GDClassifier.partial_fit", "losses.slope", "plotting.band"} <= {
        *REFERENCE
    }
    assert len(REFERENCE) > 100


@each
def test_arguments_are_explained(name):
    text = inspect.getdoc(REFERENCE[name])
    where = "".join(sections(name).get(title, "") for title in ("Parameters", "Attributes"))
    if is_brief(name) or (name.startswith(DRAWN) and not where):
        where = text
    if name in SAME_ARGUMENTS:
        assert f"Parameters and errors are those of {SAME_ARGUMENTS[name]}" in text
        return
    assert [key for key in arguments(name) if not re.search(rf"\b{key}\b", where)] == []


@each
def test_results_are_explained(name):
    value = REFERENCE[name]
    if not (inspect.isclass(value) or is_brief(name) or name.startswith(DRAWN)):
        assert "Returns" in sections(name)


@each
def test_an_example_shows_it(name):
    if name.startswith(DRAWN):
        return
    if is_brief(name):  # in the example of any record, of the class, or its own
        assert re.search(rf"\b{name.rpartition('.')[2]}\b", EXAMPLES)
    else:
        assert ">>>" in sections(name).get("Examples", "")


@each
def test_a_formula_has_its_source(name):
    text = inspect.getdoc(REFERENCE[name])
    assert (":math:" in text and not YEAR.search(text)) == (name in WITHOUT_SOURCE)
