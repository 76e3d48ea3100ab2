"""A copy of a body that streams past, as far as it is wanted."""

from __future__ import annotations

__all__ = ["BodyCopy"]


class BodyCopy:
    """Collects the chunks of one body up to a bound.

    Parameters
    ----------
    most : int
        Bytes; of a larger body nothing is kept but its size.

    Examples
    --------
    >>> copy = BodyCopy(10)
    >>> copy.add(b"12345"); copy.body(whole=True)
    (b'12345', None)
    >>> copy.body(whole=False)
    (b'12345', 'cut short after 5 bytes')
    >>> copy.add(b"67890!"); copy.body(whole=True)
    (b'', 'left out: 11 bytes, the limit is 10')
    """

    __slots__ = ("_chunks", "_most", "size")

    def __init__(self, most: int) -> None:
        self._most = most
        self._chunks: list[bytes] = []
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """Take the next chunk."""
        self.size += len(chunk)
        if self.size > self._most:
            self._chunks.clear()
        elif chunk:
            self._chunks.append(chunk)

    def body(self, *, whole: bool) -> tuple[bytes, str | None]:
        """Return what was kept, and a note where that is not the body.

        Parameters
        ----------
        whole : bool
            Whether the body's end has been seen.
        """
        if self.size > self._most:
            return b"", f"left out: {self.size} bytes, the limit is {self._most}"
        note = None if whole else f"cut short after {self.size} bytes"
        return b"".join(self._chunks), note
