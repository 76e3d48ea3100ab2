"""One thing to fuzz: what is done with an input, inputs to begin with, and words that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed.

    Parameters
    ----------
    one_input : callable
        Takes any bytes. Whatever it raises is a finding.
    seeds : callable
        Gives good inputs, and bad ones that were found before.
    words : tuple of bytes
        Put into inputs by the fuzzer: it would be long in finding them.
    longest : int
        Bytes of an input.
    """

    one_input: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    longest: int = 16_384
