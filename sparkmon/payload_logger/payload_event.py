"""The attributes of a payload event, written as KServe's agent (0.18 and later) writes them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone

from sparkmon.errors import OptionError
from sparkmon.records import Half

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ESCAPED = {
    ord(sign): f"\\u{ord(sign):04x}" for sign in ("<", ">", "&", "\N{LINE SEPARATOR}", "\u2029")
}


class PayloadEvent:
    """Writes the headers of one logger's events.

    Parameters
    ----------
    inference_service, namespace, component, endpoint, source : str
        The attributes ``inferenceservicename``, ``namespace``, ``component``, ``endpoint`` and ``source``.
    annotations : mapping
        The attribute ``annotations``.

    Examples
    --------
    >>> event = PayloadEvent("iris", "demo", "predictor", "", "iris-pod", {})
    >>> headers = event.headers("request", "1", 1795394166741913326, {}, "application/json")
    >>> headers["Ce-Type"], headers["Ce-Time"], headers["Ce-Metadata"]
    ('org.kubeflow.serving.inference.request', '2026-11-23T00:36:06.741913326Z', '{}')
    """

    def __init__(
        self,
        inference_service: str,
        namespace: str,
        component: str,
        endpoint: str,
        source: str,
        annotations: Mapping[str, str],
    ) -> None:
        self._annotations = dict(annotations)
        self._fixed = {
            "Ce-Specversion": "1.0",
            "Ce-Inferenceservicename": inference_service,
            "Ce-Namespace": namespace,
            "Ce-Component": component,
            "Ce-Endpoint": endpoint,
            "Ce-Source": source,
        }
        for name, value in self._fixed.items():
            if not value.isprintable():
                raise OptionError.malformed(
                    name, value, "printable text, because it is an HTTP header"
                )
        if annotations:
            self._fixed["Ce-Annotations"] = go_json(annotations)

    def headers(
        self,
        half: Half,
        event_id: str,
        time_ns: int,
        metadata: Mapping[str, list[str]],
        content_type: str | None,
        *,
        status: int = 200,
        body_note: str | None = None,
    ) -> dict[str, str]:
        """Return the headers of one event, recorded now.

        Parameters
        ----------
        half : str
            ``request`` or ``response``.
        event_id : str
            The same for both halves of a call.
        time_ns : int
            The event's time, nanoseconds since 1970.
        metadata : mapping
            Header name to values.
        content_type : str or None
            The request's, on both halves.
        status : int
            Written as ``statuscode`` except for 200.
        body_note : str, optional
            Written as the annotation ``sparkmon-body``: why the body is incomplete.
        """
        headers = {
            **self._fixed,
            "Ce-Id": event_id,
            "Ce-Type": f"org.kubeflow.serving.inference.{half}",
            "Ce-Time": rfc3339(time_ns),
            "Ce-Recordedtime": rfc3339(time.time_ns()),
            "Ce-Metadata": go_json(metadata) if metadata else "{}",
        }
        if status != 200:
            headers["Ce-Statuscode"] = str(status)
        if body_note is not None:
            headers["Ce-Annotations"] = go_json({**self._annotations, "sparkmon-body": body_note})
        if content_type is not None:
            headers["Content-Type"] = content_type
        return headers


def canonical_name(name: str) -> str:
    """Write a header's name as Go does, and so as the agent does in ``metadata``.

    Raises
    ------
    OptionError
        The text is no name of an HTTP header.

    Examples
    --------
    >>> canonical_name("x-request-id"), canonical_name("INFERENCE-HEADER-content-length")
    ('X-Request-Id', 'Inference-Header-Content-Length')
    """
    if not _TOKEN.fullmatch(name):
        raise OptionError.malformed("metadata_headers", name, "the name of an HTTP header")
    return "-".join(part.capitalize() for part in name.split("-"))


def go_json(value: Mapping[str, str] | Mapping[str, list[str]]) -> str:
    r"""Write JSON as Go's ``json.Marshal`` does: keys sorted, no spaces, UTF-8, HTML characters escaped.

    Examples
    --------
    >>> print(go_json({"b": ["Ærø <1>"], "a": []}))
    {"a":[],"b":["Ærø \u003c1\u003e"]}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.translate(_ESCAPED)


def rfc3339(time_ns: int) -> str:
    """Write a time in UTC with at most nine digits of a second, without trailing zeros.

    Parameters
    ----------
    time_ns : int
        Nanoseconds since 1970.

    Examples
    --------
    >>> rfc3339(1795394166741913326), rfc3339(1795394166500000000), rfc3339(1795394166000000000)
    ('2026-11-23T00:36:06.741913326Z', '2026-11-23T00:36:06.5Z', '2026-11-23T00:36:06Z')
    """
    seconds, rest = divmod(time_ns, 10**9)
    whole = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{rest:09d}".rstrip("0")
    return f"{whole}.{digits}Z" if digits else f"{whole}Z"
