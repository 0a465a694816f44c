"""Sentences for programs in every language: our own words are those of Python.

Names of arguments become those of the wire (``pull_secret`` is ``pullSecret``), and what is of use in Python only, which
stands in a parenthesis ``(Python: …)``, is left out. What is quoted was written by the user, and stays; so do commands.
"""

from __future__ import annotations

import re
from functools import cache

from pydantic.alias_generators import to_camel

from mesh_wasm_pulumi import args

OPTIONS = (
    "depends_on",
    "enable_patch_force",
    "enable_secret_mutable",
    "render_yaml_to_directory",
    "retain_on_delete",
    "upsert_existing_objects",
)
"""Resource options, and arguments of Kubernetes providers, of which our sentences speak."""

_FLAT = r"[^()]*"
_NESTED = rf"{_FLAT}(?:\({_FLAT}(?:\({_FLAT}\){_FLAT})*\){_FLAT})*"
_PYTHON_ONLY = re.compile(rf"\s*\(Python: {_NESTED}\)")
_QUOTED = r"""(?<![\w])'[^']*'(?!\w)|"[^"]*"|`[^`]* [^`]*`"""


def in_wire_words(text: str) -> str:
    """The same text for readers of any language."""
    return _names().sub(lambda found: found[0] if found[1] is None else to_camel(found[1]), _PYTHON_ONLY.sub("", text))


def description(text: str) -> str:
    """A docstring as a description: one line for each paragraph, code in single backticks as Markdown has it."""
    paragraphs = (" ".join(part.split()) for part in text.replace("``", "`").split("\n\n"))
    return in_wire_words("\n\n".join(paragraphs))


@cache
def _names() -> re.Pattern[str]:
    shapes = (getattr(args, name) for name in args.__all__)
    known = {key for shape in shapes for key in getattr(shape, "__annotations__", {}) if "_" in key} | {*OPTIONS}
    return re.compile(rf"{_QUOTED}|\b({'|'.join(sorted(known, key=len, reverse=True))})\b")
