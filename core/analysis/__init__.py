"""Pure arithmetic on records. No store, no framework, no page: frozen records in, frozen records out."""
