"""Objects as YAML text in block style: one text for each, and no value that some YAML reader takes for another one.

libyaml writes it where PyYAML was built with it, four times as fast as PyYAML itself. The two differ in a few corners:
there PyYAML alone writes, so that a file does not change with the machine that it is written on.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

# What YAML 1.1, YAML 1.2 and Go's readers take for a boolean, null, number, date or time; PyYAML knows fewer of them.
_AMBIGUOUS = re.compile(
    r"^(y|n|yes|no|on|off|true|false|null|~|<<|=|[-+]?\.?[0-9].*|[-+]?\.(inf|nan)|0[box].*)$", re.IGNORECASE
)
_OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029]")
_LONGEST_KEY = 100
"""libyaml counts bytes where PyYAML counts characters: both write a longer key as ``? key``, but from another length on."""


def yaml_text(value: dict[str, Any]) -> str:
    """The object as YAML: keys in their order, texts quoted where they could be misread, no aliases, no line broken."""
    if _Libyaml is not None:
        try:
            return _dump(value, _Libyaml)
        except _WrittenOtherwise:
            pass
    return _dump(value, _Python)


def _dump(value: dict[str, Any], dumper: Any) -> str:
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return text


class _WrittenOtherwise(Exception):
    """libyaml may write this otherwise than PyYAML does."""


class _Python(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> yaml.ScalarNode:
    style = None
    if _OTHER_BREAKS.search(value):
        style = '"'  # there alone they are escaped; elsewhere a reader makes line feeds of them
    elif "\n" in value.rstrip("\n"):
        style = "|"
    elif _AMBIGUOUS.match(value):
        style = "'"
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style=style)
    return node


def _plain_text(dumper: Any, value: str) -> yaml.ScalarNode:
    if not value.isascii() or "\r" in value:
        raise _WrittenOtherwise
    return _text(dumper, value)


def _short_keys(dumper: Any, mapping: dict[str, Any]) -> yaml.MappingNode:
    if not all(0 < len(str(key)) < _LONGEST_KEY for key in mapping):
        raise _WrittenOtherwise
    node: yaml.MappingNode = dumper.represent_dict(mapping)
    return node


_Python.add_representer(str, _text)
_Python.add_multi_representer(str, _text)  # enumerations

_Libyaml: Any = None
if hasattr(yaml, "CSafeDumper"):
    _Libyaml = type("_Libyaml", (yaml.CSafeDumper,), {"ignore_aliases": _Python.ignore_aliases})
    _Libyaml.add_representer(dict, _short_keys)
    _Libyaml.add_representer(str, _plain_text)
    _Libyaml.add_multi_representer(str, _plain_text)
