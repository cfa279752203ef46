"""The sections of a run's page: each draws itself from one record and says what to do where it is empty."""
