"""Prints how long the search for duplicates takes over a million leads, and how much memory.

Run: python -m bench duplicates [--database sqlite|postgresql] [--leads 1000000]
Three leads of a hundred come twice: by the same phone or mail, or at the same company under a name that sounds alike. The
first search also makes the keys of all leads, as after a change of the rules; the second one finds them kept. The
target: searching again takes less than five minutes on two cores. CPU for one lead does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from sqlalchemy import insert, text

from bench.company import databases, open_site, server_cpu
from fieldstone.actions.merging.finding import Finding, Stand, search_of
from fieldstone.base.ids import new_id
from fieldstone.site import Site

BATCH = 20_000
TWINS = 0.03
LIMIT = 300.0
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
SOUNDS_LIKE = {"伟": "玮", "芳": "方", "静": "婧", "丽": "莉", "明": "鸣", "文": "雯", "涛": "滔"}
SIGNS = "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超霞平刚桂英子涵雨桐浩然思远嘉怡梓萱宇轩欣妍文博雅琴志建华晓海燕俊佳宁天若曦一诺晨诗书瑶"
PLACES = [
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "南京",
    "苏州",
    "成都",
    "重庆",
    "武汉",
    "西安",
    "天津",
    "青岛",
    "大连",
    "厦门",
    "宁波",
    "长沙",
    "郑州",
    "沈阳",
    "合肥",
]
NAMED = "金银铜铁山海天地云雷风雨龙凤虎豹松柏竹梅春夏秋冬东西南北中华兴隆昌盛恒泰安康瑞祥福禄鼎宏远达通汇聚星辰"
TRADES = ["科技", "软件", "网络", "物流", "贸易", "电子", "机械", "食品", "医药", "教育"]


def people(rng: Random) -> Iterator[dict[str, object]]:
    """Yield leads without end, some of them somebody who was there before, written differently."""
    known: list[dict[str, object]] = []
    number = 0
    while True:
        number += 1
        if known and rng.random() < TWINS:
            yield _twin(rng.choice(known), rng.randrange(3))
            continue
        name = rng.choice(FAMILY) + "".join(rng.choice(SIGNS) for _ in range(rng.choice((1, 2, 2))))
        company = rng.choice(PLACES) + "".join(rng.choice(NAMED) for _ in range(3))
        lead = {
            "name": name,
            "mobile": f"+86139{number:08d}" if rng.random() < 0.8 else None,
            "email": f"p{number}@firm{number % 50_000}.cn" if rng.random() < 0.5 else None,
            "company": f"{company}{rng.choice(TRADES)}有限公司",
        }
        if len(known) < 100_000:
            known.append(lead)
        yield lead


def _twin(lead: dict[str, object], way: int) -> dict[str, object]:
    name = "".join(SOUNDS_LIKE.get(sign, sign) for sign in str(lead["name"]))
    if way == 0 and lead["mobile"]:
        return {**lead, "name": name, "company": None, "email": None}
    if way == 1 and lead["email"]:
        return {**lead, "name": name, "mobile": None}
    return {**lead, "name": name, "mobile": None, "email": None}


def fill(site: Site, rows: int) -> None:
    """Write leads straight into their table; their keys are made by the search."""
    tables = site.storage.use(site.model)
    held = tables["lead"]
    columns = {code: held.columns[code].name for code in ("name", "mobile", "email", "company")}
    made, now = people(Random(1)), site.clock()
    for begin in range(0, rows, BATCH):
        batch = [
            {
                "id": new_id(),
                "version": 1,
                "created_at": now,
                **{columns[c]: v for c, v in one.items()},
            }
            for one in islice(made, min(BATCH, rows - begin))
        ]
        with site.storage.connection() as connection:
            connection.execute(insert(held.table), batch)
    with site.storage.connection() as connection:
        connection.execute(text("ANALYZE"))


@dataclass(frozen=True)
class Spent:
    """What a search took."""

    stand: Stand
    seconds: float
    ours: float
    server: float

    def told(self, what: str, leads: int) -> str:
        """Return it as a line; CPU for one lead in milliseconds."""
        cpu = (self.ours + self.server) / leads * 1000
        return (
            f"{what}: {self.seconds:.0f} s ({self.seconds / leads * 100_000:.1f} s per 100,000),"
            f" CPU {self.ours:.0f} s here and {self.server:.0f} s of the server, {cpu:.3f} ms a lead;"
            f" {self.stand.compared:,} pairs compared, {self.stand.found:,} suspected"
        )


def search(site: Site, server: int | None) -> Spent:
    """Search all leads as the worker does."""
    finding, stand, tables = (
        Finding(search_of(site.model, "lead")),
        Stand(),
        site.storage.use(site.model),
    )
    began, cpu, asked = time.perf_counter(), time.process_time(), server_cpu(server)
    while not stand.done:
        with site.storage.transaction(tables, site.system_context("job")) as tx:
            stand = finding.step(tx, stand)
    spent = time.process_time() - cpu, server_cpu(server) - asked
    return Spent(stand, time.perf_counter() - began, *spent)


def main() -> None:
    """Fill, search twice, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--leads", type=int, default=1_000_000)
    asked = parser.parse_args()
    with databases(asked.database) as (url, folder, server):
        site = open_site(url, folder)
        began = time.perf_counter()
        fill(site, asked.leads)
        print(f"{asked.leads:,} leads written in {time.perf_counter() - began:.0f} s", flush=True)
        for what in ("keys made and searched", "searched again"):
            spent = search(site, server)
            print(spent.told(what, asked.leads), flush=True)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"at most {peak} MiB of memory")
        verdict = "kept" if spent.seconds < LIMIT else "MISSED"
        print(f"target: less than {LIMIT:.0f} s: {verdict}")
        site.storage.close()


if __name__ == "__main__":
    main()
