"""Prints how long a template of twenty objects takes to plan and to install on an empty system, its tests included.

Run: python -m bench.install [--database sqlite|postgresql] [--objects 20]
Target: under ten seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping

from bench.company import databases, open_site
from fieldstone.evolution.packages import MANIFEST, TESTS, of_texts
from fieldstone.templates.shop import Shop

LIMIT = 10.0
TYPES = ("integer", "date", "email", "url", "currency", "boolean", "long_text", "decimal") * 2
HEAD = """name: big
version: 1.0.0
needs: {fieldstone: ">=0.1"}
languages: [en, zh]
label: {en: Big, zh: 大}
about: {en: Many objects., zh: 许多对象。}
"""
OBJECT = """object: thing{n}
label: {{en: Thing {n}, zh: 东西{n}}}
title: name
search: [name]
ownership: {{owner: optional}}
fields:
  name: {{type: text, required: true, label: {{en: Name, zh: 名称}}}}
{fields}
stages: {{pipelines: {{standard: {{stages: {{new: {{en: New, zh: 新}}, done: {{kind: won, label: {{en: Done, zh: 完成}}}}}}}}}}}}
permissions: {{admin: {{read: all, create: true, update: all}}, sales: {{read: all, create: true, update: own}}}}
"""
TEST = """tests:
  a_thing_is_kept:
    steps:
      - create: {object: thing0, as: one, values: {name: A}}
      - expect: {record: one, values: {name: A}}
"""


def template(objects: int) -> Mapping[str, str]:
    """Return a template of objects with a funnel and seventeen fields each, in two languages."""
    fields = "\n".join(
        f"  f{n}: {{type: {kind}, label: {{en: Field {n}, zh: 字段{n}}}}}"
        for n, kind in enumerate(TYPES)
    )
    made = {f"metadata/thing{n}.yaml": OBJECT.format(n=n, fields=fields) for n in range(objects)}
    return {MANIFEST: HEAD, f"{TESTS}/things.yaml": TEST, **made}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--objects", type=int, default=20)
    asked = parser.parse_args()
    slow = False
    for which in asked.database or ("sqlite", "postgresql"):
        with databases(which) as (url, folder, _):
            site = open_site(url, folder)
            shop, ctx = Shop(site), site.system_context("bench")
            package = of_texts(template(asked.objects))
            clock, cpu = time.perf_counter(), time.process_time()
            intent = shop.plan_install(ctx, package)
            planned = time.perf_counter() - clock
            shop.carry_out(ctx, intent)
            whole, busy = time.perf_counter() - clock, time.process_time() - cpu
            slow |= whole > LIMIT
            print(
                f"{which}, {asked.objects} objects: planned in {planned:.1f} s, in force after {whole:.1f} s,"
                f" {busy:.1f} s of CPU",
                flush=True,
            )
            site.storage.close()
    raise SystemExit(int(slow))


if __name__ == "__main__":
    main()
