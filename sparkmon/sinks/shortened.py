"""Texts from outside, cut to what a medium takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def shortened(text: str, most: int, escapes: Mapping[str, str] = MappingProxyType({})) -> str:
    """Escape a text and cut it to ``most`` characters with an ellipsis, never within what stands for one character."""
    parts, size, fitting = [], 0, 0
    for character in text:
        part = escapes.get(character, character)
        parts.append(part)
        size += len(part)
        fitting += size < most
        if size > most:
            return "".join(parts[:fitting]) + "…"
    return "".join(parts)
