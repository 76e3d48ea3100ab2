"""A dashboard's settings, checked before it starts."""

from dataclasses import dataclass
from ipaddress import ip_address

from sparkmon.errors import OptionError
from sparkmon.secret import Secret
from sparkmon.store import DEFAULT_REFERENCE


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """Settings of one dashboard.

    Raises OptionError: a value is out of its range, or others than this machine could write without showing who they
    are.

    >>> DashboardSettings("/data/monitoring").is_local
    True
    >>> DashboardSettings("/data/monitoring", host="0.0.0.0", write=True)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got write on 0.0.0.0 without token and user_header; set one of them
    """

    tables: str
    """The location of the tables: a directory or a URL."""
    store: str | None = None
    """The feature store with the references; without it, windows are set beside the first window of the span."""
    reference: str = DEFAULT_REFERENCE
    """The name of the references."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8081
    """0 takes a free one."""
    write: bool = False
    """Whether incidents can be acknowledged and silenced."""
    token: Secret | None = None
    """What browsers ask for as the password of HTTP Basic; the user's name is free, and recorded with each action."""
    user_header: str | None = None
    """The header in which a reverse proxy says who asks, such as ``X-Forwarded-User``. Anybody who reaches the
    dashboard by another way can set it."""
    hostnames: tuple[str, ...] = ()
    """Names under which browsers reach it, next to its address; others are refused (a site could otherwise have its own
    name point here)."""
    poll_seconds: float = 2.0
    """How often the tables are looked at for changes, while pages are open."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise OptionError.malformed("port", self.port, "0 to 65535")
        if not 0.1 <= self.poll_seconds <= 3600:
            raise OptionError.malformed("poll_seconds", self.poll_seconds, "0.1 to 3600")
        if self.write and not self.is_local and self.token is None and self.user_header is None:
            raise OptionError(f"got write on {self.host} without token and user_header; set one of them")

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def accepted_hosts(self) -> tuple[str, ...]:
        """The values of ``Host``, without ports, that are answered; ``*`` is any."""
        if self.is_local or self.hostnames:
            return (*self.hostnames, "127.0.0.1", "localhost", "::1", self.host)
        return ("*",)
