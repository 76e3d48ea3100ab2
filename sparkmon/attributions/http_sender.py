"""A predictor asked over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sparkmon.errors import MissingExtraError, StoreError
from sparkmon.json_bytes import dumps


@contextmanager
def http_sender(url: str, timeout_s: float, headers: Mapping[str, str], most_bytes: int) -> Iterator[Any]:
    """Connect; give what sends a body to a path and returns the answer's. MissingExtraError without httpx."""
    try:
        import httpx
    except ImportError as error:
        raise MissingExtraError.of("httpx", "sinks") from error

    def send(body: Mapping[str, Any], own_id: str, path: str) -> bytes:
        try:
            with client.stream("POST", path, content=dumps(body), headers={"ce-id": own_id}) as answer:
                content = b""
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > most_bytes:
                        raise StoreError(f"the model answered with more than {most_bytes} bytes")
        except httpx.HTTPError as error:
            raise StoreError(f"the model at {url} does not answer ({type(error).__name__})") from error
        if answer.status_code != 200:
            raise StoreError(f"the model at {url} answered {answer.status_code}")
        return content

    own = {"content-type": "application/json", **headers}
    with httpx.Client(base_url=url, timeout=timeout_s, headers=own, trust_env=False) as client:
        yield send
