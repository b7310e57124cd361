"""Declared reports and dashboards become reads, then tables and charts."""
