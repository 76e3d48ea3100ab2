"""One fixture that runs a test over every store."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkmon.store import FeatureStore, LocalStore, SqlStore


@pytest.fixture(params=["local", pytest.param("sql", marks=pytest.mark.mariadb)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FeatureStore:
    """Give an empty store of each kind."""
    if request.param == "local":
        return LocalStore(tmp_path / "a store with 'quotes', % and ?")
    return SqlStore(request.getfixturevalue("database"))
