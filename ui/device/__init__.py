"""The parts of the Device page: readings as tiles and tables, controls, recorded traces."""
