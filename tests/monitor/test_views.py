"""The feature views of a monitor."""

import pytest

from sparkmon.errors import OptionError
from sparkmon.monitor.views import skew_detector_of


def test_views_need_an_online_store() -> None:
    assert skew_detector_of("references", None) is None
    with pytest.raises(OptionError, match=r"got views and 'references', which is not an OnlineStore"):
        skew_detector_of("references", {"fraud": "cards"})
