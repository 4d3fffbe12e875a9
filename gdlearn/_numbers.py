"""How numbers stand in a text: a power of ten as 2 · 10⁻⁹, no line ends before a unit or in η = 0.1."""

import re

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POWER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+−-]\d+)(?!\w)")
MINUS = re.compile(r"(?<![\w)])-(?=\d)")
UNIT = re.compile(
    r"(?:^|(?<=\d)) (?=(?:%|[mµ]s)(?!\w)|· 10)|(?<=·) (?=10)|(?<=[\w)]) (?== [−-]?\d)|(?<=[\w)] =) (?=[−-]?\d)"
)


def power_of_ten(exponent):
    """-4 as 10⁻⁴."""
    return f"10{str(exponent).translate(RAISED)}"


def written(text):
    """The text with its numbers as one writes them by hand: 1.9e-05 as 1.9 · 10⁻⁵, 1e+06 as 10⁶, -3 as −3."""

    def write(match):
        mantissa, exponent = match[1], int(match[2].replace("−", "-"))
        return f"{mantissa} · " * (mantissa != "1") + power_of_ten(exponent)

    return MINUS.sub("−", POWER.sub(write, text))


def unbroken(text):
    """The text with no-break spaces between each number and its unit, in each power of ten, and around = before one."""
    return UNIT.sub("\N{NO-BREAK SPACE}", text)
