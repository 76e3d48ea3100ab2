"""Bodies of comma-separated values, as the models of SageMaker take and give them: rows without names."""

import csv
import io
import re
from math import isinf

from sparkmon.protocol.body import check_shape
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Value

_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan", re.I)


def is_csv(content_type: str | None, payload: bytes) -> bool:
    """Tell whether a body is CSV: it is called so, and does not begin as JSON does."""
    named = content_type is not None and content_type[:8].lower() == "text/csv"
    return named and payload.lstrip()[:1] not in (b"{", b"[")


def csv_rows(payload: bytes, limits: Limits) -> list[list[Value]]:
    r"""Return the rows of CSV without a header.

    An empty cell is null; a number is one, except where it has leading zeros, as codes do; all else is text.
    ProtocolError: ``BODY_NOT_CSV``, or rows beyond the limits, of which no more are made.

    >>> from sparkmon.protocol.limits import DEFAULT_LIMITS
    >>> csv_rows(b'5,,2.5e-1,007,"a, b"\n', DEFAULT_LIMITS)
    [[5, None, 0.25, '007', 'a, b']]
    """
    try:
        lines = csv.reader(io.StringIO(payload.decode("utf-8"), newline=""), skipinitialspace=True, strict=True)
        rows: list[list[Value]] = []
        for row in filter(None, lines):
            check_shape(len(rows) + 1, len(row), limits)
            rows.append([_value(cell.rstrip()) for cell in row])
        return rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise protocol_error("BODY_NOT_CSV", f"got {len(payload)} bytes that are not CSV ({error!s:.120})") from None


def _value(cell: str) -> Value:
    if not cell:
        return None
    if _INTEGER.fullmatch(cell):
        return int(cell)
    number = float(cell) if _NUMBER.fullmatch(cell) else None
    return cell if number is None or isinf(number) else number
