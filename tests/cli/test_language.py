"""Commands tell problems in the language that is asked for, of the locale, or of config.yaml."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.base.shipped import shipped
from fieldstone.base.speech import speech
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


def said_by_commands() -> set[str]:
    """Return the English texts that commands give to tell(), t() and tn()."""
    found: set[str] = set()
    for path in Path(bootstrap.__file__).parent.joinpath("cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = node.args[1:2] if name == "tn" else node.args[:1]
            if name in ("t", "tn", "tell"):
                found |= {
                    one.value
                    for one in texts
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def test_every_text_of_a_command_has_a_chinese_one_with_the_same_blanks() -> None:
    texts = speech("zh", "commands").texts
    missing = said_by_commands() - texts.keys()

    def blanks(text: str) -> list[str]:
        return sorted(set(re.findall(r"{[^}]*}", text)))

    assert not missing, "add them to ui_templates/translations/commands.zh.json"
    written = shipped("ui_templates") / "translations/commands.zh.json"
    own = json.loads(written.read_text("utf-8"))
    assert not [one for one, other in own.items() if blanks(one) != blanks(other)]


def test_templates_jobs_and_a_way_back_are_told_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours/metadata").mkdir(parents=True)
    (tmp_path / "ours/metadata/product.yaml").write_text(
        "object: product\nfields: {shoe: {type: text, label: {en: Shoe size, zh: 鞋码}}}\n", "utf-8"
    )
    told = []

    for arguments in (
        ["template", "list"],
        ["jobs", "list"],
        ["apply", "ours"],
        ["rollback", "--yes"],
        ["revisions"],
        ["check"],
    ):
        assert run(["--lang", "zh", *arguments], bootstrap) == 0
        told.append(capsys.readouterr().out)

    templates, jobs, applied, back, revisions, checked = told
    assert re.search(r"^education +教育行业 +[\d.]+，未安装$", templates, re.MULTILINE)
    assert jobs == "没有后台任务。\n"
    assert applied.splitlines()[-1] == "修订 1 已生效。"
    assert back.splitlines()[-1] == "修订 2 已生效，内容同修订 0。"
    assert "回滚至 0" in revisions
    assert checked.startswith("一切正常：")


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
