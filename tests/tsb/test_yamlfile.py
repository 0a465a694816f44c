"""Reading YAML the way Kubernetes does, with lines, and without being exhausted by it."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.yaml.file import MAX_BYTES, Unreadable, documents, load


def read(text: str | bytes) -> list[object]:
    return [document.value for document in documents(text, "f.yaml")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: 0x1F", {"a": 31}),
        ("a: 0777", {"a": 511}),
        ("a: 0o17", {"a": 15}),
        ("a: 0o", {"a": "0o"}),
        ("a: 0b_", {"a": "0b_"}),
        ("a: 0x_", {"a": "0x_"}),
        ("a: 0x_f_", {"a": 15}),
        ("a: 0_", {"a": 0}),
        ("a: 1__0_", {"a": 10}),
        ("a: -0o17", {"a": -15}),
        ("a: -0b11", {"a": -3}),
        ("a: 089", {"a": 89}),
        ("a: 0X1F", {"a": 31}),
        ("a: 1_000.5", {"a": 1000.5}),
        ("a: _1", {"a": "_1"}),
        ("a: 1e30", {"a": 1e30}),
        ("a: 1\u0660", {"a": "1\u0660"}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: 1.5", {"a": 1.5}),
        ("a: 1.", {"a": 1.0}),
        ("a: .5", {"a": 0.5}),
        ("a: 1.2.3", {"a": "1.2.3"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2026-11-22", {"a": "2026-11-22"}),
        ("a: yes", {"a": True}),
        ("a: Off", {"a": False}),
        ("a: y", {"a": True}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: 'yes'", {"a": "yes"}),
        ("a: !!str 1", {"a": "1"}),
        ("a: !!int '1'", {"a": 1}),
        ("a: !!null ''", {"a": None}),
        ("1: b", {"1": "b"}),
        ("true: b", {"true": "b"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
        ("base: &b {x: 1, z: 2}\na: {<<: *b, z: 3}", {"base": {"x": 1, "z": 2}, "a": {"x": 1, "z": 3}}),
        ("a: {<<: [{x: 1}, {x: 2, z: 2}]}", {"a": {"x": 1, "z": 2}}),
        ("a: '<<'\n'<<': b", {"a": "<<", "<<": "b"}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_values(text: str, value: object) -> None:
    assert read(text) == [value]


def test_utf16_and_bytes() -> None:
    assert read("a: ü".encode("utf-16")) == [{"a": "ü"}]
    assert read("a: ü".encode()) == [{"a": "ü"}]


def test_documents_and_lists() -> None:
    text = "---\n---\nkind: A\n---\nkind: List\nitems:\n- kind: B\n- kind: C\n"
    found = list(documents(text, "f.yaml"))
    assert [(d.value["kind"], d.index, d.line) for d in found] == [("A", 1, 3), ("B", 2, 7), ("C", 2, 8)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("spec",), 2),
        (("spec", "match"), 4),
        (("spec", "match", 1), 6),
        (("spec", "match", 1, "ports", 0, "number"), 8),
        (("spec", "match", 0, "mode"), 5),
        (("spec", "missing", "deep"), 2),
        (("nothing",), 1),
        (("spec", "copy", "number"), 8),
        (("spec", "list", 0), 8),
        (("spec", "list", 1), 11),
        (("spec", "list", 2), 12),
        (("spec", "list", 2, 0), 13),
        (("spec", "list", 2, 1), 14),
        (("spec", "list", 2, 2, "number"), 15),
        (("spec", "merged"), 16),
        (("spec", "merged", "name"), 17),
        (("spec", "merged", "number"), 8),
        (("spec", "merged", "port"), 11),
    ],
)
def test_lines(path: tuple[str | int, ...], line: int) -> None:
    text = """\
kind: X
spec:
  url: u
  match:
  - mode: CLIENT
  - mode: SERVER
    ports:
    - &p {number: 1}
  copy: *p
  list: [*p,
    &q {port: 2},
    [
      one,
      {},
      {number: 3}]]
  merged:
    name: x
    <<: [*p, *q]
