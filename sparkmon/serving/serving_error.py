"""The error for a request without a prediction: condition, HTTP status and gRPC code."""

from __future__ import annotations

import orjson

from sparkmon.errors import ServingError
from sparkmon.printable import printable

MAX_REQUEST_ID_LENGTH = 256
"""A longer ``X-Request-Id`` is not returned."""

GRPC_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "RESOURCE_EXHAUSTED",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    502: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""HTTP status to the name of the equivalent gRPC code; any other is ``INTERNAL``."""

_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "OUT_OF_RANGE": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


def serving_error(
    condition: str, status: int, reason: str, *, retry_after_s: int | None = None
) -> ServingError:
    """Build the error for a request that is not answered with a prediction.

    Parameters
    ----------
    condition : str
        A stable name in capitals: ``REQUEST_MALFORMED``, ``REQUEST_TOO_LARGE``, ``KEY_MISSING``, ``STORE_FAILED``,
        ``OVERLOADED``, ``PREDICTOR_UNREACHABLE``, ``PREDICTOR_TIMEOUT``, ``PREDICTOR_REFUSED`` or
        ``PREDICTOR_MALFORMED``.
    status : int
        The HTTP status of the answer.
    reason : str
        One sentence: what was got; what was expected. It may quote what was got, so it is cut to 500 characters and
        control characters are made visible.
    retry_after_s : int, optional
        ``Retry-After``, in seconds.

    Examples
    --------
    >>> error = serving_error("KEY_MISSING", 404, "the feature group 'cards_1' has no row for card_id=8")
    >>> print(error.status, error)
    404 [KEY_MISSING] the feature group 'cards_1' has no row for card_id=8
    """
    error = ServingError(f"[{condition}] {printable(reason[:500])[:500]}")
    error.condition = condition
    error.status = status
    error.retry_after_s = retry_after_s
    return error


def malformed_request(reason: str) -> ServingError:
    """Build the error for a request that cannot be read: ``REQUEST_MALFORMED``, 400."""
    return serving_error("REQUEST_MALFORMED", 400, reason)


def http_status(code: str) -> int:
    """Return the HTTP status that is equivalent to a gRPC code; 500 for any other code.

    Examples
    --------
    >>> http_status("NOT_FOUND"), http_status("DATA_LOSS")
    (404, 500)
    """
    return _STATUSES.get(code, 500)


def error_response(
    error: ServingError, request_id: str | None
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers and body of the HTTP response to an error.

    Examples
    --------
    >>> status, headers, body = error_response(serving_error("OVERLOADED", 503, "too many", retry_after_s=1), "a-1")
    >>> status, dict(headers)[b"retry-after"], dict(headers)[b"x-request-id"], body
    (503, b'1', b'a-1', b'{"error":"[OVERLOADED] too many"}')
    """
    body = error.body
    content_type = error.content_type or "application/octet-stream"
    if body is None:
        body, content_type = orjson.dumps({"error": str(error)}), "application/json"
    headers = [
        (b"content-type", content_type.encode("latin-1", "replace")),
        (b"content-length", b"%d" % len(body)),
    ]
    if error.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    if request_id is not None and len(request_id) <= MAX_REQUEST_ID_LENGTH:
        headers.append((b"x-request-id", request_id.encode("latin-1")))
    return error.status, headers, body
