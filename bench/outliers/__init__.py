"""How well outliers are found: sparkmon's detectors beside PyOD's and river's, on sets whose outliers are known."""
