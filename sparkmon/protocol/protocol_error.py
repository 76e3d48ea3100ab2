"""The error for bytes that cannot be decoded, with its condition, and its form as a dead letter."""

from sparkmon.errors import ProtocolError
from sparkmon.printable import printable
from sparkmon.records import DeadLetter


def protocol_error(condition: str, reason: str) -> ProtocolError:
    """Build the error for bytes that cannot be decoded; ``condition`` is one of those that the room's docstring lists.

    The reason is one sentence: what was got; what was expected. It may quote what was got, so it is cut to 500
    characters and control characters are made visible.
    """
    error = ProtocolError(f"[{condition}] {printable(reason[:500])[:500]}")
    error.condition = condition
    return error


def as_dead_letter(error: ProtocolError) -> DeadLetter:
    """Turn a protocol error into the dead letter that travels with the event."""
    return DeadLetter(error.condition, str(error).removeprefix(f"[{error.condition}] "))
