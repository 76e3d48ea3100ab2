"""What is looked at after an alarm: which columns set the rows of one table apart from those of another."""

from sparkmon.explain.domain_classifier import DomainShift, domain_classifier

__all__ = ["DomainShift", "domain_classifier"]
