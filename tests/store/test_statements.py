"""The statements that are sent to a database."""

from sqlalchemy import make_url

from sparkmon.store.sql.statements import select_statement


def test_rows_are_selected_by_their_keys() -> None:
    words = ("t", ["a", "b", "v"], ["a", "b"], 2)
    assert select_statement(make_url("sqlite://").get_dialect()(), *words) == (
        'SELECT "a", "b", "v" FROM "t" WHERE ("a", "b") IN (VALUES (?, ?), (?, ?))'
    )
    assert select_statement(make_url("mysql+pymysql://").get_dialect()(), *words) == (
        "SELECT `a`, `b`, `v` FROM `t` WHERE (`a`, `b`) IN ((%s, %s), (%s, %s))"
    )
