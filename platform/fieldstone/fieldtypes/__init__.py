"""One file per field type; each exposes TYPE."""
