"""Text from outside: on one printable line, and cut to what an error or a medium takes."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import unquote


def printable(text: str) -> str:
    """Make control characters visible, line breaks and marks of direction too."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


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


def shortened(text: str, most: int, escapes: Mapping[str, str] = MappingProxyType({})) -> str:
    """Escape a text and cut it to ``most`` characters with an ellipsis, never within what stands for one character."""
    parts, size, fitting = [], 0, 0
    for character in text:
        part = escapes.get(character, character)
        parts.append(part)
        size += len(part)
        fitting += size < most
        if size > most:
            return "".join(parts[:fitting]) + "…"
    return "".join(parts)
