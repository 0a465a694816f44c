"""The rooms: each is one idea, its public modules are listed, and what begins with an underscore stays inside.

Which way the arrows between them go is checked by import-linter (`make check`; the contracts stand in pyproject.toml).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SDK, COMPONENTS = ROOT / "sdk/mesh_wasm", ROOT / "components/mesh_wasm_pulumi"
MOST = 15


def _folders() -> list[Path]:
    return sorted({path.parent for base in (SDK, COMPONENTS) for path in base.rglob("*.py")})


def _name(path: Path) -> str:
    base = SDK if path.is_relative_to(SDK) else COMPONENTS
    parts = path.relative_to(base.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for base in (SDK, COMPONENTS) for path in base.rglob("*.py")}


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """The names that a module imports from our own ones: (module, name)."""
    here = _name(path).split(".")
    package = here if path.name == "__init__.py" else here[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            up = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*up, *((node.module or "").split(".") if node.module else [])])
            for alias in node.names:
                yield module, alias.name


def _listed(package: Path) -> set[str]:
    for node in ast.parse((package / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("folder", _folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_is_one_idea(folder: Path) -> None:
    """A sentence tells it, and its listing can be read at one glance."""
    assert len(list(folder.glob("*.py"))) <= MOST + 1  # with its __init__
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert docstring
    assert docstring.split("\n")[0].rstrip().endswith((".", ":"))


def _crossings() -> list[tuple[str, str]]:
    """Every import of the SDK's modules from outside their room: (who, what)."""
    found = set()
    for name, path in MODULES.items():
        for module, item in _imports(path):
            target = f"{module}.{item}" if f"{module}.{item}" in MODULES else module
            if target.startswith("mesh_wasm.") and target in MODULES and _room(target) != _room(name):
                found.add((name, target))
    return sorted(found)


def test_only_what_a_room_lists_is_used_outside() -> None:
    """``__all__`` of a room names its public modules; a module that begins with ``_`` is never among them."""
    wrong = []
    for name, target in _crossings():
        package, _, leaf = target.rpartition(".")
        if package == "mesh_wasm":  # the room itself: the names in its __all__
            continue
        if leaf.startswith("_") or leaf not in _listed(MODULES[package].parent):
            wrong.append(f"{name} imports {target}")
    assert wrong == []


def test_rooms_list_what_is_there() -> None:
    """No name in ``__all__`` that is neither a module of the room nor defined in its ``__init__``."""
    for folder in (path for path in _folders() if path.is_relative_to(SDK) and path != SDK):
        text = (folder / "__init__.py").read_text()
        modules = {path.stem for path in folder.glob("*.py")} | {
            path.name for path in folder.iterdir() if path.is_dir()
        }
        for name in _listed(folder):
            assert name in modules or re.search(rf"^(?!__all__).*\b{name}\b", text, re.MULTILINE), (
                f"{folder.name}: {name}"
            )
