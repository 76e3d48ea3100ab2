"""The one way by which alerts leave over HTTP: a POST with a deadline, to a checked address, that shows no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import urlsplit

import httpx

from sparkmon.backoff import is_temporary, retry_after_s
from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.secret import Secret
from sparkmon.sinks.addresses import is_named_inside
from sparkmon.sinks.connection import verifying_context
from sparkmon.sinks.guarded_network import Answer, NoAnswer, exchange
from sparkmon.sinks.texts import excerpt

_LONGEST_WAIT_S = 3600.0
_SEGMENT = 8
_UNSEEN = re.compile(r"[^\x21-\x7e\u00a1-\U0010ffff]|\\")


@dataclass(frozen=True)
class Post:
    """Posts to one URL, http or https, without a user or password in it.

    Raises
    ------
    OptionError
        The URL is invalid. A secret URL is checked when it is used.

    Notes
    -----
    *Where it goes*. The host's addresses are looked up and checked, and the connection is made to one that was checked,
    so that a name that changes in between gains nothing. Link-local, multicast, reserved and cloud metadata
    addresses are always refused: whoever can steer a URL or a name must not reach the machine's credentials.
    A private or loopback address is taken where the URL says by itself that it means a host inside, or
    ``allowed_hosts`` names it; see :func:`sparkmon.sinks.addresses.is_named_inside`. So an Alertmanager in the cluster
    works as it is written, while ``hooks.slack.com`` that suddenly resolves to 10.0.0.1 is refused.

    *How*. Redirects are not followed, proxies and credentials in the environment not used, certificates always
    verified (see :func:`sparkmon.sinks.connection.verifying_context`). At most 64 KiB of an answer are read, and at
    most 200 printable characters of it are shown.

    *Outcome*. 2xx is success. 408, 425, 429, 5xx, a time-out or a failed connection may pass; ``Retry-After`` is
    honoured, up to an hour. Every other answer is final.
    """

    url: str | Secret = field(repr=False)
    """A :class:`Secret` is read at each use, and errors do not even name its host."""
    sink: str
    """The name of the sink, for errors."""
    path: str = ""
    """Added to the URL's path."""
    bearer: Secret | None = None
    """The token for ``Authorization: Bearer``."""
    allowed_hosts: Sequence[str] | None = None
    """The only hosts that the URL may name."""
    timeout_s: float = 10.0
    """For everything, from the look-up of the name to the end of the answer, also from a server that trickles; at most
    5 s of it to connect to one address."""
    hidden: Sequence[str] = field(default=(), repr=False)
    """Secrets in the body or the headers, which the answer may repeat and the error must not."""

    def __post_init__(self) -> None:
        if isinstance(self.allowed_hosts, str):
            raise OptionError.malformed("allowed_hosts", self.allowed_hosts, "a list of host names")
        if isinstance(self.url, str):
            self._checked(self.url)

    def send(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body.

        Raises
        ------
        AlertDeliveryError
            It was not accepted.
        OptionError
            A secret does not exist, or the secret URL is invalid.
        """
        text = self.url.read() if isinstance(self.url, Secret) else self.url
        url, token = self._checked(text), self._token()
        fields = {"user-agent": "sparkmon", "accept": "application/json", **headers}
        if token:
            fields["authorization"] = f"Bearer {token}"
        answer = exchange(
            url,
            fields,
            body,
            timeout_s=self.timeout_s,
            inside=is_named_inside(_host(url), self._allowed() or ()),
            context=verifying_context() if url.scheme == "https" else None,
        )
        secrets = [*self.hidden, *([token] if token else []), *self._parts(text)]
        place = f"the url in {self.url!r}" if isinstance(self.url, Secret) else _host(url)
        where = f"{self.sink} could not deliver to {place}"
        failure: AlertDeliveryError | None
        if isinstance(answer, NoAnswer):
            reason = excerpt(answer.reason, secrets)
            failure = AlertDeliveryError.failed(f"{where}: {reason}", permanent=answer.permanent)
        else:
            failure = _failure(where, answer, secrets)
        # Raised here, so that it has no cause with an address or a header in it.
        if failure is not None:
            raise failure

    def _checked(self, text: str) -> httpx.URL:
        """Read the URL, which may be a secret, or refuse it in words that do not repeat it."""
        url, allowed = _parsed(text.rstrip("/") + self.path if self.path else text), self._allowed()
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
        what = f"a url, which {self.url!r} holds," if isinstance(self.url, Secret) else "a url"
        raise OptionError(f"got {what} {reason}", option="url")

    def _allowed(self) -> set[str] | None:
        hosts = self.allowed_hosts
        return None if hosts is None else {each.lower() for each in hosts}

    def _token(self) -> str:
        token = self.bearer.read() if self.bearer is not None else ""
        if _UNSEEN.search(token) or not token.isascii():
            raise OptionError(
                f"{self.bearer!r} holds no bearer token; expected ASCII without blanks"
            )
        return token

    def _parts(self, url: str) -> list[str]:
        """List the parts of the URL that must not be shown."""
        split = urlsplit(url)
        segments = [each for each in split.path.split("/") if len(each) >= _SEGMENT]
        paths = [each for each in (split.path, split.query) if len(each) > 1]
        secret = [url, split.netloc] if isinstance(self.url, Secret) else [url]
        return [*secret, *paths, *segments]


def _failure(where: str, answer: Answer, secrets: Sequence[str]) -> AlertDeliveryError | None:
    status = answer.status
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        host = urlsplit(answer.headers.get("location", "")).netloc.rpartition("@")[2]
        to = f" to {excerpt(host, secrets)}" if host else ""
        return AlertDeliveryError.refused(
            f"{where}: it redirects{to} ({status}), which is not followed; set the url to where it leads"
        )
    body = excerpt(answer.body, secrets)
    message = f"{where}: it answered {status}" + (f": {body}" if body else "")
    if is_temporary(status):
        now, header = datetime.now(timezone.utc), answer.headers.get("retry-after")
        return AlertDeliveryError.later(message, retry_after_s(header, now, _LONGEST_WAIT_S))
    return AlertDeliveryError.refused(message)


def _parsed(text: str) -> httpx.URL | None:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        return None
    return url if url.raw_host else None


def _host(url: httpx.URL) -> str:
    """Return the host as it goes over the wire: in lower case, and in ASCII."""
    return url.raw_host.decode("ascii").lower()
