"""Names: DNS-1123, at most 253 characters, stable, and never the same for two things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mesh_wasm.values.naming import is_label, is_subdomain, plugin_name

GATEWAY = "organizations/acme/tenants/t/workspaces/w/gatewaygroups/g/ingressgateways/shop"

segments = st.text(
    st.characters(exclude_characters="/", exclude_categories=("Zs", "Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=300
)


@given(segments, segments, segments)
def test_any_names_give_a_name_that_kubernetes_accepts(target: str, extension: str, fqn: str) -> None:
    name = plugin_name(target, extension, fqn)
    assert is_subdomain(name), name
    assert name == plugin_name(target, extension, fqn)


@given(st.lists(st.tuples(segments, segments), min_size=2, max_size=2, unique=True))
def test_different_targets_get_different_names(pairs: list[tuple[str, str]]) -> None:
    (one, ext), (two, ext_two) = pairs
    first = plugin_name(one, ext, f"organizations/a/x/{one}")
    second = plugin_name(two, ext_two, f"organizations/a/x/{two}")
    if one != two:
        assert first != second


def test_readable() -> None:
    assert plugin_name("shop", "acl-check", GATEWAY).startswith("shop-acl-check-")


def test_long_names_keep_what_tells_them_apart() -> None:
    long = "x" * 250
    assert plugin_name(long, "a", GATEWAY) != plugin_name(long, "b", GATEWAY)
    assert len(plugin_name(long, "a", GATEWAY)) <= 253


def test_names_that_differ_in_case_only_stay_apart() -> None:
    assert plugin_name("Shop", "acl", GATEWAY) != plugin_name("shop", "acl", GATEWAY)


def test_labels() -> None:
    assert is_label("istio-system")
    assert not any(map(is_label, ["", "-a", "a-", "A", "a.b", "a" * 64]))
