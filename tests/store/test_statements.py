"""The statements that are sent to a database."""

from sqlalchemy.dialects import mysql, sqlite

from sparkmon.store.sql.statements import select_statement


def test_rows_are_selected_by_their_keys() -> None:
    words = ("t", ["a", "b", "v"], ["a", "b"], 2)
    assert select_statement(sqlite.dialect(), *words) == (
        'SELECT "a", "b", "v" FROM "t" WHERE ("a", "b") IN (VALUES (?, ?), (?, ?))'
    )
    assert select_statement(mysql.dialect(), *words) == (
        "SELECT `a`, `b`, `v` FROM `t` WHERE (`a`, `b`) IN ((%s, %s), (%s, %s))"
    )
