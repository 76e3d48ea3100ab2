"""The answer of another side, fit for an error: short, printable and without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from sparkmon.printable import printable

_MOST = 200


def excerpt(text: str | bytes, secrets: Iterable[str] = ()) -> str:
    """Return at most 200 printable characters of a text, with ``***`` in the place of each secret.

    A secret is not shown as it is, nor with its ``%41`` read as A.
    """
    result = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    hidden = {form for secret in secrets for form in (secret, unquote(secret)) if form}
    for secret in sorted(hidden, key=len, reverse=True):
        result = result.replace(secret, "***")
    return printable(" ".join(result.split()))[:_MOST]
