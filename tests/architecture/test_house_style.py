"""The sizes and names of the house, which no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
ROOT = TOP / "platform" / "fieldstone"
MODULE_LINES = 400
FUNCTION_LINES = 40
# They say nothing about what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "data", "process", "handle", "misc"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b")


BENCH = TOP / "bench"


def paths() -> list[Path]:
    package = sorted(path for path in ROOT.rglob("*.py") if "_shipped" not in path.parts)
    return [*package, *sorted(BENCH.rglob("*.py"))]


def functions(path: Path) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Yield each function of a module with its lines, its docstring left out."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node):
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            yield node, lines


def test_no_module_is_longer_than_a_sitting():
    long = {
        str(path.relative_to(TOP)): lines
        for path in paths()
        if (lines := len(path.read_text("utf-8").splitlines())) > MODULE_LINES
    }

    assert not long


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path.relative_to(TOP)}:{node.lineno} {node.name} has {lines} lines"
        for path in paths()
        for node, lines in functions(path)
        if lines > FUNCTION_LINES
    ]

    assert not long, "\n".join(long)


def test_no_module_has_a_name_that_says_nothing():
    wrong = [
        path for path in paths() if EMPTY_NAMES & {path.stem, *path.relative_to(TOP).parts[:-1]}
    ]

    assert not wrong


def test_nothing_is_left_unfinished():
    wrong = [
        f"{path.relative_to(TOP)}:{number} {line.strip()}"
        for path in paths()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    assert not wrong, "\n".join(wrong)


def test_every_folder_says_its_purpose_in_one_sentence():
    wrong = [
        str(folder.relative_to(TOP))
        for folder in [path.parent for path in paths()]
        if not _purpose(folder / "__init__.py")
    ]

    assert not wrong


def _purpose(init: Path) -> str:
    if not init.exists():
        return ""
    return ast.get_docstring(ast.parse(init.read_text("utf-8"))) or ""
