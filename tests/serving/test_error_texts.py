"""How the transformer quotes text from outside: in answers and in their headers."""

from sparkmon.serving.server import error_response
from sparkmon.serving.serving_error import serving_error

NASTY = "\x1b[2J\r\nfake line \u202e"


def test_an_error_is_one_printable_line_of_bounded_length() -> None:
    text = str(serving_error("REQUEST_MALFORMED", 400, f"got the tensor {NASTY}{NASTY * 100}"))
    assert text.isprintable()
    assert len(text) <= len("[REQUEST_MALFORMED] ") + 500


def test_headers_of_an_answer_are_bounded_and_can_always_be_written() -> None:
    error = serving_error("PREDICTOR_REFUSED", 502, "no")
    error.content_type = "text/→"
    headers = error_response(error, "x" * 257).headers
    assert headers["content-type"] in ("text/?", "application/json")
    assert "x-request-id" not in headers
    error.body = b"no"
    headers = error_response(error, "x" * 256).headers
    assert headers["content-type"] == "text/?"
    assert headers["x-request-id"] == "x" * 256
