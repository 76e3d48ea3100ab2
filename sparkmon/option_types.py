"""Kinds of options that a configuration file writes in another way than Python does."""

from enum import Enum
from typing import Annotated, TypeAlias

from sparkmon.secret import Secret


class WrittenAs(Enum):
    """How a file writes an option; an annotation carries it."""

    LOCATION = "a path, relative to the file, or a URL"
    TABLES = "a path with a / in it, relative to the file, or a catalog schema"
    SECRET = "the place of a secret, never the secret itself"


Location: TypeAlias = Annotated[str, WrittenAs.LOCATION]
"""A path or a URL."""
TablesLocation: TypeAlias = Annotated[str, WrittenAs.TABLES]
"""A directory with a / in it, or a catalog schema."""
SecretUrl: TypeAlias = Annotated[str | Secret, WrittenAs.SECRET]
"""A URL that is itself a secret."""
