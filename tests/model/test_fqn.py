"""Fully qualified names: their forms, and comparing them by segments."""

from __future__ import annotations

import pytest

from mesh_wasm.values.fqn import PATTERNS, Fqn, FqnError

TENANT = "organizations/o/tenants/t1"


@pytest.mark.parametrize("kind", PATTERNS)
def test_every_kind_reads_its_own_form_only(kind: str) -> None:
    for form in PATTERNS[kind].split(" or "):
        text = form.replace("*", "x")
        assert str(Fqn.parse(text, kind)) == text
        for other in PATTERNS.keys() - {kind}:
            if form in PATTERNS[other].split(" or "):  # a default is called after what it is of
                continue
            with pytest.raises(FqnError, match="expected organizations"):
                Fqn.parse(text, other)


@pytest.mark.parametrize(
    "text",
    ["", "organizations", "organizations/", "/organizations/o", "organizations/o/", "a/b/c", "organizations/o o"],
)
def test_no_fqn(text: str) -> None:
    with pytest.raises(FqnError):
        Fqn.parse(text)


def test_within_compares_whole_segments() -> None:
    gateway = Fqn.parse(f"{TENANT}/workspaces/w/gatewaygroups/g/ingressgateways/i")
    assert gateway.within(Fqn.parse(TENANT))
    assert gateway.within(Fqn.parse("organizations/o"))
    assert not Fqn.parse(f"{TENANT}0").within(Fqn.parse(TENANT))
    assert not Fqn.parse(TENANT).within(gateway)
    assert str(gateway.tenant) == TENANT
    assert Fqn.parse("organizations/o/extensions/e").tenant is None
    assert (gateway.name, gateway.organization) == ("i", "o")
