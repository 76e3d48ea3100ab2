"""Text from outside."""

from sparkmon.printable import printable


def test_control_characters_become_visible() -> None:
    assert printable("a\x1b[31mred\u202e\nfake line é") == r"a\x1b[31mred\u202e\nfake line é"
