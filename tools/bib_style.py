"""The style of the bibliography: plain, with labels such as `Beck and Teboulle, 2009`."""

from collections import Counter

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle


def names(entry):
    """One author, two, or the first of many."""
    people = [" ".join(person.prelast_names + person.last_names) for person in entry.persons["author"]]
    return " and ".join(people) if len(people) < 3 else f"{people[0]} et al."


class AuthorYear(BaseLabelStyle):
    """Authors and year, with a letter where two works would be called the same."""

    def format_labels(self, sorted_entries):
        labels = [f"{names(entry)}, {entry.fields['year']}" for entry in sorted_entries]
        total, so_far = Counter(labels), Counter()
        for label in labels:
            so_far[label] += 1
            yield label + (chr(ord("`") + so_far[label]) if total[label] > 1 else "")


class Downhill(Plain):
    """Pybtex's plain style with other labels."""

    default_label_style = AuthorYear


def register():
    register_plugin("pybtex.style.formatting", "downhill", Downhill)
