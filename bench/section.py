"""What one part of the benchmark found: its results side by side, and the ratios one would ask for."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.rounds import Result

__all__ = ["Section"]


@dataclass
class Section:
    """One table.

    Parameters
    ----------
    name : str
        What ``--only`` calls it.
    title : str
        What was measured, on what.
    unit : str
        What is counted, in the plural: ``events`` or ``rows``.
    results : list of Result
        One row each.
    ratios : dict of str to float
        A sentence's worth of what is divided by what, and the quotient.
    notes : list of str
        What a reader must know to read the figures right.
    """

    name: str
    title: str
    unit: str
    results: list[Result]
    ratios: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
