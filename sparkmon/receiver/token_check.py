"""The bearer token of senders: where it is stored, and whether a request has it."""

import hmac
import logging
import re
import time
from collections.abc import Callable, Iterable
from hashlib import sha256

from sparkmon.errors import OptionError
from sparkmon.secret import Secret

logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,4096}=*")
_READ_AGAIN_S = 1.0


class TokenCheck:
    """Compares the tokens of requests with one in a file or an environment variable.

    A file is read again at most once a second. It has one or two tokens, one per line: both are accepted, so
    that senders can change to a new one without a gap. A token has 16 characters or more, of those that RFC 6750
    allows: letters, digits and ``-._~+/``, with ``=`` at its end; ``openssl rand -hex 32`` makes one.
    """

    def __init__(self, secret: Secret, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret = secret
        self._clock = clock
        self._digests = _digests(secret)
        self._read_time = clock()

    def accepts(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether a request has the token, once; OptionError if the token cannot be read at the moment.

        The time it takes does not depend on how much of it is right.
        """
        self._read_again()
        if not self._digests:
            raise OptionError(f"no token can be read from {self._secret!r}; see the receiver's log")
        values = [value for name, value in headers if name == b"authorization"]
        if len(values) != 1 or values[0][:7].lower() != b"bearer ":
            return False
        digest = sha256(values[0][7:].strip()).digest()
        # A list, so that all are compared.
        return any([hmac.compare_digest(digest, expected) for expected in self._digests])

    def _read_again(self) -> None:
        now = self._clock()
        if now - self._read_time < _READ_AGAIN_S:
            return
        self._read_time = now
        try:
            self._digests = _digests(self._secret)
        except OptionError as error:
            if self._digests:
                logger.error("posts are refused until the token can be read: %s", error)
            self._digests = ()


def _digests(secret: Secret) -> tuple[bytes, ...]:
    """Read the tokens as digests, which are of one length."""
    tokens = secret.read().split()
    if not 1 <= len(tokens) <= 2 or not all(map(_TOKEN.fullmatch, tokens)):
        raise OptionError(
            f"got no token in {secret!r}; expected one or two lines, each of 16 to 4096 characters: letters, digits "
            "and -._~+/"
        )
    return tuple(sha256(token.encode()).digest() for token in tokens)
