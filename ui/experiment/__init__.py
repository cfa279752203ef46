"""The parts of the Experiment page."""
