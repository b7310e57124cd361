"""Bringing records in from CSV and Excel files: read, clean, write in batches, keep what was refused, undo."""
