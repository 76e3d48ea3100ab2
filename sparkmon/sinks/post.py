"""The one way by which alerts leave over HTTP: a POST with a deadline, to a checked address, that shows no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from urllib.parse import urlsplit

from sparkmon.backoff import is_temporary, retry_after_s
from sparkmon.errors import AlertDeliveryError, MissingExtraError, OptionError
from sparkmon.secret import Secret
from sparkmon.sinks.addresses import is_named_inside
from sparkmon.sinks.excerpt import excerpt
from sparkmon.sinks.http_exchange import Answer, NoAnswer, Target
from sparkmon.sinks.timeout import check_timeout
from sparkmon.sinks.tls import verifying_context

_LONGEST_WAIT_S = 3600.0
_SEGMENT = 8
_UNSEEN = re.compile(r"[^\x21-\x7e\u00a1-\U0010ffff]|\\")


class Post:
    """Posts to one URL.

    Parameters
    ----------
    url : str or Secret
        http or https, without a user or password in it. As a :class:`Secret` it is read at each use, and errors do not
        even name its host.
    sink : str
        The name of the sink, for errors.
    path : str, default ""
        Added to the URL's path.
    bearer : Secret, optional
        The token for ``Authorization: Bearer``.
    allowed_hosts : sequence of str, optional
        The only hosts that the URL may name.
    timeout_s : float, default 10.0
        For everything, from the look-up of the name to the end of the answer, also from a server that trickles; at most
        5 s of it to connect to one address.

    Raises
    ------
    MissingExtraError
        httpx is not installed.
    OptionError
        The URL or the time-out is invalid. A secret URL is checked when it is used.

    Notes
    -----
    *Where it goes*. The host's addresses are looked up and checked, and the connection is made to one that was checked,
    so that a name that changes in between gains nothing. Link-local, multicast, reserved and cloud metadata
    addresses are always refused: whoever can steer a URL or a name must not reach the machine's credentials.
    A private or loopback address is taken where the URL says by itself that it means a host inside: by an address in
    place of a name; by a name without a dot or one that ends in ``.svc``, ``.local``, ``.localhost``, ``.internal`` or
    ``.home.arpa``; or by one that ``allowed_hosts`` names. So an Alertmanager in the cluster works as it is written,
    while ``hooks.slack.com`` that suddenly resolves to 10.0.0.1 is refused, and so is a company's
    ``alerts.example.com`` with a private address until it is listed.

    *How*. Redirects are not followed, proxies and credentials in the environment not used, certificates always
    verified (see :func:`sparkmon.sinks.tls.verifying_context`). At most 64 KiB of an answer are read, and at most 200
    printable characters of it are shown.

    *Outcome*. 2xx is success. 408, 425, 429, 5xx, a time-out or a failed connection may pass; ``Retry-After`` is
    honoured, up to an hour. Every other answer is final.
    """

    def __init__(
        self,
        url: str | Secret,
        *,
        sink: str,
        path: str = "",
        bearer: Secret | None = None,
        allowed_hosts: Sequence[str] | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        try:
            from sparkmon.sinks.guarded_network import exchange
        except ImportError as error:
            raise MissingExtraError.of("httpx", "sinks") from error
        self._exchange = exchange
        self._url, self._sink, self._path, self._bearer = url, sink, path, bearer
        if isinstance(allowed_hosts, str):
            raise OptionError.malformed("allowed_hosts", allowed_hosts, "a list of host names")
        self._allowed = None if allowed_hosts is None else {each.lower() for each in allowed_hosts}
        check_timeout(timeout_s)
        self._timeout_s = timeout_s
        if isinstance(url, str):
            self._checked(url)

    def send(self, body: bytes, headers: Mapping[str, str], *, hidden: Sequence[str] = ()) -> None:
        """Post a body.

        Parameters
        ----------
        body : bytes
            What to post.
        headers : mapping
            ``content-type`` and others.
        hidden : sequence of str
            Secrets in the body or the headers, which the answer may repeat and the error must not.

        Raises
        ------
        AlertDeliveryError
            It was not accepted.
        OptionError
            A secret does not exist, or the secret URL is invalid.
        """
        url = self._url.read() if isinstance(self._url, Secret) else self._url
        target = self._checked(url)
        token = self._token()
        fields = {"user-agent": "sparkmon", "accept": "application/json", **headers}
        if token:
            fields["authorization"] = f"Bearer {token}"
        answer = self._exchange(
            target,
            fields,
            body,
            timeout_s=self._timeout_s,
            inside=is_named_inside(target.host, self._allowed or ()),
            context=verifying_context() if target.scheme == "https" else None,
        )
        secrets = [*hidden, *([token] if token else []), *self._parts(url)]
        where = f"{self._sink} could not deliver to {self._where(target.host)}"
        failure: AlertDeliveryError | None
        if isinstance(answer, NoAnswer):
            reason = excerpt(answer.reason, secrets)
            failure = AlertDeliveryError.failed(f"{where}: {reason}", permanent=answer.permanent)
        else:
            failure = _failure(where, answer, secrets)
        # Raised here, so that it has no cause with an address or a header in it.
        if failure is not None:
            raise failure

    def _checked(self, url: str) -> Target:
        place = f", which {self._url!r} holds," if isinstance(self._url, Secret) else ""
        target = checked_url(url, f"a url{place}", path=self._path)
        if self._allowed is not None and target.host not in self._allowed:
            raise OptionError(
                f"got a url{place} with a host that is not in allowed_hosts; add it there",
                option="url",
            )
        return target

    def _token(self) -> str:
        token = self._bearer.read() if self._bearer is not None else ""
        if _UNSEEN.search(token) or not token.isascii():
            raise OptionError(
                f"{self._bearer!r} holds no bearer token; expected ASCII without blanks"
            )
        return token

    def _parts(self, url: str) -> list[str]:
        """List the parts of the URL that must not be shown."""
        split = urlsplit(url)
        segments = [each for each in split.path.split("/") if len(each) >= _SEGMENT]
        paths = [each for each in (split.path, split.query) if len(each) > 1]
        secret = [url, split.netloc] if isinstance(self._url, Secret) else [url]
        return [*secret, *paths, *segments]

    def _where(self, host: str) -> str:
        return f"the url in {self._url!r}" if isinstance(self._url, Secret) else host


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


def checked_url(url: str, what: str = "a url", *, path: str = "") -> Target:
    """Read a URL that may be a secret, or refuse it in words that do not repeat it.

    Parameters
    ----------
    url : str
        The URL.
    what : str
        What the error calls it.
    path : str
        Added to the URL's path.

    Raises
    ------
    MissingExtraError
        httpx is not installed.
    OptionError
        It is no http or https URL, or has a user, a blank or a control character in it.

    Examples
    --------
    >>> checked_url("https://me:hunter2@example.com")
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got a url with a user in it; leave it out, a secret has its own place
    """
    try:
        from sparkmon.sinks.guarded_network import parse_url
    except ImportError as error:
        raise MissingExtraError.of("httpx", "sinks") from error
    if _UNSEEN.search(url):
        raise OptionError(
            f"got {what} with a blank, a backslash or a control character; remove it", option="url"
        )
    target = parse_url(url.rstrip("/") + path if path else url)
    if target is None or target.scheme not in ("http", "https"):
        raise OptionError(
            f"got {what} that is invalid; expected http://HOST:PORT/PATH or https://...",
            option="url",
        )
    if target.port is not None and not 0 < target.port < 65536:
        raise OptionError(
            f"got {what} with the port {target.port}; expected 1 to 65535", option="url"
        )
    if target.has_user:
        raise OptionError(
            f"got {what} with a user in it; leave it out, a secret has its own place", option="url"
        )
    return target
