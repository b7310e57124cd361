"""`fieldstone new DIR`: a project folder of the same shape as the product's own."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.shipped import shipped
from fieldstone.cli.contract import DONE, Asked

CONFIG = """# What this installation sets; `fieldstone` explains every key in its own config.yaml.
database:
  url: sqlite:///fieldstone.db
company: {company}
layers: {layers}
"""
EXAMPLE = """# Your own layer: it changes and adds to the core by key, and survives every upgrade of the core.
object: lead
fields:
  hobby: {type: text, label: {en: Hobby, zh: 爱好}}
"""
IGNORED = "fieldstone.db*\n.fieldstone/\n"


class New:
    """Makes a folder with config.yaml and a metadata layer of its own."""

    name = "new"
    summary = "make a project folder with a layer of its own"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the folder and templates."""
        parser.add_argument("dir", type=Path, metavar="DIR")
        parser.add_argument(
            "--template", metavar="NAME", help="a shipped template, such as education"
        )

    def run(self, asked: Asked) -> int:
        """Write the folder; one that holds anything is left alone."""
        folder: Path = asked.folder / asked.arguments.dir
        if folder.exists() and any(folder.iterdir()):
            text = f"{asked.arguments.dir} is there and not empty."
            raise RefusedError([Problem("exists", "DIR", text, "Choose another folder.")])
        layers = [f"plugins/{self._template(asked)}"] if asked.arguments.template else []
        for part in ("metadata", "rules", "plugins"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(company=folder.name.replace("_", " ").title(), layers=layers)
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        (folder / "metadata" / "lead.yaml").write_text(EXAMPLE, encoding="utf-8")
        (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
        asked.terminal.tell(
            "{dir} is ready. Next: cd {dir} && fieldstone init", dir=asked.arguments.dir
        )
        return DONE

    def _template(self, asked: Asked) -> str:
        name = str(asked.arguments.template)
        known = sorted(
            one.name for one in shipped("plugins").iterdir() if (one / "metadata").is_dir()
        )
        if name not in known:
            cure = f"Use one of: {', '.join(known) or 'none is shipped'}."
            raise RefusedError(
                [Problem("not_found", "--template", f"there is no template {name!r}.", cure)]
            )
        return name


COMMAND = New()
