"""One HTTP exchange over a connection to an address that was checked, all of it within one deadline.

It stands on http.client: httpx's own client writes every URL into its log, and the URL of a webhook may be a secret.
"""

import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from ipaddress import ip_address
from typing import NamedTuple

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


class _NoAddressError(Exception):
    """Raised when a host has no address, or none that may be sent to."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.answer = NoAnswer(reason, permanent)


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
    host, port = url.raw_host.decode("ascii"), url.port or (80 if context is None else 443)
    connection = http.client.HTTPConnection(host, port)
    links: list[socket.socket] = []  # under a descriptor of their own: TLS takes that of the socket away
    try:
        with cut_at(deadline, lambda: links), closing(connection):
            link = connection.sock = _connected(host, port, deadline, links, inside=inside)
            if context is not None:
                connection.sock = context.wrap_socket(link, server_hostname=host)
            fields = {"host": url.netloc.decode("ascii"), **headers}
            connection.request("POST", url.raw_path.decode("ascii"), body, fields)
            response = connection.getresponse()
            try:
                start = response.read(_READ_AT_MOST)
            except (http.client.HTTPException, OSError):
                start = b""  # the status has said what counts
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, start)
    except _NoAddressError as error:
        return error.answer
    except (http.client.HTTPException, OSError) as error:
        if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
            return NoAnswer(f"it did not answer within {timeout_s:g} s", permanent=False)
        if isinstance(error, http.client.HTTPException):
            return NoAnswer("it does not answer as HTTP/1.1 says", permanent=False)
        return NoAnswer(f"it cannot be reached: {error}", permanent=False)
    except ValueError:
        # Its text repeats a header's value, which may be a secret.
        return NoAnswer("the request has a header that HTTP does not allow", permanent=True)
    finally:
        for each in links:
            each.close()


def _connected(host: str, port: int, deadline: float, links: list[socket.socket], *, inside: bool) -> socket.socket:
    """Connect to one of the very addresses of a host that were looked at."""
    failed: Exception = _NoAddressError("it cannot be reached: its name has no address")
    for address in _addresses(host, port, deadline, inside=inside):
        timeout_s = max(min(_CONNECT_S, deadline - time.monotonic()), 0.001)
        try:
            link = socket.create_connection((str(address), port), timeout_s)
        except OSError as error:
            failed = error
            continue
        links.append(link.dup())
        link.settimeout(max(deadline - time.monotonic(), 0.001))
        return link
    raise failed


def _addresses(host: str, port: int, deadline: float, *, inside: bool) -> list[Address]:
    addresses = _looked_up(host, port, max(deadline - time.monotonic(), 0))
    reasons = {address: why_refused(address, inside=inside) for address in addresses}
    good = [address for address, reason in reasons.items() if reason is None]
    if addresses and not good:
        reason = str(reasons[addresses[0]])
        hint = "; name its host in allowed_hosts to allow it" if "private" in reason else ""
        raise _NoAddressError(f"nothing is sent to its address, because {reason}{hint}", permanent=True)
    return good


def _looked_up(host: str, port: int, timeout_s: float) -> list[Address]:
    """Resolve a name, in a thread that can be abandoned: the resolver has no time-out."""
    results: queue.SimpleQueue[list[Address] | str] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            texts = dict.fromkeys(str(info[4][0]) for info in infos)
            results.put([ip_address(text) for text in texts])
        except (OSError, ValueError):
            results.put("its name cannot be resolved")

    threading.Thread(target=resolve, name="sparkmon-resolve", daemon=True).start()
    try:
        answer = results.get(timeout=timeout_s)
    except queue.Empty:
        answer = "its name was not resolved in time"
    if isinstance(answer, str):
        raise _NoAddressError(f"it cannot be reached: {answer}")
    return answer
