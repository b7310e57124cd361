"""The floors of the package: a folder imports only from floors below its own."""

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

TOP = Path(__file__).parents[2]
ROOT = TOP / "platform" / "fieldstone"
# From the roof to the ground; folders on one floor do not import each other.
# The same list is in setup.cfg for import-linter, which also sees indirect imports.
FLOORS = [
    {"__main__"},
    {"bootstrap"},
    {"extensions"},
    {"web", "cli", "worker"},
    {"templates", "numbers"},
    {"site"},
    {"actions", "reports", "evolution", "delivery"},
    {"reads", "writes"},
    {"jobs"},
    {"compiler", "storage", "access"},
    {"model"},
    {"rules"},
    {"fieldtypes", "changes"},
    {"expressions"},
    {"base"},
]
HEIGHT = {name: height for height, floor in enumerate(reversed(FLOORS)) for name in floor}

EDGE = {"bootstrap", "web"}
# Which folders, or files, may import a third party; what is not named here may be imported anywhere.
THIRD_PARTIES = {
    "apispec": {"web"},
    "flask": EDGE,
    "flask_babel": EDGE,
    "gunicorn": {"bootstrap", "cli", "web"},
    "jsonschema": {"compiler", "base/settings.py"},
    "marshmallow": {"fieldtypes", "web"},
    "pluggy": {"extensions"},
    "prometheus_client": EDGE,
    "psycopg": {"storage"},
    "redis": {"jobs", "worker"},
    "rich": {"cli"},
    "rq": {"jobs", "worker"},
    "ruamel": {"compiler"},
    "sqlalchemy": {"access", "expressions", "fieldtypes", "reads", "storage"},
    "sqlite3": {"storage"},
    "werkzeug": EDGE,
    "whitenoise": EDGE,
    "yaml": {"compiler", "base/settings.py"},
}
# Who may open connections; the others on the list above build types and clauses only.
ENGINE_WORDS = {"Connection", "Engine", "create_engine", "Session", "sessionmaker", "event"}


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    paths = sorted(path for path in ROOT.rglob("*.py") if "_shipped" not in path.parts)
    return [(path, ast.parse(path.read_text("utf-8"))) for path in paths]


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the dotted name of every module imported, and the word taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            yield from ((dots + (node.module or ""), alias.name) for alias in node.names)


def own_parts(tree: ast.Module) -> Iterator[str]:
    """Yield the first folder under fieldstone of every import."""
    for name, word in imports(tree):
        parts = name.split(".")
        if parts[0] == "fieldstone":
            yield parts[1] if len(parts) > 1 else word


def test_every_import_points_downwards():
    wrong = [
        f"{path.relative_to(TOP)} imports fieldstone.{there}: move what it needs below both"
        for path, tree in modules()
        for there in own_parts(tree)
        if (here := part_of(path)) != "__init__"
        and there in HEIGHT
        and there != here
        and HEIGHT[there] >= HEIGHT[here]
    ]

    assert not wrong, "\n".join(wrong)


def test_import_linter_holds_the_same_floors():
    setup = ConfigParser()
    setup.read(TOP / "setup.cfg", encoding="utf-8")
    lines = setup["importlinter:contract:floors"]["layers"].split("\n")
    floors = [{name.strip(" ()") for name in line.split("|")} for line in lines if line.strip()]

    assert floors == FLOORS


def test_every_folder_stands_on_a_floor():
    assert {part_of(path) for path, _ in modules()} - {"__init__"} <= set(HEIGHT)


def test_third_parties_keep_to_their_floor():
    wrong = [
        f"{path.relative_to(TOP)} imports {name}, which belongs to {sorted(allowed)}"
        for path, tree in modules()
        for name, _ in imports(tree)
        if (allowed := THIRD_PARTIES.get(name.split(".")[0]))
        and not allowed & {part_of(path), path.relative_to(ROOT).as_posix()}
    ]

    assert not wrong, "\n".join(wrong)


def test_only_storage_opens_connections():
    wrong = [
        f"{path.relative_to(TOP)} imports {word} from {name}"
        for path, tree in modules()
        for name, word in imports(tree)
        if name.split(".")[0] == "sqlalchemy"
        and word in ENGINE_WORDS
        and part_of(path) != "storage"
    ]

    assert not wrong, "\n".join(wrong)


def test_imports_are_absolute():
    wrong = [path for path, tree in modules() for name, _ in imports(tree) if name[:1] == "."]

    assert not wrong


def test_platform_never_shadows_the_standard_module_of_its_name():
    assert not (ROOT.parent / "__init__.py").exists()
