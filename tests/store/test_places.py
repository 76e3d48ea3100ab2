"""How a store is named: its URL, its password, what it is without SQLAlchemy or a server."""

import subprocess
import sys
from pathlib import Path

import certifi
import pytest
from sqlalchemy import make_url

from sparkmon.errors import OptionError, StoreError
from sparkmon.store import FeatureView, LocalStore, SqlStore, open_store


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:s3cret@h:port/db",
        "mysql://u:s3cret@h",
        "mysql://u:s3cret@/db",
        "postgresql://u:s3cret@h/db",
        "mysql://u:s3cret@h/db?ssl_mode=off",
        "s3://u:s3cret@bucket",
        "",
    ],
)
def test_places_that_nobody_knows_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(OptionError) as caught:
        open_store(url)
    assert "s3cret" not in str(caught.value)


def test_a_password_is_shown_nowhere() -> None:
    store = open_store("mariadb://u:s3cret%40@127.0.0.1:1/db")
    assert repr(store) == "SqlStore('mysql://u:***@127.0.0.1:1/db')"
    with pytest.raises(StoreError) as caught:
        store.write_view(FeatureView("v", 1, (), ()))
    assert "s3cret" not in str(caught.value)


def test_a_password_may_come_from_the_environment(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_url(database)
    store = SqlStore(f"mysql://{url.username}@{url.host}:{url.port}/{url.database}")
    with pytest.raises(StoreError, match="Access denied"):
        store.write_view(FeatureView("v", 1, (), ()))
    monkeypatch.setenv("SPARKMON_STORE_PASSWORD", str(url.password))
    store.write_view(FeatureView("v", 1, (), ()))


def test_a_server_without_tls_is_refused_if_tls_is_required(database: str, tmp_path: Path) -> None:
    store = SqlStore(f"{database}?ssl_ca={certifi.where()}")
    with pytest.raises(StoreError, match=r"(?i)ssl|tls|certificate"):
        store.write_view(FeatureView("v", 1, (), ()))
    with pytest.raises(OptionError, match="ssl_ca"):
        SqlStore(f"{database}?ssl_ca={tmp_path / 'absent'}").write_view(FeatureView("v", 1, (), ()))


def test_a_local_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="writing 'g' failed"):
        LocalStore(tmp_path / "file").write_rows("g", ["id"], [{"id": 1}])
    (tmp_path / "online.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        LocalStore(tmp_path).write_rows("g", ["id"], [{"id": 1}])


def test_the_room_loads_neither_sqlalchemy_nor_spark_until_a_database_is_used() -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "import sparkmon.store as s; store = s.LocalStore('x')\n"
        "print([each for each in ('pyspark', 'fastavro') if each in sys.modules])\n"
        "try: store.write_rows('g', ['id'], [{'id': 1}])\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "[]\n[SPARKMON_MISSING_EXTRA] SQLAlchemy is not installed; run: pip install 'sparkmon-kserve[sql]'\n"
    )
