"""The headers of a payload event, written as KServe's agent (0.18 and later) writes them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType

from sparkmon.errors import OptionError
from sparkmon.protocol.attributes import KSERVE_TYPES
from sparkmon.records import Half

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in ("<", ">", "&", "\N{LINE SEPARATOR}", "\u2029")}
_TYPES = {half: name for name, half in KSERVE_TYPES.items()}


def payload_headers(
    half: Half,
    event_id: str,
    time_ns: int,
    *,
    inference_service: str,
    source: str,
    namespace: str = "",
    component: str = "predictor",
    endpoint: str = "",
    metadata: Mapping[str, list[str]] = MappingProxyType({}),
    annotations: Mapping[str, str] = MappingProxyType({}),
    content_type: str | None = "application/json",
    status: int = 200,
    recorded_ns: int | None = None,
) -> dict[str, str]:
    """Return the headers of one event in binary mode; times are nanoseconds since 1970.

    >>> headers = payload_headers(
    ...     "request", "1", 1795394166741913326, inference_service="iris", source="iris-pod")
    >>> headers["Ce-Type"], headers["Ce-Time"], headers["Ce-Metadata"]
    ('org.kubeflow.serving.inference.request', '2026-11-23T00:36:06.741913326Z', '{}')
    """
    headers = {
        "Ce-Specversion": "1.0",
        "Ce-Id": event_id,
        "Ce-Type": _TYPES[half],
        "Ce-Source": source,
        "Ce-Time": _rfc3339(time_ns),
        "Ce-Inferenceservicename": inference_service,
        "Ce-Namespace": namespace,
        "Ce-Component": component,
        "Ce-Endpoint": endpoint,
        "Ce-Metadata": _go_json(metadata),
    }
    if annotations:
        headers["Ce-Annotations"] = _go_json(annotations)
    if recorded_ns is not None:
        headers["Ce-Recordedtime"] = _rfc3339(recorded_ns)
    if status != 200:
        headers["Ce-Statuscode"] = str(status)
    if content_type is not None:
        headers["Content-Type"] = content_type
    return headers


def canonical_name(name: str) -> str:
    """Write a header's name as Go does, and so as the agent does in ``metadata``; OptionError if it is none.

    >>> canonical_name("x-request-id"), canonical_name("INFERENCE-HEADER-content-length")
    ('X-Request-Id', 'Inference-Header-Content-Length')
    """
    if not _TOKEN.fullmatch(name):
        raise OptionError.malformed("metadata_headers", name, "the name of an HTTP header")
    return "-".join(part.capitalize() for part in name.split("-"))


def _go_json(value: Mapping[str, str] | Mapping[str, list[str]]) -> str:
    r"""Write JSON as Go's ``json.Marshal`` does: keys sorted, no spaces, UTF-8, HTML characters escaped.

    >>> print(_go_json({"b": ["Ærø <1>"], "a": []}))
    {"a":[],"b":["Ærø \u003c1\u003e"]}
    """
    text = json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.translate(_ESCAPED)


def _rfc3339(time_ns: int) -> str:
    """Write a time in UTC with at most nine digits of a second, without trailing zeros.

    >>> _rfc3339(1795394166741913326), _rfc3339(1795394166500000000), _rfc3339(1795394166000000000)
    ('2026-11-23T00:36:06.741913326Z', '2026-11-23T00:36:06.5Z', '2026-11-23T00:36:06Z')
    """
    seconds, rest = divmod(time_ns, 10**9)
    whole = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{rest:09d}".rstrip("0")
    return f"{whole}.{digits}Z" if digits else f"{whole}Z"
