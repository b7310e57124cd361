"""Tests of storage on real SQLite and real PostgreSQL."""
