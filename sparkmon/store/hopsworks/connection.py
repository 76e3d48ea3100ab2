"""The one login of this process to Hopsworks; its client keeps it in global state, and so it is kept here once."""

import contextlib
import os
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sparkmon.errors import MissingExtraError, OptionError, StoreError

ClientStore: TypeAlias = Any
"""``hsfs.feature_store.FeatureStore``, which comes without types."""

_VERIFICATION = "HOPSWORKS_HOSTNAME_VERIFICATION"
_YES = {"true", "1", "y", "yes"}
_lock = threading.Lock()
_login: "tuple[int, HopsworksSettings, ClientStore] | None" = None


@dataclass(frozen=True, slots=True)
class HopsworksSettings:
    """Where Hopsworks is, and how it is trusted; see :class:`HopsworksStore`. The key is never printed."""

    project: str
    host: str | None = None
    port: int = 443
    api_key: str | None = field(default=None, repr=False)
    trust_store: str | None = None

    def __post_init__(self) -> None:
        if not self.project:
            raise OptionError.missing("project", "the name of a Hopsworks project")
        if not 0 < self.port < 65536:
            raise OptionError.malformed("port", self.port, "1 to 65535")


def logged_in(settings: HopsworksSettings) -> ClientStore:
    """Return the client's feature store, logging in at the first call of a process. Blocks; safe from any thread."""
    global _login
    with _lock:
        # A forked worker inherits its parent's connections, and must not use them.
        if _login is not None and _login[0] == os.getpid():
            if _login[1] == settings:
                return _login[2]
            raise StoreError(
                f"this process is logged in to Hopsworks as {_login[1]!r}, and asked to log in as {settings!r}; "
                "the client knows one login a process; close the first store"
            )
        store = _log_in(settings)
        _login = (os.getpid(), settings, store)
        return store


def log_out(settings: HopsworksSettings) -> None:
    """Forget the login of these settings, if it is this process's."""
    global _login
    with _lock:
        if _login is None or _login[:2] != (os.getpid(), settings):
            return
        _login = None
        import hopsworks

        with contextlib.redirect_stdout(sys.stderr):
            hopsworks.logout()


def redacted(settings: HopsworksSettings, error: Exception) -> str:
    """Return the message of the client, on one line, cut short and without the key."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    key = _api_key(settings)
    return (text.replace(key, "***") if key else text)[:400]


def _log_in(settings: HopsworksSettings) -> ClientStore:
    if "REST_ENDPOINT" not in os.environ:  # inside a pod it is
        _require_settings(settings)
    try:
        import hopsworks
    except ImportError as error:
        raise MissingExtraError.of("hopsworks", "hopsworks") from error
    try:
        # The client greets on standard output, which may be a pipe of results.
        with contextlib.redirect_stdout(sys.stderr):
            project = hopsworks.login(
                host=settings.host,
                port=settings.port,
                project=settings.project,
                api_key_value=_api_key(settings),
                hostname_verification=True,
                trust_store_path=settings.trust_store,
                # Without an engine the client starts Spark where pyspark is installed.
                engine="training",
            )
            store: ClientStore = project.get_feature_store()
    except Exception as error:
        # The client raises its own, requests' and plain errors for what is all one here.
        raise StoreError(
            f"cannot log in to Hopsworks as {settings!r}: {redacted(settings, error)}; "
            "check host, port, project, API key and trust store"
        ) from error
    if project.name != settings.project:
        raise StoreError(
            f"this pod belongs to the project {project.name!r}, and not to {settings.project!r}; "
            "inside a pod only its own project can be read"
        )
    return store


def _require_settings(settings: HopsworksSettings) -> None:
    if settings.host is None:
        raise OptionError.missing("host", "the host of Hopsworks; only inside its pods it is known")
    if not _api_key(settings):
        raise OptionError.missing("api_key", "a Hopsworks API key, best by the environment: HOPSWORKS_API_KEY")
    verification = os.environ.get(_VERIFICATION, "true")
    if verification.lower() not in _YES:
        raise OptionError.malformed(_VERIFICATION, verification, "true, or not set: certificates are verified")


def _api_key(settings: HopsworksSettings) -> str | None:
    return settings.api_key or os.environ.get("HOPSWORKS_API_KEY")
