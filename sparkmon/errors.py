"""Every exception sparkmon raises on purpose, so that one ``except SparkmonError`` catches them all.

Each class carries a ``condition``; the printed text is ``[CONDITION] what was got; what to do``. The condition
survives the way from a Spark worker to the driver, where the Python class does not.
"""

from collections.abc import Iterable


class SparkmonError(Exception):
    """Raised when sparkmon refuses or fails; the base of every class here."""

    condition = "SPARKMON_ERROR"

    def __init__(self, message: str) -> None:
        if not message.startswith("["):
            message = f"[{self.condition}] {message}"
        super().__init__(message)

    def __str__(self) -> str:
        # KeyError and LookupError print their argument's repr; an error is a sentence everywhere.
        return str(self.args[0])


class OptionError(SparkmonError, ValueError):
    """Raised when an option or argument is missing, malformed or unknown."""

    condition = "SPARKMON_OPTION"
    value: object = None
    expected: str | None = None
    """What a malformed option has, and what it should have, for those who name the option in another way."""

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option

    @classmethod
    def unknown(cls, name: str, names: Iterable[str]) -> "OptionError":
        """Build the error for an unknown option."""
        options = ", ".join(sorted(names))
        return cls(f"got the unknown option {name!r}; known options are {options}", option=name)

    @classmethod
    def missing(cls, name: str, meaning: str) -> "OptionError":
        """Build the error for a required option that was not given."""
        return cls(f"the option {name!r} is missing; set it to {meaning}", option=name)

    @classmethod
    def malformed(cls, name: str, value: object, expected: str) -> "OptionError":
        """Build the error for an option whose value cannot be used."""
        error = cls(f"got {name}={value!r}; expected {expected}", option=name)
        error.value, error.expected = value, expected
        return error

    @classmethod
    def check_above_0(cls, **numbers: float) -> None:
        """Raise the error for the first of these options that is no number above 0."""
        for name, number in numbers.items():
            if not number > 0:
                raise cls.malformed(name, number, "a number above 0")


class ProtocolError(SparkmonError, ValueError):
    """Raised when bytes are no CloudEvent or no body that a KServe model server speaks."""

    condition = "SPARKMON_PROTOCOL"


class SpoolError(SparkmonError, OSError):
    """Raised when a spool segment is damaged, locked by another writer, or gone."""

    condition = "SPARKMON_SPOOL"


class UnknownNameError(SparkmonError, LookupError):
    """Raised when a registry does not have a name."""

    condition = "SPARKMON_UNKNOWN_NAME"
    name: str = ""
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: str, name: str, names: Iterable[str]) -> "UnknownNameError":
        """Build the error with the names that do exist."""
        known_names = sorted(names)
        error = cls(f"there is no {kind} named {name!r}; known are {', '.join(known_names)}")
        error.name, error.names = name, tuple(known_names)
        return error


class NameTakenError(SparkmonError, ValueError):
    """Raised when a second, different thing registers under a name already taken."""

    condition = "SPARKMON_NAME_TAKEN"


class ProfileError(SparkmonError, ValueError):
    """Raised when a profile or distribution is malformed, or two of them cannot be compared."""

    condition = "SPARKMON_PROFILE"


class ReferenceMissingError(SparkmonError, LookupError):
    """Raised when the feature store holds no reference for a model."""

    condition = "SPARKMON_REFERENCE_MISSING"


class StoreError(SparkmonError, RuntimeError):
    """Raised when the feature store cannot be read or written."""

    condition = "SPARKMON_STORE"


class StoreTimeoutError(StoreError, TimeoutError):
    """Raised when the feature store did not answer in time."""

    condition = "SPARKMON_STORE_TIMEOUT"


class ServingError(SparkmonError, RuntimeError):
    """Raised when a request cannot be answered with a prediction; ``status`` is the HTTP status for the caller.

    ``body`` and ``content_type`` are the predictor's own answer where it gave one; ``retry_after_s`` is the time to
    wait before the next attempt, in whole seconds.
    """

    condition = "SPARKMON_SERVING"
    status: int = 500
    body: bytes | None = None
    content_type: str | None = None
    retry_after_s: int | None = None


class AlertDeliveryError(SparkmonError, RuntimeError):
    """Raised when an alert sink could not send a notification.

    ``permanent``: another attempt cannot succeed; ``retry_after_s``: the seconds to wait before the next attempt.
    """

    condition = "SPARKMON_ALERT_DELIVERY"
    permanent: bool = False
    retry_after_s: float | None = None

    @classmethod
    def failed(cls, message: str, *, permanent: bool, retry_after_s: float | None = None) -> "AlertDeliveryError":
        """Build the error for a notification that was not accepted."""
        error = cls(message)
        error.permanent, error.retry_after_s = permanent, retry_after_s
        return error


class CheckpointError(SparkmonError, RuntimeError):
    """Raised when a query cannot go on from its checkpoint, or would write what another query has written."""

    condition = "SPARKMON_CHECKPOINT"


class MissingExtraError(SparkmonError, ImportError):
    """Raised when a feature needs a package that is not installed."""

    condition = "SPARKMON_MISSING_EXTRA"

    @classmethod
    def of(cls, package: str, extra: str) -> "MissingExtraError":
        """Build the error with the command that installs the package."""
        return cls(f"{package} is not installed; run: pip install 'sparkmon-kserve[{extra}]'")
