"""Values with Outputs in them, made one Output."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from support.programs import run, unknown

from mesh_wasm_pulumi._values.leaves import output_of


def _told(make: Any) -> Any:
    """What a program exports as one Output of a value, as the engine is told."""
    return run(lambda: pulumi.export("told", output_of(make()))).stack_outputs["told"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="nothing"),
        pytest.param({"a": [1, {"b": "c"}]}, id="plain"),
        pytest.param({"a": [1, {"b": pulumi.Output}]}, id="a leaf"),
        pytest.param([pulumi.Output, {"a": pulumi.Output}], id="two leaves"),
        pytest.param(pulumi.Output, id="nothing but an Output"),
    ],
)
def test_the_whole_value_comes_out(value: Any) -> None:
    def filled(part: Any, leaf: Any) -> Any:
        if part is pulumi.Output:
            return leaf()
        if isinstance(part, dict):
            return {key: filled(item, leaf) for key, item in part.items()}
        return [filled(item, leaf) for item in part] if isinstance(part, list) else part

    assert _told(lambda: filled(value, lambda: pulumi.Output.from_input("late"))) == filled(value, lambda: "late")


def test_outputs_within_the_value_of_an_output_are_opened_too() -> None:
    def nested() -> Any:
        inner = pulumi.Output.from_input("inner")
        return {"a": pulumi.Output.from_input(1).apply(lambda one: {"b": [one, inner]})}

    assert _told(nested) == {"a": {"b": [1, "inner"]}}


def test_an_unknown_or_secret_leaf_marks_the_whole() -> None:
    marks: dict[str, tuple[bool, bool]] = {}

    async def look(name: str, value: Any) -> None:
        whole = output_of(value)
        marks[name] = await whole.is_known(), await whole.is_secret()

    async def program() -> None:
        await look("plain", {"a": 1})
        await look("unknown", {"a": 1, "b": unknown()})
        await look("the mark of an unknown", {"a": 1, "b": pulumi.UNKNOWN, "c": pulumi.Output.from_input(2)})
        await look("secret", [1, {"b": pulumi.Output.secret("s")}])

    assert run(program).failure is None
    assert marks == {
        "plain": (True, False),
        "unknown": (False, False),
        "the mark of an unknown": (False, False),
        "secret": (True, True),
    }
