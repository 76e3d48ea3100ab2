"""One event for a sink, in binary or structured mode."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import orjson


class EmittedEvent:
    """A CloudEvent as its headers and body.

    Parameters
    ----------
    headers : mapping
        ``Ce-*`` attributes and ``Content-Type``: the event in binary mode.
    body : bytes
        The event's data.
    time : float
        When it was emitted, in seconds of the monotonic clock.

    Examples
    --------
    >>> EmittedEvent({"Ce-Id": "1", "Content-Type": "text/plain"}, b"hello", 0.0).structured()
    b'{"id":"1","datacontenttype":"text/plain","data_base64":"aGVsbG8="}'
    """

    __slots__ = ("body", "headers", "size", "time")

    def __init__(self, headers: Mapping[str, str], body: bytes, time: float) -> None:
        self.headers = headers
        self.body = body
        self.time = time
        self.size = len(body) + sum(len(name) + len(value) for name, value in headers.items())

    def structured(self) -> bytes:
        """Return the event as one JSON object; the body in base64, which preserves every byte.

        A header that is neither an attribute nor the content type is omitted: this form has no place for it.
        """
        members: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            if key == "content-type":
                members["datacontenttype"] = value
            elif key.startswith("ce-"):
                members[key[3:]] = value
        if self.body:
            members["data_base64"] = base64.b64encode(self.body).decode("ascii")
        return orjson.dumps(members)
