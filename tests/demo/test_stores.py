"""What the demo accepts as its feature store, and how it fails without one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import OptionError, StoreError


@pytest.mark.parametrize("store", ["mysql", "hopsworks://host/project", "sqlite:///x", ""])
def test_a_store_that_is_no_database_of_a_running_server_is_refused(store: str) -> None:
    result = CliRunner().invoke(app, ["demo", "--store", store])
    assert isinstance(result.exception, OptionError)
    assert "make demo-mysql starts one" in str(result.exception)


def test_a_directory_that_cannot_be_made_is_refused_before_spark_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "file")])
    assert str(result.exception).endswith("expected a directory that can be written (File exists)")


def test_a_password_in_a_refused_store_is_not_printed() -> None:
    result = CliRunner().invoke(app, ["demo", "--store", "postgresql://me:hunter2@db/x"])
    assert "hunter2" not in str(result.exception)
    assert "postgresql://" in str(result.exception)


def test_a_server_that_does_not_answer_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--store", "mysql://nobody@127.0.0.1:9/demo", "--out", str(tmp_path)])
    assert isinstance(result.exception, StoreError)
    assert "127.0.0.1" in str(result.exception)
    assert list(tmp_path.iterdir()) == []
