"""Numbers to texts and back, as Spark writes and reads them."""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_WHOLE = 2.0**53
_PLAIN = 2.0**40
_HALF_UP = Context(prec=40, rounding=ROUND_HALF_UP)
_SPACE = "".join(map(chr, range(33)))
_WORDS = {
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
    **dict.fromkeys(("nan", "+NaN", "-NaN"), math.nan),
}
_DECIMAL = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)[fd]?", re.ASCII | re.IGNORECASE)


def number_of(text: str) -> float | None:
    """Read a number as Java does, but for hexadecimal ones; None if the text is none.

    >>> number_of(" 1e3 "), number_of("12,5"), number_of("-inf"), number_of("1_000")
    (1000.0, None, -inf, None)
    """
    text = text.strip(_SPACE)
    if match := _DECIMAL.fullmatch(text):
        return float(match[1])
    return _WORDS.get(text, _WORDS.get(text.lower()))


def round_half_up(numbers: FloatArray, digits: int) -> FloatArray:
    """Round halves away from zero, as the number is written: 2.675 to 2.68.

    >>> round_half_up(np.array([2.675, -0.5, 1e300]), 2).tolist(), round_half_up(np.array([-0.5, 2.4]), 0).tolist()
    ([2.68, -0.5, 1e+300], [-1.0, 2.0])
    """
    sizes = np.abs(numbers)
    scale = 10.0**digits
    scaled = sizes * scale
    whole = np.floor(scaled)
    rest = scaled - whole
    rounded = np.copysign((whole + (rest >= 0.5)) / scale, numbers)
    # Where the product is not exact enough to tell, or has no fraction, by the number's text.
    unclear = ~((scaled < _PLAIN) & (np.abs(rest - 0.5) > 1e-3)) & np.isfinite(numbers)
    if digits == 0:
        unclear &= sizes >= _WHOLE
    step = Decimal(1).scaleb(-digits)
    for place in np.flatnonzero(unclear & (sizes < _WHOLE)):
        rounded[place] = Decimal(repr(float(numbers[place]))).quantize(step, context=_HALF_UP)
    return np.where(sizes < _WHOLE, rounded, numbers)
