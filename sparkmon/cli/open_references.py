"""The references that what a monitor found is shown with."""

from pathlib import Path

import pyarrow as pa

from sparkmon.cli.terminal import note
from sparkmon.store import DEFAULT_REFERENCE, open_store
from sparkmon.yaml_file import reference_name, store_location


def references_place(tables: str, store: str | None, reference: str | None) -> tuple[str | None, str]:
    """Return the store and the name of the references: those of a monitor.yaml, if that is what says where tables are.

    Parameters
    ----------
    tables : str
        A monitor.yaml, or where tables are.
    store, reference : str, optional
        What the command line says, which wins.
    """
    if Path(tables).is_file():
        store, reference = store or store_location(tables), reference or reference_name(tables)
    return store, reference or DEFAULT_REFERENCE


def open_references(place: str, reference: str) -> pa.Table:
    """Return the references of a feature store, and say so if it has none; StoreError if it does not answer."""
    store = open_store(place)
    references = store.read_references(reference)
    if not references.num_rows:
        note(f"{store!r} has no references {reference!r}; windows are shown next to the first window instead")
    return references
