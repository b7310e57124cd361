"""Fieldstone: a low-code business platform whose objects and rules are described in YAML."""

from __future__ import annotations

__version__ = "0.1.0"
