"""The dashboard: pages of what the tables of a monitor show, and of what people do about it.

``sparkmon.dashboard.app`` serves it, ``sparkmon.dashboard.report`` writes one file; both need the extra ``dashboard``.
"""
