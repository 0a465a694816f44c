"""Hypothesis strategies: plugins as clusters hold them. All are valid; what is set, and how, is left open."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

NAMES: Strategy = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
NAMESPACES: Strategy = st.sampled_from(["edge", "shop", "pay"])
TEXTS: Strategy = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12
) | st.sampled_from(["${a}", "$${b}", "yes", "1", "null", "a\nb\n", "'", '"', "\\", "\"'", "{{x}}", "é", "\u2028"])
LEAVES: Strategy = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6, allow_nan=False) | TEXTS
)
_INNER: Strategy = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
CONFIG: Strategy = st.dictionaries(TEXTS, _INNER, max_size=4)
LABELS: Strategy = st.dictionaries(
    st.sampled_from(["app", "istio", "team", "app.kubernetes.io/name", "camelCase"]),
    st.sampled_from(["shop", "ingressgateway", "a.b", "X_1", ""]),
    min_size=1,
    max_size=2,
)
URLS: Strategy = st.sampled_from(
    [
        "oci://registry.acme.io/filters/acl:1",
        "oci://registry.acme.io/filters/stats@sha256:" + "0f" * 32,
        "registry.acme.io/filters/acl:1",
        "https://files.acme.io/acl.wasm",
        "file:///var/lib/acl.wasm",
    ]
)
MATCH: Strategy = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "mode": st.sampled_from(["CLIENT", "SERVER", "CLIENT_AND_SERVER"]),
            "ports": st.lists(
                st.sampled_from([80, 8443, 15443]).map(lambda n: {"number": n}), max_size=2, unique_by=str
            ),
        },
    ),
    max_size=2,
)
ENV: Strategy = st.lists(
    st.sampled_from(
        [
            {"name": "POD_NAME", "valueFrom": "HOST"},
            {"name": "MODE", "value": "x", "valueFrom": "INLINE"},
            {"name": "PLAIN", "value": "${y}"},
        ]
    ),
    max_size=2,
    unique_by=lambda one: one["name"],
)
SPECS: Strategy = st.fixed_dictionaries(
    {"url": URLS},
    optional={
        "selector": st.fixed_dictionaries({}, optional={"matchLabels": LABELS}),
        "sha256": st.sampled_from(["0f" * 32]),
        "imagePullPolicy": st.sampled_from(["UNSPECIFIED_POLICY", "IfNotPresent", "Always"]),
        "imagePullSecret": st.sampled_from(["registry", "other.secret"]),
        "pluginConfig": CONFIG,
        "pluginName": st.sampled_from(["acl", "Root Id"]),
        "phase": st.sampled_from(["UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"]),
        "priority": st.sampled_from([0, 10, -5, 2**31 - 1, -(2**31)]),
        "failStrategy": st.sampled_from(["FAIL_CLOSE", "FAIL_OPEN"]),
        "vmConfig": st.fixed_dictionaries({}, optional={"env": ENV}),
        "match": MATCH,
        "type": st.sampled_from(["UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"]),
    },
)
MARKS: Strategy = st.dictionaries(
    st.sampled_from(["team", "helm.sh/chart", "meta.helm.sh/release-name", "tsb.tetrate.io/etag"]),
    st.sampled_from(["shop", "a-1", "", "Helm"]),
    max_size=2,
)
METADATA: Strategy = st.fixed_dictionaries(
    {"name": NAMES, "namespace": NAMESPACES}, optional={"labels": MARKS, "annotations": MARKS}
)
PLUGINS: Strategy = st.builds(
    lambda metadata, spec: {
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": metadata,
        "spec": spec,
    },
    METADATA,
    SPECS,
)


@st.composite
def meshes(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Plugins of two clusters; some specs stand in several places, as those of one extension do."""
    plugins = draw(st.lists(PLUGINS, min_size=1, max_size=3))
    found: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}
    for plugin in plugins:
        for cluster, metadata in draw(
            st.lists(st.tuples(st.sampled_from(["east", "west"]), METADATA), min_size=1, max_size=4)
        ):
            place = (cluster, metadata["namespace"], metadata["name"])
            found.setdefault(place, (cluster, {**plugin, "metadata": metadata}))
    return list(found.values())
