"""Commands tell problems in the language that is asked for, of the locale, or of config.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.cli.main import run
from fieldstone.cli.speaking import spoken


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site whose YAML names a type that is none."""
    (tmp_path / "config.yaml").write_text("layers: [own]\n", "utf-8")
    (tmp_path / "own/metadata").mkdir(parents=True)
    (tmp_path / "own/metadata/thing.yaml").write_text(
        "object: thing\nfields: {size: curency}\n", "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_problems_come_in_the_language_that_is_asked_for(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--lang", "zh", "check"], bootstrap) == 1
    chinese = capsys.readouterr().err
    assert run(["check"], bootstrap) == 1
    english = capsys.readouterr().err

    assert "thing.fields.size  没有字段类型“curency”。" in chinese
    assert "您是指“currency”吗？" in chinese
    assert "there is no field type 'curency'" in english
    assert chinese.split("  ")[0] == english.split("  ")[0]  # file, line and column stay


def test_the_locale_counts_then_the_first_language_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("languages: [zh, en]\n", "utf-8")

    assert spoken("", {"LANG": "en_GB.UTF-8"}, tmp_path) == "en"
    assert spoken("", {"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, tmp_path) == "zh"
    assert spoken("", {"LANG": "C.UTF-8"}, tmp_path) == "zh"
    assert spoken("en", {"LANG": "zh_CN.UTF-8"}, tmp_path) == "en"


def test_a_config_that_cannot_be_read_is_told_in_english(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("languages: [xx]\n", "utf-8")

    assert spoken("", {}, tmp_path) == "en"


def test_a_command_that_is_none_is_told_in_the_locale_s_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    assert run(["chek"], bootstrap) == 2
    assert "命令的写法不正确：“chek”。" in capsys.readouterr().err


def test_a_plan_and_a_revision_are_told_in_the_language_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours/metadata").mkdir(parents=True)
    (tmp_path / "ours/metadata/product.yaml").write_text(
        "object: product\nfields: {shoe: {type: text, label: {en: Shoe size, zh: 鞋码}}}\n", "utf-8"
    )

    for arguments in (["plan", "ours"], ["apply", "ours"], ["revisions", "1"], ["plan", "ours"]):
        assert run(["--lang", "zh", *arguments], bootstrap) == 0
    told = capsys.readouterr().out.splitlines()

    assert [line for line in told if "鞋码" in line] == ["新增“产品”的字段“鞋码”"] * 3
    assert told[-1] == "不会有任何变化。"
