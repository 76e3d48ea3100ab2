"""Secrets by reference: where one is held, never what it is."""

import os
from dataclasses import dataclass
from pathlib import Path

from sparkmon.errors import OptionError

_LARGEST = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Secret:
    r"""A secret that an environment variable or a file holds, read anew at each use, so that it can be rotated.

    Its ``repr``, and so every log line and error, shows where it is held and not what it is. Exactly one of the
    two places is given.

    Examples
    --------
    >>> import os
    >>> os.environ["PAGER_TOKEN"] = "s3cret"
    >>> token = Secret(env="PAGER_TOKEN")
    >>> token, token.read()
    (Secret(env='PAGER_TOKEN'), 's3cret')
    """

    env: str | None = None
    """The name of an environment variable."""
    file: str | None = None
    """The path of a file of at most 64 KiB, such as a mounted Kubernetes secret; line breaks at its end are cut off."""

    def __post_init__(self) -> None:
        if (self.env is None) == (self.file is None):
            raise OptionError("got a secret with neither or both of env and file; set one of them")

    def __repr__(self) -> str:
        return f"Secret(env={self.env!r})" if self.env is not None else f"Secret(file={self.file!r})"

    def read(self) -> str:
        """Return what is held; OptionError if the variable is not set, the file cannot be read, or it is empty."""
        value = self._content() if self.env is None else os.environ.get(self.env, "")
        if not value:
            raise OptionError(f"{self!r} holds nothing; set it to the secret")
        return value

    def read_token(self) -> str:
        """Return the bearer token to send, the first line; a receiver's file may also have the previous one.

        OptionError if there is none of printable ASCII.
        """
        lines = self.read().split()
        if not lines or not lines[0].isascii() or not lines[0].isprintable():
            raise OptionError(f"got no token in {self!r}; expected a line of printable ASCII")
        return lines[0]

    def _content(self) -> str:
        try:
            with Path(str(self.file)).open("rb") as file:
                return file.read(_LARGEST).decode("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8"
            raise OptionError(f"cannot read {self!r}: {reason}") from error
