"""The references that what a monitor found is shown with."""

import pyarrow as pa

from sparkmon.cli.terminal import note
from sparkmon.store import open_store


def open_references(place: str) -> pa.Table:
    """Return the references of a feature store, and say so if it has none; StoreError if it does not answer."""
    store = open_store(place)
    references = store.read_references()
    if not references.num_rows:
        note(f"{store!r} has no references; windows are shown next to the first window instead")
    return references
