"""The sections of the compare page: each draws itself from records and choices."""
