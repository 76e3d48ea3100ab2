"""The error for a request without a prediction: condition, HTTP status and gRPC code."""

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

HTTP_STATUSES = {
    **{code: status for status, code in GRPC_CODES.items()},
    **dict.fromkeys(("INVALID_ARGUMENT", "OUT_OF_RANGE", "FAILED_PRECONDITION"), 400),
    "INTERNAL": 500,
}
"""gRPC code to the equivalent HTTP status; any other is 500."""


def serving_error(condition: str, status: int, reason: str) -> ServingError:
    """Build the error for a request that is not answered with a prediction.

    ``condition`` is a stable name in capitals, ``status`` the HTTP status of the answer. ``reason`` is one sentence:
    what was got; what was expected. It may quote what was got, so it is cut to 500 characters and control characters
    are made visible. Who gets 503 may try again a second later.

    >>> error = serving_error("KEY_MISSING", 404, "the feature group 'cards_1' has no row for card_id=8")
    >>> print(error.status, error)
    404 [KEY_MISSING] the feature group 'cards_1' has no row for card_id=8
    """
    error = ServingError(f"[{condition}] {printable(reason[:500])[:500]}")
    error.condition = condition
    error.status = status
    error.retry_after_s = 1 if status == 503 else None
    return error


def malformed_request(reason: str) -> ServingError:
    """Build the error for a request that cannot be read: ``REQUEST_MALFORMED``, 400."""
    return serving_error("REQUEST_MALFORMED", 400, reason)
