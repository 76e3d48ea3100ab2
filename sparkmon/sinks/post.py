"""The one way by which alerts leave over HTTP: a POST with a deadline, to a checked address, that shows no secret."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from urllib.parse import urlsplit

import httpx

from sparkmon.backoff import is_temporary, retry_after_s
from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.printable import excerpt
from sparkmon.secret import Secret
from sparkmon.sinks.addresses import is_named_inside
from sparkmon.sinks.connection import verifying_context
from sparkmon.sinks.guarded_network import Answer, NoAnswer, exchange
from sparkmon.sinks.sink import HttpSink

_LONGEST_WAIT_S = 86400.0
_SEGMENT = 8
_UNSEEN = re.compile(r"[^\x21-\x7e\u00a1-\U0010ffff]|\\")


def post(
    sink: HttpSink,
    body: bytes,
    headers: Mapping[str, str],
    *,
    path: str = "",
    bearer: Secret | None = None,
    hidden: Sequence[str] = (),
) -> None:
    """Post a body to a sink's URL, with ``path`` added to it.

    ``bearer`` is the token for ``Authorization: Bearer``; ``hidden`` are secrets in the body or the headers, which the
    answer may repeat and the error must not.

    Raises AlertDeliveryError if it was not accepted, OptionError if a secret is absent or the URL in it is invalid.

    *Where it goes*. The host's addresses are looked up and checked, and the connection is made to one that was checked,
    so that a name that changes in between gains nothing. Link-local, multicast, reserved and cloud metadata
    addresses are always refused: whoever can steer a URL or a name must not reach the machine's credentials.
    A private or loopback address is taken where the URL says by itself that it means a host inside, or
    ``allowed_hosts`` names it; see :func:`sparkmon.sinks.addresses.is_named_inside`. So an Alertmanager in the cluster
    works as it is written, while ``hooks.slack.com`` that suddenly resolves to 10.0.0.1 is refused.

    *How*. Redirects are not followed, proxies and credentials in the environment not used, certificates always
    verified (see :func:`sparkmon.sinks.connection.verifying_context`). ``timeout_s`` is for everything, from the
    look-up of the name to the end of the answer, also from a server that trickles; at most 5 s of it to connect to one
    address. At most 64 KiB of an answer are read, and at most 200 printable characters of it are shown.

    *Outcome*. 2xx is success. 408, 425, 429, 5xx, a time-out or a failed connection may pass; ``Retry-After`` is
    honoured, up to a day. Every other answer is final.
    """
    text = sink.url.read() if isinstance(sink.url, Secret) else sink.url
    url, token = _checked(sink, text, path), _token_of(bearer)
    fields = {"user-agent": "sparkmon", "accept": "application/json", **headers}
    if token:
        fields["authorization"] = f"Bearer {token}"
    answer = exchange(
        url,
        fields,
        body,
        timeout_s=sink.timeout_s,
        inside=is_named_inside(_host(url), _allowed(sink) or ()),
        context=verifying_context() if url.scheme == "https" else None,
    )
    secrets = [*hidden, *([token] if token else []), *_secret_parts(sink, text)]
    place = f"the url in {sink.url!r}" if isinstance(sink.url, Secret) else _host(url)
    where = f"{sink.name} could not deliver to {place}"
    failure: AlertDeliveryError | None
    if isinstance(answer, NoAnswer):
        reason = excerpt(answer.reason, secrets)
        failure = AlertDeliveryError.failed(f"{where}: {reason}", permanent=answer.permanent)
    else:
        failure = _failure(where, answer, secrets)
    # Raised here, so that it has no cause with an address or a header in it.
    if failure is not None:
        raise failure


def check_target(sink: HttpSink) -> None:
    """Refuse an invalid URL, or one with a host that is not allowed; a secret URL is checked when it is used."""
    if isinstance(sink.allowed_hosts, str):
        raise OptionError.malformed("allowed_hosts", sink.allowed_hosts, "a list of host names")
    if isinstance(sink.url, str):
        _checked(sink, sink.url)


def _checked(sink: HttpSink, text: str, path: str = "") -> httpx.URL:
    """Read a sink's URL, which may be a secret, or refuse it in words that do not repeat it."""
    url, allowed = _parsed(text.rstrip("/") + path if path else text), _allowed(sink)
    if _UNSEEN.search(text):
        reason = "with a blank, a backslash or a control character; remove it"
    elif url is None or url.scheme not in ("http", "https"):
        reason = "that is invalid; expected http://HOST:PORT/PATH or https://..."
    elif url.port is not None and not 0 < url.port < 65536:
        reason = f"with the port {url.port}; expected 1 to 65535"
    elif url.userinfo:
        reason = "with a user in it; leave it out, a secret has its own place"
    elif allowed is not None and _host(url) not in allowed:
        reason = "with a host that is not in allowed_hosts; add it there"
    else:
        return url
    what = f"a url, which {sink.url!r} holds," if isinstance(sink.url, Secret) else "a url"
    raise OptionError(f"got {what} {reason}", option="url")


def _allowed(sink: HttpSink) -> set[str] | None:
    return None if sink.allowed_hosts is None else {each.lower() for each in sink.allowed_hosts}


def _token_of(bearer: Secret | None) -> str:
    token = bearer.read() if bearer is not None else ""
    if _UNSEEN.search(token) or not token.isascii():
        raise OptionError(f"{bearer!r} holds no bearer token; expected ASCII without blanks")
    return token


def _secret_parts(sink: HttpSink, url: str) -> list[str]:
    """List the parts of the URL that must not be shown."""
    split = urlsplit(url)
    segments = [each for each in split.path.split("/") if len(each) >= _SEGMENT]
    paths = [each for each in (split.path, split.query) if len(each) > 1]
    return [url, *([split.netloc] if isinstance(sink.url, Secret) else []), *paths, *segments]


def _failure(where: str, answer: Answer, secrets: Sequence[str]) -> AlertDeliveryError | None:
    status = answer.status
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        host = urlsplit(answer.headers.get("location", "")).netloc.rpartition("@")[2]
        to = f" to {excerpt(host, secrets)}" if host else ""
        return AlertDeliveryError.failed(
            f"{where}: it redirects{to} ({status}), which is not followed; set the url to where it leads",
            permanent=True,
        )
    body = excerpt(answer.body, secrets)
    message = f"{where}: it answered {status}" + (f": {body}" if body else "")
    if is_temporary(status):
        now, header = datetime.now(timezone.utc), answer.headers.get("retry-after")
        wait_s = retry_after_s(header, now, _LONGEST_WAIT_S)
        return AlertDeliveryError.failed(message, permanent=False, retry_after_s=wait_s)
    return AlertDeliveryError.failed(message, permanent=True)


def _parsed(text: str) -> httpx.URL | None:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        return None
    return url if url.raw_host else None


def _host(url: httpx.URL) -> str:
    """Return the host as it goes over the wire: in lower case, and in ASCII."""
    return url.raw_host.decode("ascii").lower()
