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
    "database_away": "数据库暂时没有响应。请几秒后重试；如正在保存，请先查看是否已保存。",
    "changed_meanwhile": "配置刚刚更新，本次操作没有改动任何数据，请重试。",
    "internal": "系统出了点问题，本次操作没有改动任何数据。请稍后重试；如反复出现，请把编号告知管理员。",
    "password": "密码长度不符合要求，请换一个。",
    "method_not_allowed": "此页面不支持该操作。",
    "request_entity_too_large": "提交的内容过大，请分批提交。",
    "bad_cursor": "列表已更新，请刷新后重试。",
    "unknown_field": "没有这个字段，或您无权查看。",
    "expression": "筛选条件有误，请检查后重试。",
    "not_a_phone": "电话号码不正确，请检查位数和区号。",
    "not_an_email": "邮箱地址不正确。",
    "not_a_url": "网址不正确，请以 https:// 开头。",
    "not_a_number": "请填写数字。",
    "not_whole": "请填写整数。",
    "inexact_number": "请填写准确的数字。",
    "too_many_decimals": "小数位数过多。",
    "too_large": "数值过大。",
    "too_small": "数值过小。",
    "too_long": "内容过长，请缩短。",
    "too_short": "内容过短。",
    "too_many": "数量过多。",
    "not_a_date": "日期不正确，请按 2026-11-22 填写。",
    "not_a_datetime": "日期时间不正确，请按 2026-11-22 09:30 填写。",
    "needs_offset": "日期时间不正确，请按 2026-11-22 09:30 填写。",
    "not_a_time": "时间不正确，请按 09:30 填写。",
    "not_a_duration": "时长不正确，请按“1小时30分钟”填写。",
    "not_a_rating": "请选择 1 到 5 星。",
    "not_boolean": "请选择是或否。",
    "unknown_option": "没有这个选项，请重新选择。",
    "archived_option": "该选项已停用，请重新选择。",
    "not_offered": "与上级选项不匹配，请重新选择。",
    "not_an_id": "请从列表中选择。",
    "no_such_record": "所选记录不存在或已被删除，请重新选择。",
    "bad_character": "内容中有不支持的字符，请删除。",
    "bad_format": "格式不正确。",
    "bad_tag": "标签不正确。",
    "not_json": "JSON 格式不正确。",
    "bad_html": "内容格式不正确。",
    "not_text": "请填写文字。",
    "file_too_large": "文件过大。",
    "file_type": "不支持这种文件类型。",
    "bad_file_name": "文件名不正确。",
    "read_only": "此项由系统填写，不能修改。",
    "locked": "此项已锁定，暂时不能修改。",
    "masked": "此项已脱敏，不能这样修改。",
    "needed_for_stage": "进入该阶段前请填写此项。",
    "required_in_stage": "处于该阶段时此项不能为空。",
    "only_by_action": "该阶段只能通过对应操作进入。",
    "move_not_allowed": "当前阶段不能直接进入所选阶段。",
    "converted": "这条记录已经转化。",
    "consent": "请先勾选同意条款。",
    "form_token": "页面已过期，请刷新后重新提交。",
    "form_expired": "页面停留时间过长，请再提交一次。",
    "too_fast": "提交过快，请再提交一次。",
    "no_work": "浏览器未完成校验，请开启脚本后重新提交。",
    "too_many_requests": "提交过于频繁，请稍后再试。",
    "batch_max": "一次领取的数量超过上限，请减少选择。",
    "in_pool": "这条记录已在公海中。",
    "unknown_pool": "没有这个公海，或不能转到该公海。",
    "reason": "请选择退回原因。",
    "no_owner": "这条记录没有负责人，无法保护。",
    "not_protected": "这条记录没有处于保护中。",
    "protection_limit": "受保护的记录已达上限，请先取消其他保护。",
    "extension_limit": "延长次数已达上限，请联系主管。",
    "same_record": "不能与自身合并，请选择另一条记录。",
    "too_late": "已超过可撤销的期限。",
    "undone": "已经撤销过了。",
    "merged_since": "这条记录后来又并入了另一条记录，请先撤销那次合并。",
    "too_many_searches": "查询次数过多，请稍后再试。",
    "nothing_asked": "请至少填写一项。",
    "no_duplicate_rule": "该对象没有查重规则。",
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
