"""The HTTP response to a request without a prediction."""

from __future__ import annotations

import orjson
from starlette.responses import Response

from sparkmon.errors import ServingError
from sparkmon.serving.serving_error import MAX_REQUEST_ID_LENGTH


def error_response(error: ServingError, request_id: str | None) -> Response:
    """Return the error as JSON, or the predictor's own answer where it gave one.

    >>> from sparkmon.serving.serving_error import serving_error
    >>> response = error_response(serving_error("OVERLOADED", 503, "too many", retry_after_s=1), "a-1")
    >>> response.status_code, response.headers["retry-after"], response.headers["x-request-id"], response.body
    (503, '1', 'a-1', b'{"error":"[OVERLOADED] too many"}')
    """
    content_type, body = error.content_type or "application/octet-stream", error.body
    if body is None:
        content_type, body = "application/json", orjson.dumps({"error": str(error)})
    headers = {"content-type": content_type.encode("latin-1", "replace").decode("latin-1")}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(error.retry_after_s)
    if request_id is not None and len(request_id) <= MAX_REQUEST_ID_LENGTH:
        headers["x-request-id"] = request_id
    return Response(body, error.status, headers)
