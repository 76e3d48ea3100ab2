"""Gzip bodies, opened within a bound."""

from __future__ import annotations

import zlib

from sparkmon.protocol.protocol_error import protocol_error

GZIP_MAGIC = b"\x1f\x8b"
"""How every gzip member begins; the logger keeps no ``Content-Encoding``, so bodies are recognised by it."""

_GZIP = 16 + zlib.MAX_WBITS
_MEMBERS = 64


def gunzip(data: bytes, limit: int) -> bytes:
    """Decompress one or more gzip members, to ``limit`` bytes at most.

    Raises ProtocolError ``BODY_TOO_LARGE`` when more would come out, ``BODY_GZIP_BROKEN`` when ``data`` is cut short,
    damaged, or followed by something else.
    """
    parts: list[bytes] = []
    room = limit
    for _ in range(_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            part = member.decompress(data, room + 1)
        except zlib.error as error:
            raise protocol_error(
                "BODY_GZIP_BROKEN", f"got a gzip body that is damaged ({error})"
            ) from None
        if len(part) > room:
            raise protocol_error(
                "BODY_TOO_LARGE",
                f"got a gzip body that opens to more than {limit} bytes; raise Limits.decompressed_bytes to take it",
            )
        if not member.eof:
            raise protocol_error(
                "BODY_GZIP_BROKEN", "got a gzip body that ends in the middle of its stream"
            )
        room -= len(part)
        parts.append(part)
        data = member.unused_data
        if not data:
            return b"".join(parts)
    raise protocol_error("BODY_GZIP_BROKEN", f"got a gzip body of more than {_MEMBERS} members")
