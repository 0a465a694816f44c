"""Sentences for programs in every language."""

from __future__ import annotations

from typing import Any

import pytest
from support.plugin import Plugin, output, secret

from mesh_wasm_pulumi.provider.wording import in_wire_words

from .test_construct import DEFINITION, EXTENSION, gateway, good


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Give pull_secret with existing_secret.", "Give pullSecret with existingSecret."),
        ("Give the PullSecret retain_on_delete as well.", "Give the PullSecret retainOnDelete as well."),
        ("Give the clusters by name (Python: a Fleet); others too.", "Give the clusters by name; others too."),
        ("Give them (Python: a Fleet([Cluster(…), …])). Then", "Give them. Then"),
        ("its old name (Python: aliases=[Alias(name=...)] or so). If", "its old name. If"),
        ("'pull_secret' is no name; it's the user's pull_secret.", "'pull_secret' is no name; it's the user's pullSecret."),
        ("Write `pull_secret`, or remove it.", "Write `pullSecret`, or remove it."),
        ("run `pulumi import a pull_secret`", "run `pulumi import a pull_secret`"),
        ("FAIL_CLOSE and my_own_words stay", "FAIL_CLOSE and my_own_words stay"),
    ],
)  # fmt: skip
def test_words_are_those_of_the_wire(ours: str, theirs: str) -> None:
    assert in_wire_words(ours) == theirs


def test_paths_are_spelt_as_on_the_wire(plugin: Plugin) -> None:
    """All keys that are there are single words, of which no spelling can be guessed."""
    answer = plugin.construct("WasmExtension", "acl", {**EXTENSION, "vmConfig": {"env": [{"name": "X", "value": "a"}]}})
    assert answer.paths == ["vmConfig.env[0].valueFrom"]


def test_misspelt_argument_is_named_as_on_the_wire(plugin: Plugin) -> None:
    answer = plugin.construct("WasmExtension", "acl", {**EXTENSION, "imagePulPolicy": "Always"})
    assert "did you mean 'imagePullPolicy'?" in answer.problems[0][1]


def test_selection_that_is_not_known_is_named_as_on_the_wire(plugin: Plugin, fleet: Any) -> None:
    answer = plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, clusterNames=[output(known=False)]))
    assert answer.problems[0][0].startswith("clusterNames")
    assert "clusterNames decides which objects exist" in answer.problems[0][1]


def test_notes_speak_no_python(process: Plugin, plugin: Plugin, fleet: Any) -> None:
    before = len(process.engine.messages)
    args = {"registry": "registry.acme.io", "username": "puller", "password": secret("hunter2")}
    registry = good(plugin.construct("PullSecret", "registry", args))
    item = {"extension": DEFINITION, "pullSecret": registry.state["definition"]}
    good(plugin.construct("IngressGatewayAttachment", "edge", gateway(fleet, extensions=[item]), retainOnDelete=True))
    (told,) = [one.text for one in process.engine.messages[before:] if "MW812" in one.text]
    assert "retainOnDelete" in told
    assert "retain_on_delete" not in told
