"""Why an owner lost a record, in the reader's language: the engine's words, and the reasons that pools ask for."""

from __future__ import annotations

from collections.abc import Mapping

from fieldstone.rules.pool_body import Pool
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech


def ended_because(asked: Asked, object_name: str, reason: str, words: Mapping[str, str]) -> str:
    """Return a reason by `words`; what follows a known word ("returned: too_many") is a pool's reason, or typed."""
    t, language = speech(asked.language).t, asked.language
    code, colon, more = reason.partition(": ")
    if code not in words:
        return reason
    if not colon:
        return t(words[code])
    pools = [rule.body for rule in asked.model.rules_of(object_name, "pool")]
    known = {
        c: label.text(language)
        for one in pools
        if isinstance(one, Pool)
        for c, label in one.reasons
    }
    return f"{t(words[code])}{'：' if language == 'zh' else ': '}{known.get(more, more)}"
