"""Texts from outside, cut to what a medium takes."""

from __future__ import annotations

from collections.abc import Mapping

_AS_IT_IS: Mapping[str, str] = {}


def shortened(text: str, most: int, escapes: Mapping[str, str] = _AS_IT_IS) -> str:
    """Escape a text and cut it to ``most`` characters, never within what stands for one character.

    Parameters
    ----------
    text : str
        The text, not escaped.
    most : int
        How many characters the escaped text may have; where it had more it ends with an ellipsis.
    escapes : mapping
        What stands for a character.

    Examples
    --------
    >>> shortened("a & b & c", 9, {"&": "&amp;"})
    'a &amp; …'
    >>> shortened("abc", 3)
    'abc'
    """
    parts, size, fitting = [], 0, 0
    for character in text:
        part = escapes.get(character, character)
        parts.append(part)
        size += len(part)
        fitting += size < most
        if size > most:
            return "".join(parts[:fitting]) + "…"
    return "".join(parts)
