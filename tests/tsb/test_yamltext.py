"""YAML text: the same from libyaml as from PyYAML alone."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mesh_wasm.values.enums import PluginPhase
from mesh_wasm.yaml import text as yamltext
from mesh_wasm.yaml.text import yaml_text

pytestmark = pytest.mark.skipif(not hasattr(yaml, "CSafeDumper"), reason="PyYAML was built without libyaml")

INDICATORS = st.text(alphabet="-?:,[]{}#&*!|>'\"%@`=<~ \n\tab10.e+_\\", max_size=12)
CORNERS = st.text(alphabet="a \n\r\t\x00\x07\x1b\x7f\x85\xa0é中\u2028\ufeff\ufffe\U0001f600", max_size=6)
LONG = st.builds(
    lambda char, length, end: char * length + end,
    st.sampled_from("a1é: "),
    st.integers(90, 140) | st.integers(1000, 1100),
    st.sampled_from(["", "x", " #", ":", "\n", "\n\nb"]),
)
LIKE_NUMBERS = (st.integers() | st.floats()).map(str)
TEXTS = INDICATORS | CORNERS | LONG | LIKE_NUMBERS | st.text(max_size=10)
LEAVES = TEXTS | st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(PluginPhase)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
SHARED = {"x": [1]}


def by_pyyaml_alone(value: dict[str, Any]) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamltext, "_Libyaml", None)
        return yaml_text(value)


@settings(max_examples=200)
@example({"a": SHARED, "b": [SHARED]})
@example({"": "", "a": {"": [""]}})
@example({"é" * 100: 1, "a" * 123: 2})
@example({"a": "\U0001f600", "b\r": "x\r\ny"})
@example({"a": "x\n\n", "b": " x\ny", "c": "\n", "d": "x \n y\n"})
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_libyaml_writes_what_pyyaml_writes(value: dict[str, Any]) -> None:
    assert yaml_text(value) == by_pyyaml_alone(value)


@pytest.mark.parametrize(
    ("value", "writers"),
    [
        ({"a": ["x", 1, None, "yes", "", "1e3", "*x", "=", "one\ntwo\n"], "b" * 99: {"c": 1.5, "d": []}}, ["_Libyaml"]),
        ({"a": "é"}, ["_Libyaml", "_Python"]),
        ({"a": "x\r\n"}, ["_Libyaml", "_Python"]),
        ({"a": [{"": 1}]}, ["_Libyaml", "_Python"]),
        ({"b" * 100: 1}, ["_Libyaml", "_Python"]),
    ],
)
def test_what_libyaml_writes_otherwise_is_left_to_pyyaml(
    value: dict[str, Any], writers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    dump = yamltext._dump

    def recorded(value: dict[str, Any], dumper: type) -> str:
        asked.append(dumper.__name__)
        return dump(value, dumper)

    monkeypatch.setattr(yamltext, "_dump", recorded)
    assert yaml.safe_load(yaml_text(value)) == value
    assert asked == writers
