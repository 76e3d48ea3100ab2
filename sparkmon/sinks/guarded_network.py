"""One HTTP exchange over a connection to an address that was checked, all of it within one deadline.

It stands on httpcore, which httpx stands on: httpx's own client writes every URL into its log, and the URL of a webhook
may be a secret.
"""

import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple

import httpcore
import httpx

from sparkmon.sinks.addresses import Address, why_refused
from sparkmon.sinks.connection import cut_at

_CONNECT_S = 5.0
_READ_AT_MOST = 64 * 2**10


class Answer(NamedTuple):
    """What the other side answered."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes
    """At most 64 KiB of it."""


class NoAnswer(NamedTuple):
    """Why there is no answer."""

    reason: str
    permanent: bool


def exchange(
    url: httpx.URL,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout_s: float,
    inside: bool,
    context: ssl.SSLContext | None,
) -> Answer | NoAnswer:
    """POST a body and return the answer; follows no redirect, knows no proxy and no cookie.

    ``timeout_s`` is for all of it, from the look-up of the name to the last byte of the answer. ``inside`` is whether
    private and loopback addresses are allowed; see :func:`sparkmon.sinks.addresses.why_refused`.
    """
    deadline = time.monotonic() + timeout_s
    network = _CheckedNetwork(deadline, inside=inside)
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    fields = [(b"host", url.netloc)]
    fields += [(name.encode(), value.encode()) for name, value in headers.items()]
    _quiet.posting = True
    try:
        with (
            cut_at(deadline, lambda: network.links),
            httpcore.ConnectionPool(ssl_context=context, network_backend=network) as pool,
            pool.stream("POST", target, headers=fields, content=body) as response,
        ):
            answer_headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            return Answer(response.status, answer_headers, _some_of(response.iter_stream()))
    except _NoAddress as error:
        return error.answer
    except httpcore.LocalProtocolError:
        # Its text repeats a header's value, which may be a secret.
        return NoAnswer("the request has a header that HTTP does not allow", permanent=True)
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError, OSError) as error:
        if isinstance(error, httpcore.TimeoutException) or time.monotonic() >= deadline:
            return NoAnswer(f"it did not answer within {timeout_s:g} s", permanent=False)
        if isinstance(error, httpcore.RemoteProtocolError):
            return NoAnswer("it does not answer as HTTP/1.1 says", permanent=False)
        return NoAnswer(f"it cannot be reached: {error}", permanent=False)
    finally:
        _quiet.posting = False
        for link in network.links:
            link.close()


def _some_of(parts: Iterable[bytes]) -> bytes:
    body = bytearray()
    try:
        for part in parts:
            body += part
            if len(body) >= _READ_AT_MOST:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass  # the status has said what counts
    return bytes(body[:_READ_AT_MOST])


class _NoAddress(httpcore.NetworkError):
    """Raised when a host has no address, or none that may be sent to."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.answer = NoAnswer(reason, permanent)


class _CheckedNetwork(httpcore.NetworkBackend):
    """Looks up a host, and connects to one of the very addresses that were looked at."""

    def __init__(self, deadline: float, *, inside: bool) -> None:
        self._deadline, self._inside = deadline, inside
        self.links: list[socket.socket] = []
        """The connections, under a descriptor of their own: TLS takes that of the stream away."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        reason = "it cannot be reached: its name has no address"
        failed: Exception = _NoAddress(reason, permanent=False)
        for address in self._addresses(host, port):
            remaining_s = self._deadline - time.monotonic()
            if remaining_s <= 0:
                raise httpcore.ConnectTimeout
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    str(address), port, min(_CONNECT_S, remaining_s), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            self.links.append(stream.get_extra_info("socket").dup())
            if time.monotonic() >= self._deadline:  # nothing may cut this one any more
                raise httpcore.ConnectTimeout
            return stream
        raise failed

    def _addresses(self, host: str, port: int) -> list[Address]:
        addresses = _looked_up(host, port, max(self._deadline - time.monotonic(), 0))
        reasons = {address: why_refused(address, inside=self._inside) for address in addresses}
        good = [address for address, reason in reasons.items() if reason is None]
        if addresses and not good:
            reason = str(reasons[addresses[0]])
            hint = "; name its host in allowed_hosts to allow it" if "private" in reason else ""
            reason = f"nothing is sent to its address, for {reason}{hint}"
            raise _NoAddress(reason, permanent=True)
        return good


def _looked_up(host: str, port: int, timeout_s: float) -> list[Address]:
    """Resolve a name, in a thread that can be abandoned: the resolver has no time-out."""
    results: queue.SimpleQueue[list[Address] | str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            texts = dict.fromkeys(str(info[4][0]) for info in infos)
            results.put([ip_address(text) for text in texts])
        except (OSError, ValueError):
            results.put("its name cannot be resolved")

    threading.Thread(target=ask, name="sparkmon-resolve", daemon=True).start()
    try:
        answer = results.get(timeout=timeout_s)
    except queue.Empty:
        answer = "its name was not resolved in time"
    if isinstance(answer, str):
        raise _NoAddress(f"it cannot be reached: {answer}", permanent=False)
    return answer


class _Quiet(logging.Filter):
    """Leaves out what httpcore writes, at the level DEBUG, of requests of ours: it has the answer's headers."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_quiet, "posting", False)


_quiet = threading.local()
for _name in ("http11", "connection", "proxy"):
    logging.getLogger(f"httpcore.{_name}").addFilter(_Quiet())
