"""Text from outside, made fit for a line of a log, a message or a terminal."""


def printable(text: str) -> str:
    """Make control characters visible, line breaks and marks of direction too."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
