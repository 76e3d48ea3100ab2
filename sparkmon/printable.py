"""Text from outside, made fit for a line of a log, a message or a terminal."""

__all__ = ["printable"]


def printable(text: str) -> str:
    r"""Make control characters visible, line breaks and marks of direction too.

    Examples
    --------
    >>> printable("a\x1b[31mred\u202e\nfake line é")
    'a\\x1b[31mred\\u202e\\nfake line é'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
