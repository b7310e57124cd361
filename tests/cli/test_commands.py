"""The commands as a new user meets them: exit codes, problems with their cure, never a stack trace."""

from __future__ import annotations

import csv
import io
import json
import socket
import zipfile
from pathlib import Path

import psutil
import pytest

from fieldstone import bootstrap
from fieldstone.cli import commands
from fieldstone.cli.finding import commands_in
from fieldstone.cli.main import run

DONE, REFUSED, WRONG = 0, 1, 2
TEMPLATES = "b2b_software, ecommerce, education, insurance, manufacturing"
MAPPING = "object: product\nkey: code\nfields: {name: Name, code: Code, price: Price}\n"


class Shell:
    """Runs commands in a folder and keeps what they said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.out = ""
        self.err = ""

    def __call__(self, *words: str) -> int:
        self._capsys.readouterr()
        code = run(words, bootstrap)
        self.out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.out + self.err
        return code

    def refused(self, *words: str) -> str:
        """Run a command that is refused; return its problems, each of which has a cure on the next line."""
        assert self(*words) == REFUSED, self.out
        lines = [line for line in self.err.splitlines() if not line.endswith("problems.")]
        cures = [line for line in lines if line.startswith("    ")]
        assert cures
        assert all(cure.strip() for cure in cures)
        return self.err


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "config.yaml").write_text("company: Shop\n", "utf-8")
    monkeypatch.chdir(folder)
    for name in ("FIELDSTONE_DATABASE_URL", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return Shell(folder, capsys)


def test_without_a_command_the_overview_is_shown(shell: Shell) -> None:
    assert shell() == WRONG
    for name, command in commands_in(commands).items():
        assert name in shell.out
        assert command.summary.split()[0] in shell.out


@pytest.mark.parametrize("name", sorted(commands_in(commands)))
def test_every_command_explains_itself(shell: Shell, name: str) -> None:
    assert shell(name, "--help") == DONE
    assert f"usage: fieldstone {name}" in shell.out


@pytest.mark.parametrize(
    "words",
    [
        ["improt"],
        ["serve", "--port", "99999"],
        ["serve", "--port", "http"],
        ["user"],
        ["token", "create"],
        ["why", "lead"],
        ["rules", "lits"],
        ["export-data", "lead", "x.csv", "--format", "pdf"],
    ],
    ids=" ".join,
)
def test_wrong_usage_leaves_with_two(shell: Shell, words: list[str]) -> None:
    assert shell(*words) == WRONG
    assert shell.err


def test_a_misspelt_command_is_answered_with_the_nearest(shell: Shell) -> None:
    shell("improt")

    assert "Write 'import'." in shell.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"database: [", "cannot be read"),
        (b"\xff\xfe\x00", "Save it as UTF-8"),
        (b"databse: {url: x}", "Write 'database'"),
        (b"time_zone: Asia/Shangai", "Write 'Asia/Shanghai'"),
        (b"layers: [plugins/educaton]", "Write 'plugins/education'"),
        (b"redis: {url: garbage}", "redis://host:6379/0"),
        (b"database: {url: 'mysql://x'}", "neither a SQLite nor a PostgreSQL"),
    ],
)
def test_a_broken_config_is_named_with_its_cure(shell: Shell, text: bytes, told: str) -> None:
    (shell.folder / "config.yaml").write_bytes(text)

    assert told in shell.refused("check")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:////no/such/folder/x.db", "Make the folder"),
        ("sqlite:///notes.txt", "left as it is"),
        ("postgresql://u:hush@127.0.0.1:1/x", "Start the server"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_with_its_cure(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    notes = shell.folder / "notes.txt"
    notes.write_text("not a database, " * 100, "utf-8")
    monkeypatch.setenv("FIELDSTONE_DATABASE_URL", url)

    said = shell.refused("init")

    assert told in said
    assert "hush" not in said
    assert notes.read_text("utf-8").startswith("not a database")


def test_a_wrong_password_of_postgresql_is_told_without_the_password(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    place = postgres_url.rsplit("/", 1)[0]
    monkeypatch.setenv("FIELDSTONE_DATABASE_URL", f"{place}/no_such_database")

    assert "createdb" in shell.refused("init")


def test_a_port_that_is_taken_is_said_before_anything_else(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        said = shell.refused("serve", "--port", str(port))

    assert "address already in use" in said
    assert not (shell.folder / "fieldstone.db").exists()


def test_a_folder_that_cannot_be_written_is_named(shell: Shell) -> None:
    (shell.folder / "file").write_text("", "utf-8")

    assert "file" in shell.refused("schema", "file/under")
    assert "file" in shell.refused("new", "file/under")


def test_init_is_repeatable_and_makes_one_administrator(shell: Shell) -> None:
    given = ("--admin-email", "you@example.com", "--admin-password", "correct-horse")

    assert shell("init", *given) == DONE
    assert "you@example.com is an administrator." in shell.out
    assert shell("init", *given) == DONE
    assert "was there already" in shell.out
    assert shell("user", "list") == DONE
    assert shell.out.count("you@example.com") == 1


def test_people_get_roles_and_programs_get_tokens(shell: Shell) -> None:
    shell(
        "user",
        "create",
        "a@example.com",
        "--name",
        "A",
        "--roles",
        "sales",
        "--password",
        "correct-horse",
    )
    assert "boss" in shell.refused("user", "roles", "a@example.com", "boss")
    assert "8 to 256" in shell.refused("user", "password", "a@example.com", "--password", "x")
    assert "nobody has" in shell.refused(
        "token", "create", "--user", "b@example.com", "--name", "x"
    )

    assert shell("token", "create", "--user", "a@example.com", "--name", "web") == DONE
    token = shell.out.strip()
    assert "\n" not in token
    assert shell("token", "list", "--user", "a@example.com") == DONE
    assert token not in shell.out
    listed = shell.out.split()[0]
    assert shell("token", "revoke", "--user", "a@example.com", listed) == DONE
    shell("token", "list", "--user", "a@example.com")
    assert "revoked" in shell.out


def test_a_project_folder_is_made_once_and_compiles(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell("new", "school", "--template", "education") == DONE
    assert "not empty" in shell.refused("new", "school")
    refused = shell.refused("new", "other", "--template", "scool")
    assert f"Use one of: {TEMPLATES}." in refused
    assert not (shell.folder / "other").exists()
    monkeypatch.chdir(shell.folder / "school")

    assert shell("check") == DONE
    assert shell("lint") == DONE
    Path("metadata/gem.yaml").write_text(
        "object: gem\nicon: file-warnin\nfields: {name: {type: text, label: {en: Name, zh: 名称}}}\n"
        "permissions: {sales: {read: all}}\n",
        "utf-8",
    )
    assert "gem.icon  there is no icon 'file-warnin'." in shell.refused("lint")
    Path("metadata/gem.yaml").unlink()
    assert shell("schema", "schemas") == DONE
    assert len(list((shell.folder / "school" / "schemas").iterdir())) == 4


@pytest.mark.parametrize(
    ("words", "code"), [(["revisions"], DONE), (["why", "lead", "x"], REFUSED)]
)
def test_a_command_leaves_no_connection_open(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    built, build = [], bootstrap.build_site
    monkeypatch.setattr(bootstrap, "build_site", lambda *a: built.append(build(*a)) or built[-1])

    assert shell(*words) == code

    assert len(built) == 1  # kept here, so that no collector of garbage closes anything
    open_files = [Path(one.path) for one in psutil.Process().open_files()]
    assert [one.name for one in open_files if one.parent == shell.folder] == []


def test_roles_and_rules_are_listed_and_misspelt_ones_corrected(shell: Shell) -> None:
    assert shell("role", "show", "sales") == DONE
    assert "claim" in shell.out
    assert "Write 'sales'" in shell.refused("role", "show", "sals")
    assert shell("rules", "list", "--object", "lead") == DONE
    assert "lead_assignment" in shell.out
    assert "Write 'lead'" in shell.refused("rules", "list", "--object", "laed")
    assert "Write 'lead'" in shell.refused("why", "laed", "x")
    assert "there is no lead x" in shell.refused("why", "lead", "x")


def test_long_work_is_listed_and_only_what_has_stopped_is_tried_again(shell: Shell) -> None:
    assert shell("init") == DONE
    assert shell("jobs", "list") == DONE
    assert "There is no long work." in shell.out
    assert shell("rules", "apply", "lead_grading") == DONE
    assert shell("jobs", "list") == DONE
    assert "queued   Applying a rule to records that are there" in shell.out
    job = shell.out.split()[0]
    assert "This job is queued" in shell.refused("jobs", "again", job)
    assert "There is no job" in shell.refused("jobs", "again", "nothing")


def test_scoring_rules_are_listed_previewed_and_adopted_only_where_one_waits(shell: Shell) -> None:
    assert shell("scoring", "list") == DONE
    assert "lead_scoring" in shell.out
    assert "in force" in shell.out
    assert shell("scoring", "preview", "lead_scoring") == DONE
    assert "Version 1 of lead_scoring: 0 of 0 records looked at." in shell.out
    assert "is in force already" in shell.refused("scoring", "adopt", "lead_scoring")
    assert "Write 'lead_scoring'" in shell.refused("scoring", "preview", "lead_scorin")


def test_records_go_in_out_and_back(shell: Shell) -> None:
    (shell.folder / "map.yaml").write_text(MAPPING, "utf-8")
    rows = "Name,Code,Price\n=1+1,P1,1200\nValve,P2,ten\n水泵,P3,5\n"
    (shell.folder / "p.csv").write_text(rows, "utf-8")

    assert (
        shell("import", "product", "p.csv", "--map", "map.yaml") == REFUSED
    )  # one row was refused
    undo = shell.out.rsplit("fieldstone ", 1)[1].split()
    assert "ten" in (shell.folder / "p.rejected.csv").read_text("utf-8")

    assert shell("export-data", "product", "out.csv", "--sort=name") == DONE
    with (shell.folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        exported = list(csv.DictReader(file))
    assert [(row["name"], row["price"]) for row in exported] == [
        ("'=1+1", "1200.00"),
        ("水泵", "5.00"),
    ]

    assert shell("export-data", "product", "out.xlsx", "--filter", "price > 100") == DONE
    with zipfile.ZipFile(io.BytesIO((shell.folder / "out.xlsx").read_bytes())) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert sheet.count("<row ") == 2

    assert shell(*undo) == DONE
    assert shell("export-data", "product", "out.csv", "--overwrite") == DONE
    assert "0 products" in shell.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["lead", "x.pdf"], "Call it .csv or .xlsx"),
        (["laed", "x.csv"], "Write 'lead'"),
        (["lead", "x.csv", "--fields", "nmae"], "Write 'name'"),
        (["lead", "x.csv", "--filter", "stge == 'new'"], "Write 'stage'"),
        (["lead", "x.csv", "--sort", "nmae"], "Write 'name'"),
        (["lead", "config.yaml", "--format", "csv"], "--overwrite"),
        (["lead", "x.csv", "--as", "nobody@example.com"], "nobody has"),
        (["lead", "no/such/x.csv"], "no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_export_that_cannot_be_made_leaves_no_file(
    shell: Shell, words: list[str], told: str
) -> None:
    assert told in shell.refused("export-data", *words)
    assert not list(shell.folder.glob("x.*"))


def test_who_may_not_export_gets_nothing(shell: Shell) -> None:
    shell(
        "user",
        "create",
        "a@example.com",
        "--name",
        "A",
        "--roles",
        "sales",
        "--password",
        "correct-horse",
    )

    assert "do not let you export" in shell.refused(
        "export-data", "lead", "x.csv", "--as", "a@example.com"
    )
    assert not list(shell.folder.glob("x.*"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["product", "none.csv", "--map", "map.yaml"], "none.csv"),
        (["product", ".", "--map", "map.yaml"], "."),
        (["product", "map.yaml"], "no mapping is named"),
        (["product", "map.yaml", "--map", "nomap"], "no shipped mapping"),
        (["lead", "map.yaml", "--map", "education_leads"], "layers: [plugins/education]"),
        (["lead", "map.yaml", "--map", "map.yaml"], "import product"),
        (["undo", "abc"], "no import abc"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_import_that_cannot_begin_says_why(shell: Shell, words: list[str], told: str) -> None:
    (shell.folder / "map.yaml").write_text(MAPPING, "utf-8")

    assert told in shell.refused("import", *words)


def test_the_deadlines_of_a_person_are_listed(shell: Shell) -> None:
    made = ("a@example.com", "--name", "A", "--roles", "sales", "--password", "correct-horse")
    shell("user", "create", *made)

    assert shell("deadlines", "--of", "a@example.com") == 0
    assert "No deadline is running." in shell.out
    assert shell("deadlines", "--of", "a@example.com", "--person", "a@example.com") == 0
    assert "No deadline is running." in shell.out
    assert "nobody@example.com" in shell.refused("deadlines", "--of", "nobody@example.com")
    stranger = ("deadlines", "--of", "a@example.com", "--person", "nobody@example.com")
    assert "nobody@example.com" in shell.refused(*stranger)


def test_commands_understand_the_earlier_codes_of_pools_rules_and_reports(
    shell: Shell,
) -> None:
    ours = shell.folder / "ours" / "rules"
    ours.mkdir(parents=True)
    (ours / "codes.yaml").write_text(
        "rules:\n  open_sea: {renamed_from: public_pool}\n  points: {renamed_from: lead_scoring, alias_until: 2020-01-01}\n"
        "reports:\n  origins: {renamed_from: sources}\n"
    )
    assert shell("apply", "ours") == DONE

    assert shell("pools", "traffic", "public_pool", "--days", "7") == DONE
    assert shell("report", "show", "sources") == DONE
    assert "lead_scoring" in shell.refused("scoring", "preview", "lead_scoring")


def test_the_pools_are_listed_with_what_lies_in_them_and_their_traffic(shell: Shell) -> None:
    assert (
        shell("init", "--admin-email", "a@example.com", "--admin-password", "correct-horse") == DONE
    )

    assert shell("pools", "list") == DONE
    listed = shell.out
    assert shell("pools", "traffic", "public_pool", "--days", "7") == DONE
    traffic = shell.out
    assert shell("pools", "members", "public_pool") == DONE
    members = shell.out
    assert shell("pools", "move", "public_pool", "north_pool", "--reason", "no_need") == DONE

    assert "public_pool" in listed
    assert "claimed 0" in traffic
    assert "looks after it" in members
    assert "Moved 0, refused 0." in shell.out
    assert "public_pool" in shell.refused("pools", "traffic", "publik_pool")
    assert "needs the code" in shell.refused("pools", "move")
    assert "other pool" in shell.refused("pools", "move", "public_pool")


def test_a_dashboard_is_printed_for_people_and_for_programs(shell: Shell) -> None:
    assert shell("init") == DONE
    assert shell("report", "list") == DONE
    assert "leads " in shell.out
    assert shell("report", "show", "leads", "--period", "last_90") == DONE
    assert "Conversion" in shell.out
    assert shell("report", "show", "leads", "--json") == DONE
    assert json.loads(shell.out)["code"] == "leads"
    assert "Write 'leads'" in shell.refused("report", "show", "lead")
    assert shell("report", "records", "people", "owned", "--chart", "owners", "--key", "x") == DONE
    assert shell("report", "records", "leads", "created") == DONE
    assert shell.out == ""
    assert "no figure 'nothing'" in shell.refused("report", "records", "leads", "nothing")
    for board, figure in (
        ("assignment:lead_assignment", "waiting"),
        ("pool:public_pool", "came"),
        ("source:", "arrived"),
    ):
        assert shell("report", "records", board, figure) == DONE
        assert shell.out == ""
    assert "no rule 'moon'" in shell.refused("report", "records", "assignment:moon", "today")
    assert "period" in shell.refused("report", "show", "leads", "--period", "last_91")
