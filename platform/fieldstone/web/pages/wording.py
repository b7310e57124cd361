"""What a refusal says to people: as it was written, in Chinese by its code."""

from __future__ import annotations

from typing import Final

from fieldstone.base.errors import Problem

# By code; rules and stages bring their own words in both languages and are told as they are.
CHINESE: Final = {
    "required": "请填写此项。",
    "not_found": "找不到这条记录，它可能已被删除，或您无权查看。",
    "forbidden": "您的角色没有此权限，请联系管理员。",
    "csrf": "页面已过期，请刷新后重试。",
    "sign_in": "请先登录。",
    "duplicate": "已存在相同的记录。",
    "not_unique": "已有记录使用了这个值，请换一个。",
    "stale": "其他人刚刚修改了这条记录，请刷新后重试。",
    "version": "其他人刚刚修改了这条记录，请刷新后重试。",
    "already_claimed": "这条记录已被领取，请选择其他记录。",
    "internal": "系统出了点问题，本次操作没有改动任何数据。请稍后重试；如反复出现，请把编号告知管理员。",
    "password": "密码长度不符合要求，请换一个。",
    "method_not_allowed": "此页面不支持该操作。",
    "request_entity_too_large": "提交的内容过大，请分批提交。",
    "bad_cursor": "列表已更新，请刷新后重试。",
    "unknown_field": "没有这个字段，或您无权查看。",
    "expression": "筛选条件有误，请检查后重试。",
}


def told(problem: Problem, language: str) -> str:
    """Return the message and its cure as one text."""
    if language == "zh" and problem.code in CHINESE:
        return CHINESE[problem.code]
    return f"{problem.message} {problem.cure}".strip()


def message(problem: Problem, language: str) -> str:
    """Return the message alone, for the line below a field."""
    if language == "zh" and problem.code in CHINESE:
        return CHINESE[problem.code]
    return problem.message
