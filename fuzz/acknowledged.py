"""Hooks of schemathesis: every request is counted, and each that is answered with 202 is noted, in order."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import schemathesis

__all__ = ["after_call"]

_NOTES = Path(os.environ["SPARKMON_FUZZ_NOTES"])


def after_call(context: object, case: object, response: Any) -> None:  # noqa: ANN401 - schemathesis' own
    """Note an answer, and of an acknowledged request what was sent."""
    note: dict[str, Any] = {"status": response.status_code}
    if response.status_code == 202:
        body = response.request.body or b""
        note["body"] = base64.b64encode(body if isinstance(body, bytes) else body.encode()).decode()
        note["headers"] = [[_text(name), _text(value)] for name, value in response.request.headers.items()]
    with _NOTES.open("a") as file:
        file.write(json.dumps(note) + "\n")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


# No decorator, which type checkers would have to know: the package is not installed for them.
schemathesis.hook(after_call)
