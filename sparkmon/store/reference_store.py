"""The contract of a store of references: the training distributions that live traffic is compared with."""

from abc import ABC, abstractmethod
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import OptionError, StoreError
from sparkmon.records import Feature, ModelSchema

DEFAULT_REFERENCE = "training"
"""The name of the reference that is used when none is named."""


class ReferenceStore(ABC):
    """Training references by model, version and name.

    References travel as Arrow tables of ``sparkmon.distributions.schema.REFERENCES``, some tens of KB per column.
    A read-only store implements :meth:`read_references` alone, and sets :attr:`write_elsewhere`; another one
    implements all three.
    """

    write_elsewhere = "write references to the system that it reads"
    """What to do instead of writing, if the store is read-only."""

    def check_writable(self) -> None:
        """Raise StoreError if :meth:`write_reference` would: asked before references are computed."""
        raise StoreError(f"{self!r} is read-only; {self.write_elsewhere}")

    def write_reference(self, table: pa.Table) -> None:
        """Store the references in ``table`` in place of those of the same model, version and name.

        ProfileError if the table lacks columns of a reference, StoreError if the store cannot be written.
        """
        ReferenceStore.check_writable(self)

    @abstractmethod
    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """Return the references of that name, of all models and versions; an empty table if there are none."""

    def schemas(self, reference: str = DEFAULT_REFERENCE) -> list[ModelSchema]:
        """Return the columns of every model that has a reference, in the order of its payloads."""
        return schemas_of(self.read_references(reference))


def read_references(store: object, reference: str) -> pa.Table:
    """Return a store's references of that name, or raise OptionError if it is not a ReferenceStore."""
    if not isinstance(store, ReferenceStore):
        raise OptionError.malformed("store", store, "a ReferenceStore, such as LocalStore, SqlStore or HopsworksStore")
    return store.read_references(reference)


def schemas_of(references: pa.Table) -> list[ModelSchema]:
    """Return the columns of every model in a table of references, in the order of its payloads."""
    is_whole = pc.and_(pc.is_null(references["block_start"]), pc.is_null(references["slice_key"]))
    order = ["model", "model_version", "column_index"]
    whole = references.filter(is_whole).select([*order, "column_name", "column_kind", "data_type"])
    schemas = []
    for model, rows in groupby(sorted(whole.to_pylist(), key=itemgetter(*order)), itemgetter("model")):
        # The columns of the first version stand for all. Payloads do not have the column :joint.
        _, columns = next(groupby(rows, itemgetter("model_version")))
        by_kind: dict[str, list[Feature]] = {}
        for row in columns:
            by_kind.setdefault(row["column_kind"], []).append(Feature(row["column_name"], row["data_type"]))
        features, predictions = (tuple(by_kind.get(kind, ())) for kind in ("feature", "prediction"))
        schemas.append(ModelSchema(model, features, predictions))
    return schemas
