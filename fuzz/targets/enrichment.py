"""The note that a transformer leaves on a request. The first byte is the number of instances."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.checks import LIMITS
from fuzz.target import Target
from sparkmon.protocol.enrichment import Enrichment

__all__ = ["TARGET"]


def one_input(data: bytes) -> None:
    """Read a note; one that can be read can be written, and read again to the same."""
    rows = data[0] % 8 if data else 0
    note = Enrichment.from_text(data[1:].decode("utf-8", "replace"), rows, LIMITS)
    if note is None:
        return
    again = Enrichment.from_text(note.to_text(), rows, LIMITS)
    assert again is not None
    assert again.to_text() == note.to_text()
    assert len(note.entity_rows(rows).values) == rows * len(note.keys)
    note.note_rows(rows)


def seeds() -> Iterator[bytes]:
    """Give notes on no instance, on one and on three."""
    yield b"\0" + Enrichment("v:1", {}).to_text().encode()
    yield b"\1" + Enrichment("fraud:1", {"card_id": [7]}, {"c_1": [0]}).to_text().encode()
    whole = Enrichment(
        "fraud:1",
        {"card_id": [7, "a", None], "bank": [1.5, True, "é"]},
        {"cards_1": [0, 2]},
        {"cards_1": [1]},
        {"cards_1": [None, 12.5, -1.0]},
    )
    yield b"\3" + whole.to_text().encode()


TARGET = Target(one_input, seeds, (b'"view":', b'"keys":', b'"missing":', b'"stale":', b'"age_s":', b"1e999"))
