"""Brings the database to the model and keeps the versions of rules."""
