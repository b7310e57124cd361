"""Why a message did not get through, in words: as it was kept in English, and in Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from fieldstone.base.label import Label

CHINESE: Final[Mapping[str, str]] = {
    "a notification is kept in a transaction or not at all": "站内通知须在事务内写入",
    "mail server: {}": "邮件服务器：{}",
    "no answer: {}": "对方无应答：{}",
    "not sent: no gateway is set (sms.url)": "未发送：尚未配置短信网关（sms.url）",
    "not sent: no mail server is set (mail.host)": "未发送：尚未配置邮件服务器（mail.host）",
    "not sent: the gateway is asked by https only": "未发送：短信网关只能使用 https",
    "not sent: there is no mobile number to write to": "未发送：收件人没有手机号码",
    "not sent: there is no such channel": "未发送：没有这个渠道",
    "not sent: there is nobody to write to": "未发送：没有收件人",
    "not sent: this is no e-mail address": "未发送：邮箱地址不正确",
    "not sent: this number is not on the list (sms.allow)": "未发送：该号码不在允许名单内（sms.allow）",
    "not sent: webhooks go to https only": "未发送：Webhook 只能使用 https",
    "not sent: {}": "未发送：{}",
    "redirects are not followed": "对方要求跳转，不予跟随",
    "services are asked by https only": "数据服务只能使用 https",
    "the URL holds a password": "网址中含有密码",
    "the URL holds characters that must be escaped": "网址中含有未转义的字符",
    "the URL holds white space": "网址中含有空白",
    "the address was refused": "对方拒收该地址",
    "the day's budget is spent": "当日查询额度已用完",
    "the gateway answered {}": "短信网关返回 {}",
    "the host has no address": "主机没有网络地址",
    "the host is not on the list of this rule": "该主机不在规则的允许名单内",
    "the host lies in a private network, which may not be called": "该主机位于内网，不允许调用",
    "the host name is not known": "无法解析主机名",
    "the mail server answered {}": "邮件服务器返回 {}",
    "the receiver answered {}": "对方返回 {}",
    "the record was changed meanwhile": "记录同时被修改",
    "the service answered {}": "数据服务返回 {}",
    "the service did not answer with JSON": "数据服务返回的不是 JSON",
    "there is no enricher {}": "没有数据提供方 {}",
    "this is not an http or https URL": "不是 http 或 https 网址",
}
_KNOWN: Final = tuple(
    (re.compile(re.escape(text).replace(r"\{\}", "(.+)"), re.DOTALL), chinese)
    for text, chinese in sorted(CHINESE.items(), key=lambda one: "{}" in one[0])
)
"""The whole sentences first: what is said with a blank in it is the more general."""


def reason(error: str) -> Label:
    """Return why a message did not get through; what an extension says in its own words stays as it is."""
    return Label(error, _chinese(error))


def is_ours(error: str) -> bool:
    """Tell whether it is a sentence of the product, which repeats nothing of a record."""
    return any(pattern.fullmatch(error) for pattern, _ in _KNOWN)


def _chinese(error: str) -> str:
    for pattern, chinese in _KNOWN:
        found = pattern.fullmatch(error)
        if found is not None:
            inner = _chinese(found[1]) if found.groups() else ""
            return chinese.replace("{}", inner)
    return error
