"""The two ends of an HTTP exchange as plain records: where to, and what came back."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """A URL in its parts."""

    scheme: str
    host: str
    """As it goes over the wire: in lower case, and in ASCII."""
    port: int | None
    netloc: str
    """Host and port as the header ``Host`` has them."""
    path: bytes
    """With the query."""
    has_user: bool


class Answer(NamedTuple):
    """What the other side answered."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes
    """At most 64 KiB of it."""


class NoAnswer(NamedTuple):
    """Why there is no answer."""

    reason: str
    permanent: bool
