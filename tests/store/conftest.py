"""Each implementation of the contracts of a store; Hopsworks, whose reads need a server, has tests of its own."""

from pathlib import Path

import pytest

from sparkmon.store import LocalStore, SqlStore


@pytest.fixture(params=["local", pytest.param("sql", marks=pytest.mark.mariadb)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LocalStore | SqlStore:
    """Give an empty store of each kind, which is a ReferenceStore and an OnlineStore."""
    if request.param == "local":
        return LocalStore(tmp_path / "a store with 'quotes', % and ?")
    return SqlStore(request.getfixturevalue("database"))
