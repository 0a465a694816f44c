"""What a module reads is the text that Go writes; what the lock tells of it is a hash, without its secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_wasm.modules.effective import Effective, effective_of, hidden_paths
from mesh_wasm.modules.go_json import go_json
from mesh_wasm.modules.locked import TrialVerdict
from mesh_wasm.modules.verdicts import envoy_of, key_id, nearest, verdict_for
from mesh_wasm.values.marks import SECRET_MARK, UNKNOWN_MARK

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1.0, "a": [True, None, "<é>"]}, '{"a":[true,null,"\\u003cé\\u003e"],"b":1}'),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (-1e-10, "-1e-10"),
        (2**53, "9007199254740992"),
        (0.1, "0.1"),
        (-0.0, "-0"),
        ('\x00\x7f\u2028\t\b"\\', '"\\u0000\x7f\\u2028\\t\\b\\"\\\\"'),
        ("\ud800", '"\\ufffd"'),
        ({"é": 1, "z": 2, "Z": 3}, '{"Z":3,"z":2,"é":1}'),
    ],
)
def test_the_text_is_that_of_go(value: Any, text: str) -> None:
    assert go_json(value) == text


leaves = (
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8"))
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
)


@given(values)
def test_it_means_the_same(value: Any) -> None:
    assert json.loads(go_json(value), parse_int=float) == value


def spec(token: Any = "s3cret", mode: Any = "enforce", env: Any = "e") -> dict[str, Any]:
    variables = [{"name": "KEY", "value": env}, {"name": "POD", "valueFrom": "HOST"}]
    return {"pluginConfig": {"mode": mode, "of": [{"token": token}]}, "vmConfig": {"env": variables}, "pluginName": "r"}


HIDDEN = ("pluginConfig.of[0].token", "vmConfig.env.KEY")


def effective(**changes: Any) -> Effective:
    found = effective_of(spec(**changes))
    assert found is not None
    return found


def test_what_is_secret_is_no_part_of_the_hash() -> None:
    assert hidden_paths(spec(SECRET_MARK, env=SECRET_MARK)) == HIDDEN
    assert effective().digest(HIDDEN) == effective(token="another", env="too").digest(HIDDEN)
    assert effective().digest(HIDDEN) != effective(mode="audit").digest(HIDDEN)
    assert effective().digest() != effective(token="another").digest()
    assert effective().secrets(HIDDEN) == {HIDDEN[0]: "s3cret", HIDDEN[1]: "e"}
    assert "s3cret" not in repr(effective())


def test_a_mark_needs_its_key() -> None:
    marks = {effective(token=token).secret_mark(HIDDEN, key) for token in ("a", "b") for key in (KEY, OTHER)}
    assert len(marks) == 4
    assert effective().secret_mark(HIDDEN, None) == ""
    assert effective().secret_mark((), KEY) == ""


def test_nothing_is_started_with_what_is_not_known() -> None:
    assert effective_of(spec(token=UNKNOWN_MARK)) is None
    assert effective_of(spec(env=UNKNOWN_MARK)) is None
    assert effective_of({"pluginConfig": UNKNOWN_MARK}) is None
    assert effective_of({}) == Effective()


def verdict(accepted: bool = True, envoy: str = "1.40.0", key: bytes | None = KEY, **changes: Any) -> TrialVerdict:
    one = effective(**changes)
    mark = one.secret_mark(HIDDEN, key)
    return TrialVerdict(one.digest(HIDDEN), envoy, accepted, "", HIDDEN, mark, key_id(key) if key else "")


def found(*verdicts: TrialVerdict, istio: tuple[int, int] | None = None, key: bytes | None = KEY, **now: Any) -> Any:
    known = verdict_for(effective(**now), verdicts, istio, key)
    return known if known is None else known.verdict or known.others


def test_a_verdict_holds_for_what_was_tried() -> None:
    assert found() is None
    assert found(verdict()) == verdict()
    assert found(verdict(), mode="audit") == 1
    assert found(verdict(), token="rotated") == 1
    assert found(verdict(), verdict(token="rotated"), token="rotated") == verdict(token="rotated")


def test_without_the_very_key_a_secret_counts_as_it_was() -> None:
    assert found(verdict(), token="rotated", key=None) == verdict()
    assert found(verdict(), token="rotated", key=OTHER) == verdict()
    assert found(verdict(key=None), token="rotated") == verdict(key=None)


def test_the_envoy_of_the_cluster_decides_else_the_newest() -> None:
    old, new = verdict(True, "1.36.4"), verdict(False, "1.40.0")
    assert envoy_of((1, 28)) == (1, 36)
    assert found(new, old, istio=(1, 28)) == old
    assert found(old, new, istio=(1, 27)) == new
    assert found(old, new) == new
    assert nearest(["1.9.0", "1.40.0", "1.40.1"], (1, 32)) == "1.40.1"
    assert nearest([], None) is None
