"""Small and capital letters on PostgreSQL by the full Unicode rules, whatever the locale is."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from fieldstone.expressions.sqltypes import PlainText

# Servers from 18 on carry the rules themselves; older ones have them from ICU.
_FIRST_WITH_OWN_RULES: Final = 18


class InSmallLetters(FunctionElement[str]):
    """lower(text) by Unicode."""

    name = "lower"
    type = PlainText()
    inherit_cache = True


class InCapitals(FunctionElement[str]):
    """upper(text) by Unicode."""

    name = "upper"
    type = PlainText()
    inherit_cache = True


@compiles(InSmallLetters, "postgresql")
@compiles(InCapitals, "postgresql")
def _compile(element: FunctionElement[str], compiler: Any, **settings: Any) -> str:
    version = getattr(compiler.dialect, "server_version_info", None) or (0,)
    rules = "pg_unicode_fast" if version[0] >= _FIRST_WITH_OWN_RULES else "und-x-icu"
    text = compiler.process(element.clauses, **settings)
    return f'{element.name}(({text}) COLLATE "{rules}")'
