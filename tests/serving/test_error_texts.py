"""How the transformer quotes text from outside: in answers and in their headers."""

from __future__ import annotations

from sparkmon.serving.serving_error import error_response, serving_error

NASTY = "\x1b[2J\r\nfake line \u202e"


def test_an_error_is_one_printable_line_of_bounded_length() -> None:
    text = str(serving_error("REQUEST_MALFORMED", 400, f"got the tensor {NASTY}{NASTY * 100}"))
    assert text.isprintable()
    assert len(text) <= len("[REQUEST_MALFORMED] ") + 500


def test_headers_of_an_answer_are_bounded_and_can_always_be_written() -> None:
    error = serving_error("PREDICTOR_REFUSED", 502, "no")
    error.content_type = "text/→"
    _, headers, _ = error_response(error, "x" * 257)
    assert dict(headers)[b"content-type"] in (b"text/?", b"application/json")
    assert b"x-request-id" not in dict(headers)
    error.body = b"no"
    _, headers, _ = error_response(error, "x" * 256)
    assert dict(headers)[b"content-type"] == b"text/?"
    assert dict(headers)[b"x-request-id"] == b"x" * 256
