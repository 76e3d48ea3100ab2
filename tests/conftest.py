"""Tables of two models, one of them with hostile names, that several tests read."""

import pytest

from tests.support.watched import Watched, watch


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Return where tables are, with a monitor.yaml beside them; tests that write make their own."""
    tables = watch(tmp_path_factory.mktemp("watched"))
    (tables.place / "monitor.yaml").write_text("tables: ./tables\n")
    return tables
