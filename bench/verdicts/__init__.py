"""False alarms and detection delay: sparkmon's verdicts beside those of others, on tables whose truth is known."""
