"""Invented leads, drawn by a seeded generator: the same for every run."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from bench.company import CHANNELS

FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN = "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超霞平刚桂英子涵雨桐浩然思远嘉怡梓萱宇轩欣妍文博雅琴志建华晓海燕俊佳宁天若曦一诺晨诗"
TRADE = (
    "科技",
    "智能",
    "物流",
    "医疗",
    "教育",
    "能源",
    "食品",
    "电子",
    "贸易",
    "装备",
    "材料",
    "软件",
)
FORM = ("有限公司", "股份有限公司", "集团", "（中国）有限公司")
TITLES = ("总经理", "采购经理", "IT director", "工程师", "Head of sales", "助理", "", "")
REGIONS = ("north", "east", "south", "central", "southwest", "northwest", "northeast", "")
INDUSTRIES = ("software", "manufacturing", "logistics", "retail", "finance", "healthcare", "")
NEEDS = (
    "需要一套客户管理系统，替换现有表格",
    "比较三家供应商，预算待定",
    "分公司上线，先试用一个月",
    "",
)
HEADINGS = (
    "编号", "姓名", "手机", "邮箱", "公司", "职位", "渠道", "区域", "行业", "紧急", "人数", "预算", "需求",
    "来源", "媒介",
)  # fmt: skip
MAPPING = """object: lead
key: external_id
fields:
  external_id: 编号
  name: 姓名
  mobile: 手机
  email: 邮箱
  company: 公司
  job_title: 职位
  channel: {from: 渠道, lookup: {by: code}}
  region: {from: 区域}
  industry: {from: 行业}
  urgency: {from: 紧急}
  employees: {from: 人数}
  budget: {from: 预算}
  need: {from: 需求}
  utm_source: {from: 来源}
  utm_medium: {from: 媒介}
"""


def leads(count: int, seed: int = 7) -> Iterator[tuple[str, ...]]:
    """Yield rows under HEADINGS: 2 in 100 share a mobile number with another, 1 in 200 has a bad one."""
    rng = Random(seed)
    for number in range(count):
        name = rng.choice(FAMILY) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))
        company = "".join(rng.sample(GIVEN, 2)) + rng.choice(TRADE) + rng.choice(FORM)
        yield (
            f"X{number:07d}",
            name,
            _mobile(rng, number),
            f"u{number}@example{number % 977}.com" if rng.random() < 0.6 else "",
            company if rng.random() < 0.85 else "",
            rng.choice(TITLES),
            rng.choice(CHANNELS),
            rng.choice(REGIONS),
            rng.choice(INDUSTRIES),
            rng.choice(("high", "normal", "normal", "low")),
            str(rng.randrange(1, 2000)) if rng.random() < 0.6 else "",
            str(rng.randrange(1, 500) * 1000) if rng.random() < 0.5 else "",
            rng.choice(NEEDS),
            rng.choice(("baidu", "wechat", "google", "")),
            rng.choice(("cpc", "organic", "")),
        )


def _mobile(rng: Random, number: int) -> str:
    chance = rng.random()
    if chance < 0.005:
        return "12345"
    taken = rng.randrange(number) if chance < 0.025 and number else number
    text = f"138{taken:08d}"
    return text if number % 3 else f"+86 {text[:3]} {text[3:7]} {text[7:]}"
