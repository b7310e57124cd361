"""Company names: their legal form in one spelling, or left out; Chinese in simplified characters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from opencc import OpenCC

HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
NOT_ALNUM: Final = re.compile(r"[\W_]+")
# Longest first, so that the whole form goes and not its tail alone.
CHINESE_FORMS: Final = (
    "集团股份有限公司",
    "有限责任公司",
    "股份有限公司",
    "集团有限公司",
    "控股有限公司",
    "有限合伙企业",
    "普通合伙",
    "有限合伙",
    "有限公司",
    "股份公司",
    "株式会社",
    "分公司",
    "总公司",
    "公司",
    "集团",
)
_LATIN: Final = (
    r"gmbh\s*&\s*co\.?\s*kg|co\.?\s*,?\s*ltd|company\s+limited|private\s+limited|pte\.?\s*ltd|pty\.?\s*ltd|sdn\.?\s*bhd|"
    r"corporation|incorporated|company|limited|holdings?|group|corp|gmbh|llc|llp|ltd|plc|inc|s\.?p\.?a|s\.?r\.?l|s\.?a\.?s|"
    r"pte|pty|b\.?v|n\.?v|s\.?a|a\.?g|a\.?b|oyj?|k\.?k|k\.?g|co"
)
# A legal form is a word of its own: "Zinc" does not end with one.
LATIN_FORM: Final = re.compile(rf"[\s,.&]+(?:{_LATIN})\.?\s*$", re.IGNORECASE)
SPELLINGS: Final = (
    (re.compile(r",?\s+co(?:\.\s*,?|,|\s)\s*ltd\b\.?$", re.IGNORECASE), " Co., Ltd."),
    (re.compile(r",?\s+pte\.?\s*ltd\b\.?$", re.IGNORECASE), " Pte. Ltd."),
    (re.compile(r",?\s+\binc\b\.?$", re.IGNORECASE), " Inc."),
    (re.compile(r",?\s+\bllc\b\.?$", re.IGNORECASE), " LLC"),
    (re.compile(r",?\s+\bgmbh\b\.?$", re.IGNORECASE), " GmbH"),
    (re.compile(r"有限公司\s*[.。]$"), "有限公司"),
    # Chinese names take wide brackets: 腾讯科技（深圳）有限公司.
    (
        re.compile(r"(?<=[\u3400-\u9fff])\s*\(([\u3400-\u9fff]+)\)\s*(?=[\u3400-\u9fff]|$)"),
        r"（\1）",
    ),
)


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=4096)
def simplified(text: str) -> str:
    """Return Chinese in simplified characters; everything else as it is."""
    return str(_converter().convert(text)) if HAN.search(text) else text


def squeezed(text: str) -> str:
    """Return a text without width, case, script and signs: letters and digits alone."""
    return NOT_ALNUM.sub("", simplified(unicodedata.normalize("NFKC", text)).casefold())


def spelled(text: str) -> str:
    """Return a company name with its legal form and its brackets in the usual spelling."""
    for pattern, spelling in SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


@lru_cache(maxsize=4096)
def bare(text: str) -> str:
    """Return a company name squeezed and without its legal form: equal for all ways to write it.

    A name that is nothing but its legal form, or one sign more, stays as it is.
    """
    named = unicodedata.normalize("NFKC", text).strip()
    while (shorter := LATIN_FORM.sub("", named)) != named and len(squeezed(shorter)) > 1:
        named = shorter
    plain = squeezed(named)
    if not plain.endswith(CHINESE_FORMS):
        return plain
    form = next(one for one in CHINESE_FORMS if plain.endswith(one))
    rest = plain.removesuffix(form)
    return rest if len(rest) > 1 else plain