"""
    (document,) = documents(text, "f.yaml")
    assert document.line_of(path) == line


def bomb(levels: int = 30) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


def tower(levels: int) -> str:
    """No line of it is nested, and yet its last value is."""
    return "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, levels))])


def nested(levels: int, inmost: str = "x") -> str:
    return "[" * levels + inmost + "]" * levels


def test_an_alias_is_as_deep_as_what_it_stands_for() -> None:
    (value,) = read(f"a: {nested(60)}\nb: &b [x]\nc: {nested(60, '*b')}")
    assert str(value).count("[") == 60 + 1 + 61


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1", "f.yaml:1: this is no YAML"),
        ("ok: 1\na: b: c\n", "f.yaml:2: this is no YAML"),
        ("a:\n\t- b", "f.yaml:2: this is no YAML"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: the key 'a' is given twice, first on line 1."),
        ("a: *nobody", "f.yaml:1: the alias *nobody stands for nothing"),
        ("a: &a [*a]", "f.yaml:1: the alias *a holds itself."),
        ("[a]: 1", "f.yaml:1: a key must be a text."),
        ("~: 1", "f.yaml:1: a key must be a text."),
        ("a: &a x\n*a : 1", "f.yaml:2: a key must be a text."),
        ("*a : 1", "f.yaml:1: the alias *a stands for nothing"),
        ("a: !!python/object:os.system x", "f.yaml:1: the tag"),
        ("a: !secret x", "f.yaml:1: the tag"),
        ("a: .inf", "f.yaml:1: .inf is no number"),
        ("a: 1e999", "f.yaml:1: 1e999 is no number"),
        ("a: {<<: 1}", "f.yaml:1: << takes a mapping"),
        ("[" * 100 + "]" * 100, "f.yaml:1: values are nested more than"),
        ("{a: " * 5000, "f.yaml:1: values are nested more than"),
        (tower(1300), "f.yaml:64: values are nested more than 64 levels deep."),
        ("a: '\ud800'", "f.yaml: this is no text: it holds half of a surrogate pair."),
        (
            f"a: &a [{nested(40)}, &b [x]]\nb: {nested(30, '*a')}",
            "f.yaml:2: values are nested more than 64 levels deep.",
        ),
        (bomb(), "f.yaml:6: the document holds more than 400,000 values."),
        (b"a: \x00", "f.yaml:1: this is no text: it holds a NUL byte."),
        (b"ok: 1\n\x7fELF\xff\xfe", "f.yaml:2: this is no text"),
        (b"\x89PNG\r\n\x1a\n\x00", "f.yaml:1: this is no text"),
        ("a: \x07", "f.yaml: this is no YAML"),
        (" " * (MAX_BYTES + 1), "f.yaml: the file is larger than 32 MiB"),
    ],
)
def test_refused(text: str | bytes, says: str) -> None:
    started = time.monotonic()
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert says in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 5


def test_documents_before_a_broken_one_are_read() -> None:
    reader = documents("a: 1\n---\nb: [", "f.yaml")
    assert next(reader).value == {"a": 1}
    with pytest.raises(Unreadable, match=r"f.yaml:\d: this is no YAML"):
        next(reader)


def test_missing_file_and_folder(tmp_path: object) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        list(load("nowhere/x.yaml"))
    with pytest.raises(Unreadable, match="is a directory"):
        list(load(str(tmp_path)))


def test_a_long_digit_string_is_quick() -> None:
    started = time.monotonic()
    assert read("a: " + "9" * 1_000_000) == [{"a": "9" * 1_000_000}]
    assert time.monotonic() - started < 2


def test_agrees_with_pyyaml_on_ordinary_manifests() -> None:
    text = """
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: a, namespace: edge, labels: {app.kubernetes.io/name: "x"}}
spec:
  url: oci://r.example.com:5000/x:1.0
  priority: -5
  pluginConfig:
    text: >-
      folded
      text
    list: [1, 2.5, true, null, "3"]
"""
    assert read(text) == [yaml.safe_load(text)]


WORDS = "a b : - &a_ *a [ ] { } , <<:_ ?_ |_ >_ # ' \" ! !!int_ !!null_ 0 1 x o e . + ~ % @ \\".replace("_", " ").split(
    " "
)
BREAKS = [" ", "  ", "_", "\n", "\t", "---\n", "<<: *a\n", "\x00", "\ud800"]


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(WORDS + BREAKS), max_size=25).map("".join) | st.text(max_size=20) | st.binary(max_size=40)
)
def test_whatever_comes_it_is_read_or_refused_in_a_sentence(text: str | bytes) -> None:
    sentence = "f.yaml: ."
    try:
        for document in documents(text, "f.yaml"):
            json.dumps(document.value, allow_nan=False)
            assert document.line >= 1
    except Unreadable as refused:
        sentence = str(refused)
    assert sentence.startswith("f.yaml:")
    assert sentence.endswith(".")
