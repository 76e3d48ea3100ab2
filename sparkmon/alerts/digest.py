"""Ids that are the same at every replay."""

from __future__ import annotations

import hashlib


def digest(*parts: object) -> str:
    """Return the SHA-256 of some parts as text; None and an empty text are the same."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()
