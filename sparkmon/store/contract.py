"""What sparkmon asks of a feature store: the references that judge traffic, and the rows that enrich it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import ReferenceMissingError
from sparkmon.records import Feature, ModelSchema
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, OnlineView

__all__ = ["DEFAULT_REFERENCE", "FeatureStore", "schemas_of"]

DEFAULT_REFERENCE = "training"
"""The name of the reference that is used when none is named."""


class FeatureStore(ABC):
    """A feature store's two sides: training references, and online rows by key.

    References travel as Arrow tables of ``sparkmon.distributions.schema.REFERENCES``; they are small, a few tens of
    kilobytes a column.
    """

    @abstractmethod
    def write_reference(self, table: pa.Table) -> None:
        """Store the references in ``table``, in place of those of the same model, version and name.

        Raises
        ------
        ProfileError
            The table has not the columns of a reference.
        StoreError
            The store cannot be written.
        """

    @abstractmethod
    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """Return the references of that name, of all models and versions; an empty table if there are none."""

    @abstractmethod
    def write_rows(
        self,
        group: str,
        key: Sequence[str],
        rows: Sequence[Entry],
        *,
        avro: Mapping[str, str] | None = None,
    ) -> None:
        """Insert online rows into a feature group, in place of rows with the same key; all of them or none.

        Parameters
        ----------
        group : str
            The online table, made at the first row with the columns and types of these rows.
        key : sequence of str
            Its primary key.
        rows : sequence of mapping
            Column to value; a column that a row leaves out is NULL.
        avro : mapping, optional
            Column to the Avro schema, as JSON text, of the columns whose values are lists or dicts.

        Raises
        ------
        OptionError
            A row lacks a key column, or has a column that the group has not, or a value of another type.
        StoreError
            The store cannot be written.
        """

    @abstractmethod
    def write_view(self, view: FeatureView) -> None:
        """Store the definition of a feature view, in place of that of the same name and version.

        Raises
        ------
        StoreError
            The store cannot be written, or takes no views from outside.
        """

    @abstractmethod
    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """Return the definition of a feature view.

        Raises
        ------
        StoreError
            The store has no such view (the message names those it has), or cannot be read.
        """

    @abstractmethod
    def open_view(
        self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8
    ) -> OnlineView:
        """Open a feature view for reading vectors; needs no server until the first read.

        Parameters
        ----------
        view : FeatureView
            As :meth:`read_view` gives it.
        timeout_s : float, default 1.0
            How long one read may take, in seconds, waiting for a connection included.
        connections : int, default 8
            How many lookups may run at once; more wait.
        """

    def schemas(self, reference: str = DEFAULT_REFERENCE) -> list[ModelSchema]:
        """Return the columns of every model that has a reference, in the order of its payloads."""
        return schemas_of(self.read_references(reference))

    def require_reference(self, model: str, reference: str = DEFAULT_REFERENCE) -> ModelSchema:
        """Return one model's columns, or raise ReferenceMissingError with the command that makes a reference."""
        schemas = {schema.model: schema for schema in self.schemas(reference)}
        if model not in schemas:
            raise ReferenceMissingError(
                f"the store has no reference {reference!r} for the model {model!r}; it has "
                f"{', '.join(schemas) or 'none'}; make one with: sparkmon profile TABLE --as {model}"
            )
        return schemas[model]


def schemas_of(references: pa.Table) -> list[ModelSchema]:
    """Return the columns of every model in a table of references, in the order of its payloads."""
    columns = [
        "model",
        "model_version",
        "column_name",
        "column_kind",
        "data_type",
        "column_index",
    ]
    is_whole = pc.and_(
        pc.is_null(references["block_start"]),
        pc.is_null(references["slice_key"]),
    )
    whole = references.filter(is_whole).select(columns)
    by_model: dict[str, dict[str, list[Feature]]] = {}
    versions: dict[str, str] = {}
    for row in sorted(
        whole.to_pylist(), key=lambda row: (row["model_version"], row["column_index"])
    ):
        model = row["model"]
        if versions.setdefault(model, row["model_version"]) != row["model_version"]:
            continue  # the columns of the first version stand for all
        lists = by_model.setdefault(model, {"feature": [], "prediction": []})
        if row["column_kind"] in lists:  # the column :joint is none of a payload
            lists[row["column_kind"]].append(Feature(row["column_name"], row["data_type"]))
    return [
        ModelSchema(model, tuple(lists["feature"]), tuple(lists["prediction"]))
        for model, lists in sorted(by_model.items())
    ]
