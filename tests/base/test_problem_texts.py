"""Every problem that the source can raise is told in English and in Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fieldstone.base.errors import Problem
from fieldstone.base.problem_texts import CHINESE, chinese_texts, in_language
from fieldstone.web.problems import STATUS_CODES

PACKAGE = Path(__file__).resolve().parents[2] / "platform/fieldstone"
CODE = re.compile(r"[a-z][a-z0-9_]{2,40}")
# What makes a problem: the first two from a code, the others with the code among a place and texts.
MADE = {"Problem", "InvalidValueError"}
TOLD = {"problem", "problem_in_text", "refuse", "refusal", "fail", "error", "add", "_refused", "_refusal", "Finding"}  # fmt: skip
# By the words of the rule or of the site itself, in both languages.
OWN_WORDS = {"rule.code"}


def name_of(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def is_sentence(node: ast.expr) -> bool:
    """Tell whether an argument is, or may be, a text for people."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and " " in node.value
    return isinstance(node, ast.JoinedStr | ast.Name | ast.Call | ast.IfExp | ast.BinOp)


def returned_codes(tree: ast.AST) -> Iterator[str]:
    """Return the codes of what a function returns as (code, message, cure)."""
    for one in ast.walk(tree):
        if not isinstance(one, ast.Return) or not isinstance(one.value, ast.Tuple):
            continue
        code, *texts = one.value.elts or [ast.Constant("")]
        if len(texts) == 2 and all(map(is_sentence, texts)):
            for part in ast.walk(code):
                if isinstance(part, ast.Constant) and CODE.fullmatch(str(part.value)):
                    yield str(part.value)


def codes_in(tree: ast.AST) -> Iterator[str]:
    yield from returned_codes(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or name_of(call) not in MADE | TOLD:
            continue
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        for place, one in enumerate(given):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                told = name_of(call) in MADE or any(map(is_sentence, given[place + 1 :]))
                if CODE.fullmatch(one.value) and told:
                    yield one.value
                    break
            if name_of(call) in MADE:
                break


@cache
def codes() -> frozenset[str]:
    """Return every code that stands in the source."""
    sources = (path for path in PACKAGE.rglob("*.py") if "demo" not in path.parts)
    trees = (ast.parse(path.read_text("utf-8")) for path in sources)
    return frozenset(code for tree in trees for code in codes_in(tree)) | STATUS_CODES


def test_the_source_is_read() -> None:
    assert {"required", "not_a_number", "unknown_type", "expression_syntax"} <= codes()
    # What a plan finds and stops at.
    assert {"named_elsewhere", "stage_archived", "not_unique", "cannot_convert", "pool_with_records", "times_end"} <= codes()  # fmt: skip


def test_every_problem_has_a_message_and_a_cure_in_chinese() -> None:
    missing = codes() - chinese_texts().keys()

    assert not missing, "add them to ui_templates/translations/problems.zh.json"
    for code, texts in chinese_texts().items():
        assert all(CHINESE.search(text) for text in texts), code


def test_no_text_is_kept_for_a_problem_that_is_no_more() -> None:
    in_source = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))

    assert not [
        code
        for code in chinese_texts()
        if code not in STATUS_CODES and f'"{code}"' not in in_source
    ]


def test_what_the_english_text_quotes_stands_in_the_chinese_one() -> None:
    problem = Problem("unknown_type", "lead.fields.x", "there is no field type 'curency'.", "Write 'currency', or see docs.")  # fmt: skip

    told = in_language(problem, "zh-CN")

    assert told.message == "没有字段类型“curency”。"
    assert told.cure.startswith("您是指“currency”吗？")
    assert (told.code, told.path) == (problem.code, problem.path)


def test_a_text_that_quotes_nothing_has_no_gap() -> None:
    told = in_language(Problem("not_found", "id", "No such import.", "Look again."), "zh")

    assert told.message == "找不到所请求的内容，它可能已被删除，或您无权查看。"


@pytest.mark.parametrize("language", ["en", "en-GB"])
def test_english_stays_as_it_was_written(language: str) -> None:
    problem = Problem("required", "name", "Name is missing.", "Send one.")

    assert in_language(problem, language) is problem


def test_what_a_rule_says_in_chinese_is_told_as_it_is() -> None:
    problem = Problem("holding_limit", "owner", "周梅已持有 50 条线索，上限为 50。", "请先退回。")

    assert in_language(problem, "zh") is problem


def test_a_rule_of_the_site_speaks_for_itself() -> None:
    problem = Problem("no_weekend_calls", "at", "Not on a Sunday.", "Choose a weekday.")

    assert in_language(problem, "zh") is problem
