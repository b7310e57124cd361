"""Carry the shipped metadata, rules, plugins and pages inside the package of a wheel.

Everything else about the package is in setup.cfg.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
SHIPPED = ("metadata", "rules", "plugins", "ui_templates")
# Only what a build leaves behind; the shipped folders hold no other generated files.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "node_modules")


class BuildWithShipped(build_py):
    """Builds the modules, then copies the shipped folders to fieldstone/_shipped."""

    def run(self) -> None:
        """Build; an editable install reads the folders of the checkout itself."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "fieldstone" / "_shipped"
        shutil.rmtree(target, ignore_errors=True)
        for name in SHIPPED:
            if (HERE / name).is_dir():
                shutil.copytree(HERE / name, target / name, ignore=LEFT_OUT)


setup(cmdclass={"build_py": BuildWithShipped})
