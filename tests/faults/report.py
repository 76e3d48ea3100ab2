"""The table at the end: how each fault ended."""

from dataclasses import dataclass, field

from tests.faults.accounts import Account
from tests.faults.traffic import Book

__all__ = ["Report"]

_HEAD = ("fault", "runs", "events in", "rows in", "profiled", "late", "dead letters", "alerts", "verdict")


@dataclass
class Report:
    """Collects a row for each fault whose account was whole; one that failed has none."""

    rows: list[tuple[str, ...]] = field(default_factory=list)

    def row(self, fault: str, runs: int, book: Book, account: Account, verdict: str = "whole") -> None:
        """Add a row."""
        numbers = (
            runs,
            book.events,
            book.rows + account.late,
            account.profiled,
            account.late,
            account.letters,
            account.alerts,
        )
        self.rows.append((fault, *(f"{number:,}" for number in numbers), verdict))

    def __str__(self) -> str:
        lines = [_HEAD, ("---",) * len(_HEAD), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
