"""The texts of pages in the reader's language."""

from __future__ import annotations

from fieldstone.base.speech import Speech, speech

__all__ = ["Speech", "speech"]
