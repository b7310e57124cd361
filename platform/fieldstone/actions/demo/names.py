"""Names of people, companies and wishes that nobody bears; drawn by a seeded generator."""

from __future__ import annotations

from random import Random

FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
    "子涵",
    "雨桐",
    "浩然",
    "思远",
    "嘉怡",
    "梓萱",
    "宇轩",
    "欣妍",
    "文博",
    "雅琴",
    "志强",
    "建华",
    "晓明",
    "海燕",
    "俊杰",
    "佳宁",
    "天宇",
    "若曦",
    "一诺",
    "晨曦",
    "博文",
    "诗涵",
    "明远",
    "子墨",
    "书瑶",
]
FOREIGN = [
    "Emma Lindqvist",
    "Jonas Weber",
    "Sofia Almeida",
    "Daniel Okafor",
    "Priya Nair",
    "Marco Conti",
    "Oliver Brandt",
    "Aiko Tanaka",
    "Lucas Moreau",
    "Hana Novak",
    "Ethan Clarke",
    "Maria Santos",
    "Noah Fischer",
    "Chloe Martin",
    "Ravi Menon",
    "Ingrid Dahl",
    "Tomas Horak",
    "Leila Haddad",
    "Samuel Wright",
    "Yuna Park",
]
PLACES = [
    "静安",
    "云帆",
    "青木",
    "坤和",
    "星河",
    "海通",
    "荣达",
    "北辰",
    "天禾",
    "瑞丰",
    "华景",
    "远恒",
    "博雅",
    "金鑫",
    "新泰",
    "立信",
    "东方",
    "南岭",
    "清源",
    "万和",
    "宏图",
    "安捷",
    "思维",
    "明德",
    "汇通",
    "凯越",
    "润泽",
    "鼎盛",
    "卓越",
    "启航",
]
TRADES = {
    "software": "软件 信息技术 数据科技",
    "manufacturing": "精密制造 机械 电子",
    "logistics": "物流 供应链 货运",
    "retail": "商贸 百货 连锁",
    "finance": "金融服务 投资 保险经纪",
    "healthcare": "医疗器械 健康科技 生物",
    "education": "教育科技 培训 文化",
    "energy": "新能源 电力 环保",
    "food": "食品 餐饮 饮料",
    "services": "咨询 人力资源 商务服务",
}
ABROAD = [
    "Nordlicht",
    "Fjord",
    "Meridian",
    "Saffron",
    "Atlas",
    "Kiefer",
    "Lago",
    "Hanul",
    "Brightwater",
    "Cobalt",
    "Juniper",
    "Larkspur",
    "Ostra",
    "Pinewood",
    "Quarry",
    "Redfern",
    "Solstice",
    "Tidewater",
    "Umber",
    "Vantage",
]
ABROAD_TRADES = {
    "software": "Software",
    "manufacturing": "Ceramics",
    "logistics": "Freight",
    "retail": "Outdoor",
    "finance": "Capital",
    "healthcare": "Clinics",
    "education": "Learning",
    "energy": "Energy",
    "food": "Foods",
    "services": "Partners",
}
CITIES = {
    "north": ("beijing", "tianjin"),
    "east": ("shanghai", "hangzhou", "nanjing", "suzhou"),
    "south": ("guangzhou", "shenzhen", "xiamen"),
    "central": ("wuhan", "changsha"),
    "southwest": ("chengdu", "chongqing"),
    "northwest": ("xian",),
    "northeast": ("shenyang", "dalian"),
    "overseas": ("singapore",),
}
WISHES = (
    "希望统一管理全国门店的客户资料，并能自动分配销售线索。",
    "现有表格管理混乱，需要一套支持移动端的客户管理系统。",
    "计划年内上线销售自动化，关注与现有 ERP 的对接。",
    "Needs one place for leads from trade fairs and the website.",
    "客服团队 20 人，想把工单和客户资料打通。",
    "需要公海规则和跟进提醒，避免线索无人跟进。",
    "Wants dispatch and visit planning for 60 field engineers.",
    "关注数据安全与权限，要求支持私有化部署。",
    "希望先试用 10 个账号，三个月内决定是否全员推广。",
    "Looking for a pipeline that follows their approval steps.",
)
TITLES = [
    "总经理",
    "销售总监",
    "运营总监",
    "市场经理",
    "IT",
    "经理",
    "采购经理",
    "行政主管",
    "创始人",
]
CALLS = (
    "沟通了目前的使用情况，客户对自动分配很感兴趣。",
    "电话未接通，稍后再联系。",
    "确认了预算范围，约定下周演示。",
    "Talked through the demo agenda; two colleagues will join.",
    "客户要求提供同行业案例。",
    "讨论了报价方案，需要申请折扣。",
    "对方正在比较两家供应商，关注实施周期。",
)
TROUBLES = (
    ("无法登录系统", "inquiry"),
    ("报表导出数据不一致", "incident"),
    ("申请增加 10 个账号", "request"),
    ("发票抬头需要更改", "request"),
    ("手机端页面加载缓慢", "incident"),
    ("对响应速度不满意", "complaint"),
    ("如何设置公海规则", "inquiry"),
    ("Invoice shows the wrong address", "request"),
    ("设备到货有破损，申请退换", "returned"),
    ("接口返回权限错误", "incident"),
)


class Names:
    """Draws names; the same generator gives the same names."""

    def __init__(self, random: Random) -> None:
        """Draw from `random`."""
        self._random = random

    def person(self, *, abroad: bool = False) -> str:
        """Return a person's name."""
        if abroad:
            return self._random.choice(FOREIGN)
        return self._random.choice(FAMILY) + self._random.choice(GIVEN)

    def company(self, industry: str, region: str) -> str:
        """Return a company's name that fits its trade and region."""
        if region == "overseas":
            return f"{self._random.choice(ABROAD)} {ABROAD_TRADES[industry]}"
        trade = self._random.choice(TRADES[industry].split())
        return f"{self._random.choice(PLACES)}{self._random.choice(PLACES[::-1])}{trade}"

    def mobile(self, number: int) -> str:
        """Return a mobile number; `number` below a hundred million makes it unique."""
        return f"+86139{number:08d}"
