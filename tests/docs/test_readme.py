"""The five-minute tour of both READMEs is true: its YAML compiles, its commands and requests do what is said."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.base.settings import load_settings
from fieldstone.cli import commands
from fieldstone.cli.finding import commands_in
from fieldstone.cli.main import run
from fieldstone.model.site_model import Model

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def without_numbers(text: str) -> str:
    """How many objects and rules the core ships grows with it."""
    return re.sub(r"\d+", "N", text)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder after the first half of the tour."""
    monkeypatch.chdir(tmp_path)
    assert run(["new", "shop"], bootstrap) == 0
    folder = tmp_path / "shop"
    monkeypatch.chdir(folder)
    lead, fleet = blocks("README.md", "yaml")
    (folder / "metadata" / "lead.yaml").write_text(lead, "utf-8")
    (folder / "rules" / "fleet.yaml").write_text(fleet, "utf-8")
    return folder


def test_both_languages_tell_the_same_tour() -> None:
    english, chinese = ([blocks(name, lang) for lang in ("yaml", "console")] for name in READMES)

    assert english == chinese
    assert blocks("README.md", "sh")[1:] == blocks("README.zh-CN.md", "sh")[1:]


def test_the_tour_compiles_to_what_the_check_is_said_to_print(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    (said,) = blocks("README.md", "console")

    assert run(["check"], bootstrap) == 0
    printed = capsys.readouterr().out.strip()
    assert without_numbers(printed) == without_numbers(said.split("\n", 1)[1].strip())


def test_the_tour_adds_field_stage_and_rule_where_it_says(shop: Path) -> None:
    model: Model = bootstrap.compile_model(load_settings(shop), bootstrap.vocabulary())
    lead = model.objects["lead"]
    assert lead.pipelines is not None
    stages = list(next(iter(lead.pipelines.pipelines.values())).stages)

    assert list(lead.fields).index("fleet_size") == list(lead.fields).index("employees") + 1
    assert stages.index("trial") == stages.index("qualified") + 1
    assert model.rules["big_fleet"].object_name == "lead"
    assert any("fleet_size" in section.fields for section in lead.form)


@pytest.mark.parametrize("name", READMES)
def test_every_command_of_the_tour_is_one(name: str) -> None:
    known = commands_in(commands)
    lines = [line for block in blocks(name, "sh") for line in block.splitlines()]
    called = {word for line in lines for word in re.findall(r"\bfieldstone ([a-z-]+)", line)}

    assert called
    assert called <= set(known)


@pytest.mark.parametrize("name", READMES)
def test_every_target_of_make_is_one(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"\bmake ([a-z]+)", (ROOT / name).read_text("utf-8"))

    assert [one for one in targets if f"\n{one}:" not in makefile] == []


def test_the_requests_of_the_tour_do_what_it_says(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = bootstrap.build_site(load_settings(shop))
    web = bootstrap.build_web(site).test_client()
    given = ["--admin-email", "admin@example.com", "--admin-password", "correct-horse"]
    assert run(["init", *given], bootstrap) == 0
    capsys.readouterr()
    lines = [line for line in blocks("README.md", "sh")[-1].splitlines() if "fieldstone" in line]
    token_line, why_line = lines
    token_words = shlex.split(token_line.removeprefix("TOKEN=$(").rstrip(")"))
    assert run(token_words[1:], bootstrap) == 0
    auth = {"Authorization": f"Bearer {capsys.readouterr().out.strip()}"}
    channel = web.post(
        "/api/v1/channel", json={"name": "Web", "code": "web", "kind": "own"}, headers=auth
    )
    assert channel.status_code == 201, channel.json
    lead = {"name": "王小明", "mobile": "13800138000", "channel": channel.json["data"]["id"]}
    made = web.post("/api/v1/lead", json=lead, headers=auth)
    assert made.status_code == 201, made.json
    chosen = re.search(r'"filter=(urgency .+?)"', blocks("README.md", "sh")[-1])
    assert chosen, "the rule would change nothing about a lead that is urgent already"
    first = web.get("/api/v1/lead", query_string={"filter": chosen[1], "limit": 1}, headers=auth)
    place = f"/api/v1/lead/{first.json['data'][0]['id']}"

    patched = web.patch(place, json={"fleet_size": 80}, headers=auth)
    found = web.get(
        "/api/v1/lead",
        query_string={"filter": "fleet_size >= 50", "fields": "name,urgency,fleet_size"},
        headers=auth,
    )

    assert patched.status_code == 200, patched.json
    assert [(one["urgency"], one["fleet_size"]) for one in found.json["data"]] == [("high", 80)]
    spoken = [one["rule"] for one in patched.json["decisions"]]
    assert spoken == ["big_fleet", "lead_scoring"]
    capsys.readouterr()
    assert run([*why_line.split()[1:3], made.json["data"]["id"]], bootstrap) == 0
    told = capsys.readouterr().out
    assert "Big fleets are urgent (big_fleet" in told
    assert "sets urgency = high" in told
    site.storage.close()
