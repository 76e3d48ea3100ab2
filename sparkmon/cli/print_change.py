"""Prints the smallest change of a column that is found."""

FOUND_FROM = (
    "found from: the smallest change that three windows find in 95 % of cases; of numbers the shift of a normal column "
    "in standard deviations, of levels the share of rows that the commonest one loses"
)


def change(found_from: float | None, *, is_share: bool) -> str:
    """Return the smallest change that is found, with its unit; nothing for None."""
    if found_from is None:
        return ""
    return f"{found_from:.1%}" if is_share else f"{found_from:.2g} sd"
