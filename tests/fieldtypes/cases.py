"""What each built-in field type accepts, keeps, shows and refuses; a new type adds one entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from fieldstone.base.label import Label
from fieldstone.fieldtypes import currency, decimal, formula, integer
from fieldstone.fieldtypes.contract import Option
from fieldstone.fieldtypes.secret import MASK

ID_1 = "01935a00-0000-7000-8000-000000000001"
ID_2 = "01935a00-0000-7000-8000-000000000002"
OPTIONS = {
    "high": Option("high", Label("High", "紧急"), "red"),
    "normal": Option("normal", Label("Normal", "一般")),
    "asap": Option("asap", Label("As soon as possible", "立即"), archived=True),
}
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Case:
    """`good` are (sent, stored), `ascending` stored values in order, `bad` (sent, code)."""

    good: tuple[tuple[Any, Any], ...]
    bad: tuple[tuple[Any, str], ...]
    shown: tuple[Any, str, str]  # a stored value, in English, in Chinese
    json: tuple[Any, Any]  # a stored value and its JSON form
    ascending: tuple[Any, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


CASES: Mapping[str, Case] = {
    "text": Case(
        good=(
            ("  Li   Na\n", "Li Na"),
            ("Zoe\u0308", "Zoë"),
            ("李娜", "李娜"),
            ("'; drop table o_lead; --", "'; drop table o_lead; --"),
        ),
        bad=(("x" * 21 + "yyyyy", "too_long"), (["a"], "not_text"), (12, "not_text")),
        shown=("李娜", "李娜", "李娜"),
        json=("李娜", "李娜"),
        ascending=("A", "B", "a", "é", "上海", "北京", "😀"),
        settings={"max_length": 25},
    ),
    "long_text": Case(
        good=(("one\r\ntwo\t3 ", "one\ntwo\t3"),),
        bad=(("x" * 31, "too_long"), ({}, "not_text")),
        shown=("one\ntwo", "one\ntwo", "one\ntwo"),
        json=("one\ntwo", "one\ntwo"),
        settings={"max_length": 30},
    ),
    "rich_text": Case(
        good=(
            ("<p>Hi <b>Li</b></p>", "<p>Hi <b>Li</b></p>"),
            ("<p onclick=x()>Hi<script>alert(1)</script></p>", "<p>Hi</p>"),
            ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
            ("<img src=x onerror=alert(1)>text", "text"),
            ("a < b", "a &lt; b"),
            ("<p><br></p>", None),
        ),
        bad=((5, "not_text"), ("x" * 100_001, "too_long")),
        shown=("<p>Hi <b>Li</b> &amp; co</p><p>2</p>", "Hi Li & co 2", "Hi Li & co 2"),
        json=("<p>x</p>", "<p>x</p>"),
    ),
    "email": Case(
        good=(
            (" Li.Na@Example.COM ", "li.na@example.com"),
            ("ｌｉ＠example.com", "li@example.com"),
            ("李@例子.中国", "李@例子.中国"),
        ),
        bad=(
            ("li.na", "not_an_email"),
            ("a@b", "not_an_email"),
            ("a@b.com, c@d.com", "not_an_email"),
            ("a b@c.com", "not_an_email"),
            ("x" * 250 + "@a.com", "too_long"),
        ),
        shown=("li@example.com", "li@example.com", "li@example.com"),
        json=("li@example.com", "li@example.com"),
        ascending=("a@a.com", "b@a.com", "李@例子.中国"),
    ),
    "phone": Case(
        good=(
            ("138 0013 8000", "+8613800138000"),
            ("＋８６ １３８－００１３－８０００", "+8613800138000"),
            ("+86 138-0013-8000", "+8613800138000"),
            ("0086 138 0013 8000", "+8613800138000"),
            ("(021) 6888-8888", "+862168888888"),
            ("+1 (202) 555-0123 ext. 5", "+12025550123;ext=5"),
            ("021-68888888转12", "+862168888888;ext=12"),
        ),
        bad=(
            ("12345", "not_a_phone"),
            ("1380013800", "not_a_phone"),
            ("call 13800138000", "not_a_phone"),
            ("1-800-FLOWERS", "not_a_phone"),
            ("1" * 50, "not_a_phone"),
            (13800138000, "not_text"),
        ),
        shown=("+8613800138000", "138 0013 8000", "138 0013 8000"),
        json=("+8613800138000", "+8613800138000"),
        ascending=("+12025550123", "+8613800138000", "+8613900138000"),
        settings={"region": "CN"},
    ),
    "url": Case(
        good=(
            ("www.Example.com/A?b=C", "https://www.example.com/A?b=C"),
            ("HTTP://example.com", "http://example.com"),
            ("example.com:8080/x", "https://example.com:8080/x"),
            ("https://例子.中国/路", "https://例子.中国/路"),
        ),
        bad=(
            ("javascript:alert(1)", "not_a_url"),
            ("ftp://example.com", "not_a_url"),
            ("https://user:pass@example.com", "not_a_url"),
            ("https://exa mple.com", "not_a_url"),
            ("http://[::1", "not_a_url"),
            ("https://a.com:99999", "not_a_url"),
            ("nothing", "not_a_url"),
        ),
        shown=("https://example.com/", "example.com", "example.com"),
        json=("https://example.com/", "https://example.com/"),
        ascending=("http://a.com", "https://a.com", "https://b.com"),
    ),
    "integer": Case(
        good=((42, 42), ("1,234", 1234), ("４２", 42), ("-7", -7), (Decimal("2.5"), 3)),
        bad=(
            (True, "not_a_number"),
            (1.0, "not_whole"),
            ("1.0", "not_whole"),
            ("0x10", "not_a_number"),
            (2**63, "too_large"),
            (-(2**63), "too_large"),
            (10**5000, "too_large"),
            ("9" * 5000, "not_a_number"),
            (1e400, "not_a_number"),
            (-101, "too_small"),
            ("1,2,3", "not_a_number"),
        ),
        shown=(1234567, "1,234,567", "1,234,567"),
        json=(5, 5),
        ascending=(-100, -1, 0, 9, 10, 2**63 - 1),
        settings={"min": -100},
    ),
    "decimal": Case(
        good=(
            ("12.5", Decimal("12.500")),
            (0.1, Decimal("0.100")),
            (7, Decimal("7.000")),
            ("-1,234.567", Decimal("-1234.567")),
            (".5", Decimal("0.500")),
            (Decimal("0.0005"), Decimal("0.001")),
            (-0.0, Decimal("0.000")),
        ),
        bad=(
            ("1.2345", "too_many_decimals"),
            (float("nan"), "not_a_number"),
            (float("inf"), "not_a_number"),
            (Decimal("NaN"), "not_a_number"),
            (Decimal("1e999999"), "too_large"),
            (12345678901234567.89, "inexact_number"),
            (1e300, "too_large"),
            ("1e5", "not_a_number"),
            ("9" * 17, "too_large"),
            (False, "not_a_number"),
            ([1], "not_a_number"),
            (10**400, "too_large"),
        ),
        shown=(Decimal("1234.500"), "1,234.500", "1,234.500"),
        json=(Decimal("1234.500"), "1234.500"),
        ascending=(Decimal("-3.500"), Decimal("0.000"), Decimal("0.001"), Decimal("10.000")),
        settings={"scale": 3},
    ),
    "currency": Case(
        good=(
            ("￥1,200.50", Decimal("1200.50")),
            ("CNY 1200", Decimal("1200.00")),
            ("1200 元", Decimal("1200.00")),
            ("12345678901234567.89", Decimal("12345678901234567.89")),
            ("-3", Decimal("-3.00")),
        ),
        bad=(
            ("$12", "not_a_number"),
            ("USD 12", "not_a_number"),
            ("1.234", "too_many_decimals"),
            ("99999999999999999999", "too_large"),
            ("元", "not_a_number"),
        ),
        shown=(Decimal("1234567.50"), "CN¥1,234,567.50", "¥1,234,567.50"),
        json=(Decimal("1234.50"), "1234.50"),
        ascending=(Decimal("-1.00"), Decimal("0.01"), Decimal("9.00"), Decimal("10.00")),
        settings={"currency": "CNY"},
    ),
    "percent": Case(
        good=(
            ("25%", Decimal("0.2500")),
            ("12.5 ％", Decimal("0.1250")),
            (0.25, Decimal("0.2500")),
            ("0.2500", Decimal("0.2500")),
            (Decimal(5) / Decimal(6), Decimal("0.8333")),
        ),
        bad=(
            ("1.255%", "too_many_decimals"),
            ("%", "not_a_number"),
            ("25%%", "not_a_number"),
            (1.5, "too_large"),
        ),
        shown=(Decimal("0.1250"), "12.5%", "12.5%"),
        json=(Decimal("0.2500"), "0.25"),
        ascending=(Decimal("0.0000"), Decimal("0.0900"), Decimal("0.1000"), Decimal("1.0000")),
        settings={"max": 1},
    ),
    "rating": Case(
        good=((3, 3), ("5", 5)),
        bad=((0, "not_a_rating"), (6, "not_a_rating"), (True, "not_a_number"), (2.5, "not_whole")),
        shown=(3, "★★★☆☆", "★★★☆☆"),
        json=(3, 3),
        ascending=(1, 3, 5),
    ),
    "boolean": Case(
        good=((True, True), (False, False), ("true", True), (" False ", False)),
        bad=(("yes", "not_boolean"), (1, "not_boolean"), (0.0, "not_boolean"), ([], "not_boolean")),
        shown=(True, "Yes", "是"),
        json=(False, False),
        ascending=(False, True),
    ),
    "date": Case(
        good=(
            ("2026-11-22", date(2026, 11, 22)),
            ("2026/1/2", date(2026, 1, 2)),
            ("2026年11月22日", date(2026, 11, 22)),
            ("9999-12-31", date(9999, 12, 31)),
        ),
        bad=(
            ("99999-01-01", "not_a_date"),
            ("2026-02-30", "not_a_date"),
            ("03/04/2026", "not_a_date"),
            ("2026-11/22", "not_a_date"),
            ("0226-01-01", "not_a_date"),
            ("2026-11-22T00:00:00Z", "not_a_date"),
            (datetime(2026, 11, 22, tzinfo=UTC), "not_a_date"),
            (20261122, "not_a_date"),
        ),
        shown=(date(2026, 11, 22), "Nov 22, 2026", "2026年11月22日"),
        json=(date(2026, 11, 22), "2026-11-22"),
        ascending=(date(1000, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(9999, 12, 31)),
    ),
    "datetime": Case(
        good=(
            ("2026-11-22T09:30:00+08:00", datetime(2026, 11, 22, 1, 30, tzinfo=UTC)),
            ("2026-11-22 01:30Z", datetime(2026, 11, 22, 1, 30, tzinfo=UTC)),
            (
                "2026-11-22T01:30:00.123456789Z",
                datetime(2026, 11, 22, 1, 30, 0, 123456, tzinfo=UTC),
            ),
            (
                datetime(2026, 11, 22, 9, 30, tzinfo=CHINA),
                datetime(2026, 11, 22, 1, 30, tzinfo=UTC),
            ),
        ),
        bad=(
            ("2026-11-22T09:30:00", "needs_offset"),
            (datetime(2026, 11, 22, 9, 30), "needs_offset"),  # noqa: DTZ001 - naive on purpose
            ("2026-11-22", "not_a_datetime"),
            ("99999-11-22T09:30:00Z", "not_a_datetime"),
            ("2026-11-22T24:30:00Z", "not_a_datetime"),
            ("2026-11-22T09:30:60Z", "not_a_datetime"),
            ("2026-11-22T09:30:00+24:00", "not_a_datetime"),
            ("2026-11-22T09:30:00+08:75", "not_a_datetime"),
            ("9999-12-31T23:00:00-02:00", "not_a_datetime"),
            ("0001-01-01T00:00:00Z", "not_a_datetime"),
            (date(2026, 11, 22), "not_a_datetime"),
            (1764000000, "not_a_datetime"),
        ),
        shown=(
            datetime(2026, 11, 22, 12, 5, tzinfo=UTC),
            "Nov 22, 2026, 8:05 PM",
            "2026年11月22日 20:05",
        ),
        json=(datetime(2026, 11, 22, 12, 5, tzinfo=UTC), "2026-11-22T12:05:00Z"),
        ascending=(
            datetime(1969, 12, 31, tzinfo=UTC),
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
        ),
    ),
    "time": Case(
        good=(("9:30", time(9, 30)), ("23:59:59.5", time(23, 59, 59, 500000))),
        bad=(
            ("24:00", "not_a_time"),
            ("9", "not_a_time"),
            ("9:30 PM", "not_a_time"),
            (time(9, tzinfo=UTC), "not_a_time"),
            (930, "not_a_time"),
        ),
        shown=(time(9, 30), "09:30", "09:30"),
        json=(time(9, 30), "09:30:00"),
        ascending=(time(0, 0), time(9, 30), time(10, 0), time(23, 59, 59, 1)),
    ),
    "duration": Case(
        good=(
            ("1h 30m", timedelta(minutes=90)),
            ("PT1H30M", timedelta(minutes=90)),
            ("P1DT2H", timedelta(hours=26)),
            ("1小时30分钟", timedelta(minutes=90)),
            ("2 weeks", timedelta(days=14)),
            ("1.5 hours", timedelta(minutes=90)),
            ("-PT90S", timedelta(seconds=-90)),
            (5400, timedelta(minutes=90)),
            ("0", timedelta()),
        ),
        bad=(
            ("P1Y", "not_a_duration"),
            ("1:30", "not_a_duration"),
            ("h", "not_a_duration"),
            ("40000d", "too_large"),
            ("1.2.3h", "not_a_duration"),
            (float("inf"), "not_a_duration"),
            (10**400, "too_large"),
            (True, "not_a_duration"),
        ),
        shown=(timedelta(days=2, minutes=90), "2d 1h 30m", "2天1小时30分钟"),
        json=(timedelta(days=2, minutes=90), "P2DT1H30M"),
        ascending=(timedelta(seconds=-1), timedelta(0), timedelta(microseconds=1), timedelta(9)),
    ),
    "select": Case(
        good=((" high ", "high"), ("normal", "normal")),
        bad=(("High", "unknown_option"), ("asap", "archived_option"), (["high"], "not_text")),
        shown=("high", "High", "紧急"),
        json=("high", "high"),
        ascending=("high", "normal"),
        settings={"options": OPTIONS},
    ),
    "multi_select": Case(
        good=(
            (["normal", "high", "high"], ("high", "normal")),
            ("normal，high", ("high", "normal")),
            ([], None),
        ),
        bad=(
            (["x"], "unknown_option"),
            (["asap"], "archived_option"),
            ([["high"]], "not_text"),
            ({"high": True}, "not_a_list"),
            (["high"] * 201, "too_many"),
        ),
        shown=(("high", "normal"), "High, Normal", "紧急、一般"),
        json=(("high",), ["high"]),
        settings={"options": OPTIONS},
    ),
    "tags": Case(
        good=(
            (["VIP", "vip", " 展会 2026 "], ("VIP", "展会 2026")),
            ("a, b；c", ("a", "b", "c")),
            (["", None], None),
        ),
        bad=(
            (["a,b"], "bad_tag"),
            ([1], "not_text"),
            (["x" * 51], "too_long"),
            (["x"] * 51, "too_many"),
        ),
        shown=(("VIP", "展会"), "VIP, 展会", "VIP、展会"),
        json=(("VIP",), ["VIP"]),
    ),
    "lookup": Case(
        good=((ID_1, ID_1), (ID_1.upper(), ID_1), ({"id": ID_2, "name": "x"}, ID_2)),
        bad=(("42", "not_an_id"), (42, "not_an_id"), ({}, "not_an_id"), ([ID_1], "not_an_id")),
        shown=(ID_1, ID_1, ID_1),
        json=(ID_1, ID_1),
        ascending=(ID_1, ID_2),
        settings={"to": "customer"},
    ),
    "user": Case(
        good=((ID_1, ID_1), ({"id": ID_1}, ID_1)),
        bad=(("li.na@example.com", "not_an_id"),),
        shown=(ID_1, ID_1, ID_1),
        json=(ID_1, ID_1),
        ascending=(ID_1, ID_2),
    ),
    "multi_lookup": Case(
        good=(([ID_2, {"id": ID_1}, ID_2], (ID_2, ID_1)), (f"{ID_1},{ID_2}", (ID_1, ID_2))),
        bad=((["x"], "not_an_id"), ({"id": ID_1}, "not_a_list"), ([ID_1] * 501, "too_many")),
        shown=((ID_1,), ID_1, ID_1),
        json=((ID_1,), [ID_1]),
        settings={"to": "customer"},
    ),
    "rows": Case(
        good=(
            (
                [{"id": ID_1, "quantity": "2", "total": 5, "position": 0}, {"price": None}],
                ({"id": ID_1, "quantity": 2}, {"price": None}),
            ),
            ([], ()),
        ),
        bad=(
            ([{"quantity": "x"}], "not_a_number"),
            ([{"colour": 1}], "unknown_key"),
            ([{"id": "x"}], "not_an_id"),
            ([5], "not_an_object"),
            ({"quantity": 1}, "not_a_list"),
            ([{}] * 4, "too_many"),
        ),
        shown=(({"quantity": 2}, {}), "2 rows", "2 行"),
        json=(({"id": ID_1, "price": Decimal("2.00")},), [{"id": ID_1, "price": "2.00"}]),
        settings={
            "of": "quote__items",
            "fields": {
                "quantity": integer.IntegerType(),
                "price": currency.CurrencyType(),
                "total": formula.FormulaType(decimal.DecimalType()),
            },
            "max": 3,
        },
    ),
    "autonumber": Case(
        good=(("L-2026-0001", "L-2026-0001"),),
        bad=((5, "not_text"), ("x" * 61, "too_long")),
        shown=("L-2026-0001", "L-2026-0001", "L-2026-0001"),
        json=("L-2026-0001", "L-2026-0001"),
        ascending=("L-2026-0001", "L-2026-0002"),
        settings={"pattern": "L-{yyyy}-{0000}"},
    ),
    "formula": Case(
        good=((Decimal("1.005"), Decimal("1.01")), (2, Decimal("2.00"))),
        bad=(("x", "not_a_number"),),
        shown=(Decimal("1.50"), "CN¥1.50", "¥1.50"),
        json=(Decimal("1.50"), "1.50"),
        ascending=(Decimal("-1.00"), Decimal("1.00")),
        settings={"returns": currency.CurrencyType()},
    ),
    "rollup": Case(
        good=((3, 3),),
        bad=(("x", "not_a_number"),),
        shown=(3000, "3,000", "3,000"),
        json=(3, 3),
        ascending=(0, 3, 20),
        settings={"function": "count"},
    ),
    "file": Case(
        good=(
            (
                {"id": ID_1, "name": "报价.pdf", "size": 5, "type": "application/PDF"},
                [{"id": ID_1, "name": "报价.pdf", "size": 5, "type": "application/pdf"}],
            ),
            ([], None),
        ),
        bad=(
            ({"id": ID_1, "name": "../x"}, "bad_file_name"),
            ({"id": "x", "name": "a"}, "not_an_id"),
            ({"id": ID_1, "name": "a", "path": "/etc"}, "unknown_key"),
            ({"id": ID_1, "name": "a", "size": 10**12}, "file_too_large"),
            ({"id": ID_1, "name": "a", "type": "x"}, "bad_media_type"),
            (["a"], "not_an_object"),
            ("a.pdf", "not_a_list"),
        ),
        shown=([{"id": ID_1, "name": "a.pdf", "size": 1, "type": "x/y"}], "a.pdf", "a.pdf"),
        json=([{"id": ID_1, "name": "a.pdf", "size": 1, "type": "x/y"}],) * 2,
    ),
    "image": Case(
        good=(
            (
                {"id": ID_1, "name": "a.png", "size": 5, "type": "image/png"},
                [{"id": ID_1, "name": "a.png", "size": 5, "type": "image/png"}],
            ),
        ),
        bad=(({"id": ID_1, "name": "a.svg", "type": "image/svg+xml"}, "file_type"),),
        shown=([{"id": ID_1, "name": "a.png", "size": 1, "type": "image/png"}], "a.png", "a.png"),
        json=([{"id": ID_1, "name": "a.png", "size": 1, "type": "image/png"}],) * 2,
    ),
    "address": Case(
        good=(
            (
                {"city": "上海市", "country": "cn", "street": "", "province": None},
                {"country": "CN", "city": "上海市"},
            ),
            ("5 Main St", {"street": "5 Main St"}),
            ({}, None),
        ),
        bad=(
            ({"town": "x"}, "unknown_key"),
            ({"city": 5}, "not_text"),
            ({"city": "x" * 201}, "too_long"),
            (["x"], "not_an_object"),
        ),
        shown=(
            {
                "country": "CN",
                "province": "浙江省",
                "city": "杭州市",
                "street": "文三路 1 号",
                "postcode": "310000",
            },
            "文三路 1 号, 杭州市, 浙江省, 310000, China",
            "中国浙江省杭州市文三路 1 号 310000",
        ),
        json=({"city": "Berlin"}, {"city": "Berlin"}),
    ),
    "geolocation": Case(
        good=(
            (
                {"latitude": 31.23041612345, "longitude": "121.4737"},
                {"latitude": 31.230416, "longitude": 121.4737},
            ),
            ("31.2304, 121.4737", {"latitude": 31.2304, "longitude": 121.4737}),
        ),
        bad=(
            ({"latitude": 91, "longitude": 0}, "too_large"),
            ({"latitude": 1}, "not_a_point"),
            ("here", "not_a_point"),
            ({"latitude": float("nan"), "longitude": 0}, "not_a_number"),
            ({"latitude": True, "longitude": 0}, "not_a_number"),
            ({"latitude": 1, "longitude": 2, "height": 3}, "unknown_key"),
        ),
        shown=(
            {"latitude": 31.2304, "longitude": 121.4737},
            "31.230400, 121.473700",
            "31.230400, 121.473700",
        ),
        json=({"latitude": 31.5, "longitude": 121.5},) * 2,
    ),
    "json": Case(
        good=(
            ('{"a": [1, 2.5, null, "上海"]}', {"a": [1, 2.5, None, "上海"]}),
            ({"a": 1.0, "b": (True,)}, {"a": 1, "b": [True]}),
            ([], []),
        ),
        bad=(
            ("{", "not_json"),
            ("5", "not_json"),
            (5, "not_json"),
            ('{"a": 1, "a": 2}', "not_json"),
            ("[NaN]", "not_json"),
            ("[1e400]", "not_json"),
            ([float("inf")], "not_json"),
            ([2**63], "not_json"),
            ("[" * 60_000, "not_json"),
            ("[" * 30 + "]" * 30, "not_json"),
            ('{"a": "\\u0000"}', "bad_character"),
            ({"a": "\ud800"}, "bad_character"),
            (["x" * 70_000], "too_long"),
            ([Decimal(1)], "not_json"),
        ),
        shown=({"a": [1]}, '{"a":[1]}', '{"a":[1]}'),
        json=({"a": [1]}, {"a": [1]}),
    ),
    "secret": Case(
        good=((" k3y ", "k3y"),),
        bad=((MASK, "masked"), (5, "not_text"), ("x" * 4001, "too_long")),
        shown=("k3y", MASK, MASK),
        json=("k3y", MASK),
    ),
}
