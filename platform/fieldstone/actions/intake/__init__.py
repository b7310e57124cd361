"""Intake: what arrives through forms, partners, mailboxes, files and cards becomes records and touch points."""
