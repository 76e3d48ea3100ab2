"""``flapping``: the incident started firing and resolved too often lately."""

from sparkmon.alerts.suppression.pending import Pending


def is_flapping(pending: Pending) -> bool:
    """Return whether it had ``flap_changes`` transitions in the ``flap_windows`` before this window."""
    policy, window = pending.context.policy, pending.observation
    span = policy.flap_windows * (window.window_end - window.window_start)
    return pending.before.transitions_since(window.window_end - span) >= policy.flap_changes
