"""Functions over texts and lists."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from fieldstone.expressions.function import LISTS, NUMBERS, TEXTS, Form, Function, Sql
from fieldstone.expressions.letter_case import InCapitals, InSmallLetters
from fieldstone.expressions.numbers import whole_part
from fieldstone.expressions.sqltypes import PlainText, StringList, WholeNumber
from fieldstone.expressions.types import Kind

LONGEST_TEXT: Final = 65_536
_BLANKS: Final = " \t\n"


def _text(name: str, *args: Any) -> Sql:
    names = {
        "left": sa.func.left,
        "right": sa.func.right,
        "substr": sa.func.substr,
        "trim": sa.func.trim,
        "btrim": sa.func.btrim,
    }
    return names[name](*args, type_=PlainText())


def _whole(element: Any) -> Sql:
    return sa.type_coerce(element, WholeNumber())


def joined(one: str, other: str) -> str:
    """Return two texts as one, cut at 65,536 characters."""
    return (one + other)[:LONGEST_TEXT]


def _joined_postgresql(one: Sql, other: Sql) -> Sql:
    return _text("left", one.concat(other), sa.literal(LONGEST_TEXT, sa.Integer()))


def _joined_sqlite(one: Sql, other: Sql) -> Sql:
    return _text("substr", one.concat(other), 1, LONGEST_TEXT)


def _first_characters(text: str, count: int) -> str:
    return text[: max(whole_part(count), 0)]


def _first_postgresql(text: Sql, count: Sql) -> Sql:
    held = sa.func.least(
        sa.func.greatest(sa.func.trunc(count), sa.literal(0, sa.Integer())), LONGEST_TEXT * 1000
    )
    # GREATEST skips NULL: the product keeps a missing count missing.
    return sa.case((count.is_not(None), _text("left", text, sa.cast(held, sa.Integer()))))


def _list_has(values: tuple[str, ...], item: str) -> bool:
    return item in values


def _starts(text: Sql, start: Sql) -> Sql:
    return sa.func.starts_with(text, start, type_=sa.Boolean())


def _ends(text: Sql, end: Sql) -> Sql:
    return _text("right", text, sa.func.char_length(end)) == end


FUNCTIONS: Final = (
    Function(
        "contains",
        (
            Form(
                (TEXTS, TEXTS),
                Kind.BOOLEAN,
                str.__contains__,
                lambda text, piece: sa.func.strpos(text, piece) > 0,
                lambda text, piece: sa.func.instr(text, piece) > 0,
                code="({1} in {0})",
            ),
            Form(
                (LISTS, TEXTS),
                Kind.BOOLEAN,
                _list_has,
                lambda values, item: sa.type_coerce(values, StringList().on_postgresql).has_key(
                    item
                ),
                code="({1} in {0})",
            ),
        ),
        "Test whether a text has a piece in it, letter for letter, or a list has an element.",
        "{0} contains {1}",
        "{0}包含{1}",
        example="contains(lower(company), 'school')",
    ),
    Function(
        "starts_with",
        (
            Form(
                (TEXTS, TEXTS),
                Kind.BOOLEAN,
                str.startswith,
                _starts,
                lambda text, start: _text("substr", text, 1, sa.func.length(start)) == start,
                code="{0}.startswith({1})",
            ),
        ),
        "Test whether a text begins with another, letter for letter; an index serves it.",
        "{0} starts with {1}",
        "{0}以{1}开头",
        example="starts_with(mobile, '+86')",
    ),
    Function(
        "ends_with",
        (Form((TEXTS, TEXTS), Kind.BOOLEAN, str.endswith, _ends, code="{0}.endswith({1})"),),
        "Test whether a text ends with another, letter for letter.",
        "{0} ends with {1}",
        "{0}以{1}结尾",
        example="ends_with(email, '.edu.cn')",
    ),
    Function(
        "lower",
        (
            Form(
                (TEXTS,),
                Kind.TEXT,
                str.lower,
                InSmallLetters,
                code="{0}.lower()",
            ),
        ),
        "Give the text in small letters, in every alphabet.",
        "{0} in small letters",
        "{0}的小写",
        example="lower(email) == 'li@example.com'",
    ),
    Function(
        "upper",
        (
            Form(
                (TEXTS,),
                Kind.TEXT,
                str.upper,
                InCapitals,
                code="{0}.upper()",
            ),
        ),
        "Give the text in capital letters, in every alphabet.",
        "{0} in capitals",
        "{0}的大写",
        example="upper(country) == 'CN'",
    ),
    Function(
        "trim",
        (
            Form(
                (TEXTS,),
                Kind.TEXT,
                lambda text: text.strip(_BLANKS),
                lambda text: _text("btrim", text, _BLANKS),
                lambda text: _text("trim", text, _BLANKS),
            ),
        ),
        "Give the text without spaces, tabs and line ends around it.",
        "{0} without spaces around it",
        "去掉首尾空格的{0}",
        example="trim(name) != ''",
    ),
    Function(
        "left",
        (Form((TEXTS, NUMBERS), Kind.TEXT, _first_characters, _first_postgresql),),
        "Give the first characters of a text.",
        "the first {1} characters of {0}",
        "{0}的前{1}个字符",
        example="left(code, 2) == 'GD'",
    ),
    Function(
        "length",
        (
            Form(
                (TEXTS,),
                Kind.NUMBER,
                len,
                lambda text: _whole(sa.func.char_length(text)),
                lambda text: _whole(sa.func.length(text)),
                code="len({0})",
            ),
            Form(
                (LISTS,),
                Kind.NUMBER,
                len,
                lambda values: _whole(sa.func.jsonb_array_length(values)),
                lambda values: _whole(sa.func.json_array_length(values)),
                code="len({0})",
            ),
        ),
        "Count the characters of a text or the elements of a list.",
        "the length of {0}",
        "{0}的长度",
        example="length(need) >= 10",
    ),
)

JOIN: Final = Form((TEXTS, TEXTS), Kind.TEXT, joined, _joined_postgresql, _joined_sqlite)
