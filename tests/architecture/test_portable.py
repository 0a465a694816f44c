"""macOS and Windows: what only some systems have is imported by those who need it, when they need it."""

from __future__ import annotations

import subprocess
import sys

import pytest

ABSENT = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")
"""Modules of the standard library that Windows lacks."""

_IMPORT_ALL = """
import importlib, pkgutil, sys

class Windows:
    def find_spec(self, name, path=None, target=None):
        if name in {absent!r}:
            importer = sys._getframe(1)
            while importer and not importer.f_globals.get("__name__", "").startswith("mesh_wasm"):
                importer = importer.f_back
            asked = sys._getframe(1)
            while "importlib" in asked.f_code.co_filename:
                asked = asked.f_back
            if asked.f_globals.get("__name__", "").startswith("mesh_wasm"):
                print(f"{{asked.f_globals['__name__']}} imports {{name}}")

sys.meta_path.insert(0, Windows())
for name in {absent!r}:
    sys.modules.pop(name, None)
for name in ("mesh_wasm", "mesh_wasm_pulumi"):
    for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{{name}}."):
        for absent in {absent!r}:
            sys.modules.pop(absent, None)
        importlib.import_module(module.name)
print("all imported")
"""


def test_no_module_takes_a_posix_only_one_at_import() -> None:
    told = subprocess.run([sys.executable, "-c", _IMPORT_ALL.format(absent=ABSENT)], capture_output=True, text=True)
    assert told.stdout.strip() == "all imported", told.stdout + told.stderr


@pytest.mark.parametrize("name", ["fcntl", "resource"])
def test_the_test_sees_such_an_import(name: str) -> None:
    code = _IMPORT_ALL.format(absent=ABSENT).partition("for name in (")[0]
    code += f"exec(compile('import {name}', 'x', 'exec'), {{'__name__': 'mesh_wasm.some'}})\n"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.strip() == f"mesh_wasm.some imports {name}"
