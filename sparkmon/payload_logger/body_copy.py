"""A bounded copy of a body that is streamed."""

from __future__ import annotations


class BodyCopy:
    """Collects the chunks of one body up to a limit.

    Parameters
    ----------
    limit : int
        Bytes; of a larger body only the size is kept.

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

    __slots__ = ("_chunks", "_limit", "size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: list[bytes] = []
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """Add the next chunk."""
        self.size += len(chunk)
        if self.size > self._limit:
            self._chunks.clear()
        elif chunk:
            self._chunks.append(chunk)

    def body(self, *, whole: bool) -> tuple[bytes, str | None]:
        """Return the copy, and a note if it is not the whole body.

        Parameters
        ----------
        whole : bool
            Whether the body has ended.
        """
        if self.size > self._limit:
            return b"", f"left out: {self.size} bytes, the limit is {self._limit}"
        note = None if whole else f"cut short after {self.size} bytes"
        return b"".join(self._chunks), note
