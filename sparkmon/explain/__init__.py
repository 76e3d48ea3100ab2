"""What is looked at after an alarm: which columns set the rows of one table apart from those of another."""

from sparkmon.explain.domain_classifier import DomainShift as DomainShift, domain_classifier as domain_classifier
