"""The mistakes that are made with numbers: from a right answer to the likely wrong ones, each with a hint.

The catalogue is evaluated here, once for each question. What a page carries, and what its script looks into, is
the resulting table of wrong values; so the browser and Python compare the same numbers.
"""

import math
import re
from contextlib import suppress
from typing import NamedTuple

SHARPEST = 1e-9  # relative; a right answer must survive being written down
MOST_HINTS = 2  # where several mistakes give one number, as 2 + 2 and 2 * 2 do

CATALOGUE = (
    ("Right but for the sign.", lambda a: -a),
    ("A factor 2 too large: the 1/2 convention?", lambda a: 2 * a),
    ("A factor 2 too small: the 1/2 convention?", lambda a: a / 2),
    ("Upside down: this is the inverse of what is asked.", lambda a: 1 / a),
    ("One too many: are the points counted, where the steps between them are asked?", lambda a: whole(a) + 1),
    ("One too few: are the steps counted, where the points they join are asked?", lambda a: whole(a) - 1),
    ("This is the square of what is asked.", lambda a: a * a),
    ("This is the square root of what is asked.", math.sqrt),
    ("The other part: is what is left asked, or what is gone?", lambda a: 1 - share(a)),
    ("A factor 100 too large: a percentage, where a share is asked?", lambda a: 100 * a),
    ("A factor 100 too small: a share, where a percentage is asked?", lambda a: a / 100),
    ("Too small by the factor ln 10: log10, where the natural logarithm is meant?", lambda a: a / math.log(10)),
    ("Too large by the factor ln 10: the natural logarithm, where log10 is meant?", lambda a: a * math.log(10)),
    ("Too large by the factor 1/ln 2: log2, where the natural logarithm is meant?", lambda a: a / math.log(2)),
    ("Too small by the factor ln 2: the natural logarithm, where log2 is meant?", lambda a: a * math.log(2)),
    ("A factor 10 too large: the decimal point?", lambda a: 10 * a),
    ("A factor 10 too small: the decimal point?", lambda a: a / 10),
    ("A factor 4 too large: was a factor 2 squared?", lambda a: 4 * a),
    ("A factor 4 too small: was a factor 2 squared?", lambda a: a / 4),
    ("The sign, and a factor 2 too large.", lambda a: -2 * a),
    ("The sign, and a factor 2 too small.", lambda a: -a / 2),
    ("This is the natural logarithm of what is asked.", math.log),
    ("What is asked is the natural logarithm of this.", math.exp),
)


def whole(a):
    """The number itself; ValueError unless it is an integer."""
    if a != round(a):
        raise ValueError("not an integer")
    return a


def share(a):
    """The number itself; ValueError unless it lies between 0 and 1."""
    if not 0 < a < 1:
        raise ValueError("not a share")
    return a


class Percent(float):
    """A number that was written with "%": 25 % may be meant as 25 or as 0.25."""


def readings(x):
    """What a number may stand for."""
    return (x, x / 100) if isinstance(x, Percent) else (x,)


class Judge(NamedTuple):
    """What is compared with the reader's number: the answer, its tolerances, and two tables of (wrong, hint)."""

    answer: float
    rtol: float
    atol: float
    own: tuple
    known: tuple

    def right(self, x):
        """Whether a number counts as the answer."""
        return any(abs(read - self.answer) <= self.atol + self.rtol * abs(self.answer) for read in readings(x))

    def hints(self, x):
        """What may have gone wrong; the question's own mistakes come before those of the catalogue."""
        for table in (self.own, self.known):
            for read in readings(x):
                if found := [hint for wrong, hint in table if abs(read - wrong) <= self.rtol * abs(wrong)]:
                    return found[:MOST_HINTS]
        nearest = min(readings(x), key=lambda read: abs(read - self.answer))
        return ["Too large." if nearest > self.answer else "Too small."]


def judge(answer, rtol=0.01, atol=0.0, mistakes=None):
    """Prepare to check numbers against an answer.

    Parameters
    ----------
    answer : float
    rtol, atol : float
        A number x is right if ``|x - answer| <= atol + rtol * |answer|``; a mistake is recognized within rtol.
    mistakes : dict from float to str, optional
        Wrong numbers of this question, each with its hint.

    Returns
    -------
    Judge

    Raises
    ------
    ValueError
        If a number is not finite, a tolerance is negative, or a mistake would count as right.
    """
    own = tuple((float(wrong), hint) for wrong, hint in (mistakes or {}).items())
    if not all(map(math.isfinite, [answer, rtol, atol, *(wrong for wrong, _ in own)])):
        raise ValueError(f"answer, rtol, atol and the mistakes must be finite, got {answer}, {rtol}, {atol}, {own}")
    if rtol < 0 or atol < 0:
        raise ValueError(f"rtol and atol must not be negative, got {rtol} and {atol}")
    bare = Judge(float(answer), max(float(rtol), SHARPEST), float(atol), (), ())
    if right := [wrong for wrong, _ in own if bare.right(wrong)]:
        raise ValueError(f"mistakes: {right} would count as the answer {answer}; lower rtol or atol")
    known = tuple((wrong, hint) for wrong, hint in wrongs(bare.answer) if not bare.right(wrong))
    return bare._replace(own=own, known=known)


def wrongs(answer):
    """The catalogue's wrong numbers for an answer, each with its hint."""
    for hint, wrong in CATALOGUE:
        with suppress(ValueError, ZeroDivisionError, OverflowError):
            if math.isfinite(value := wrong(answer)):
                yield value, hint


def number(written):
    """The number that somebody wrote, or None: 0.25, 0,25, 1/4, 1,000, 25 %, 2.5e-3, 2·10^-3."""
    if re.search("[0-9][ \t\u00a0\u202f]+(?![0-9]{3}(?![0-9]))[0-9]", written):
        return None  # 1 000 is one number, 1 1/2 is not
    text = re.sub("[ \t\u00a0\u202f%]", "", written).replace("−", "-")
    text = re.sub(r"[*·×]10\^", "e", re.sub(r"^10\^", "1e", text))
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?", text):
        text = text.replace(",", "")
    decimal = r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    match = re.fullmatch(f"{decimal}(?:/{decimal})?", text.replace(",", "."))
    if not match:
        return None
    above, below = (float(part or 1) for part in match.groups())
    if not below or not math.isfinite(above) or not math.isfinite(above / below):
        return None
    return Percent(above / below) if "%" in written else above / below
