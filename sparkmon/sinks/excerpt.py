"""What another side said, fit for an error: short, printable and without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from sparkmon.printable import printable

__all__ = ["excerpt"]

_MOST = 200


def excerpt(said: str | bytes, secrets: Iterable[str] = ()) -> str:
    r"""Return at most 200 printable characters of what was said, with ``***`` in the place of each secret.

    Parameters
    ----------
    said : str or bytes
        Words of the other side, which may well repeat what it was sent.
    secrets : iterable of str
        What must not be shown, as it is and with its ``%41`` read as A.

    Examples
    --------
    >>> excerpt(b"no such  token:\ns3cret\x00", ["s3cret"])
    'no such token: ***\\x00'
    """
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    hidden = {form for secret in secrets for form in (secret, unquote(secret)) if form}
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    return printable(" ".join(text.split()))[:_MOST]
