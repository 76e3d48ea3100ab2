"""What the store serves for one model: which feature groups, by which keys, in which order."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sparkmon.errors import OptionError


@dataclass(frozen=True, slots=True)
class GroupInView:
    """One feature group of a view: an online table, the key that finds a row in it, and the features in the row.

    Parameters
    ----------
    name : str
        The online table, which in Hopsworks' layout ends in the group's version: ``card_activity_1``.
    keys : mapping
        Primary-key column to the entity id of the request.
    features : mapping
        Column to the name of the feature in the vector (which may have a prefix).
    time : str, optional
        The column with the time at which the row was computed (naive times are UTC), for the features' age.
    max_age_s : float, optional
        The age from which a row is stale; needs ``time``.
    avro : mapping, optional
        Column to the Avro schema, as JSON text, of a column that holds Avro bytes (arrays, maps, structs).
    booleans : tuple of str, optional
        Columns that hold 0 and 1 in a ``tinyint`` and mean False and True.
    """

    name: str
    keys: Mapping[str, str]
    features: Mapping[str, str]
    time: str | None = None
    max_age_s: float | None = None
    avro: Mapping[str, str] = field(default_factory=dict)
    booleans: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or not self.keys:
            raise OptionError.missing("keys", f"the primary key of the feature group {self.name!r}")
        if self.max_age_s is not None and (self.time is None or not self.max_age_s > 0):
            expected = f"seconds above 0, and a column `time` in {self.name!r}"
            raise OptionError.malformed("max_age_s", self.max_age_s, expected)


@dataclass(frozen=True, slots=True)
class FeatureView:
    """The features of one model, in the order of its input, and where each comes from.

    A feature of no group comes with the request; one that is listed twice, or is of two groups, is an OptionError.

    Parameters
    ----------
    name, version
        The key of the view.
    features : tuple of str
        The vector, in order.
    groups : tuple of GroupInView
        Joined by their keys; each is looked up by itself.

    Examples
    --------
    >>> cards = GroupInView("cards_1", {"card_id": "card_id"}, {"mean_amount": "mean_amount"})
    >>> view = FeatureView("fraud", 1, ("mean_amount", "amount"), (cards,))
    >>> view.entity_ids, view.from_request
    (('card_id',), ('amount',))
    >>> FeatureView.from_json(view.to_json()) == view
    True
    """

    name: str
    version: int
    features: tuple[str, ...]
    groups: tuple[GroupInView, ...]

    def __post_init__(self) -> None:
        stored = [feature for group in self.groups for feature in group.features.values()]
        for names in (self.features, stored, [group.name for group in self.groups]):
            twice = [name for name in dict.fromkeys(names) if list(names).count(name) > 1]
            if twice:
                raise OptionError(
                    f"got {twice[0]!r} twice in the feature view {self.name!r}; name each feature once "
                    "and take it from one group"
                )

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """The ids that find the rows of all groups, each once, in the order of the groups."""
        return tuple(dict.fromkeys(name for group in self.groups for name in group.keys.values()))

    @property
    def from_request(self) -> tuple[str, ...]:
        """The features of no group, in the order of the vector."""
        stored = {feature for group in self.groups for feature in group.features.values()}
        return tuple(name for name in self.features if name not in stored)

    def to_json(self) -> str:
        """Return the view as JSON text; see :meth:`from_json`."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "FeatureView":
        """Read what :meth:`to_json` wrote; OptionError if the text is not a feature view."""
        try:
            fields: dict[str, Any] = json.loads(text)
            groups = [
                GroupInView(**(group | {"booleans": tuple(group.get("booleans", ()))})) for group in fields["groups"]
            ]
            features = tuple(map(str, fields["features"]))
            return cls(str(fields["name"]), int(fields["version"]), features, tuple(groups))
        except OptionError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise OptionError(
                f"got a feature view that cannot be read ({type(error).__name__}: {error!s:.200}); "
                "write it with FeatureView.to_json"
            ) from error
