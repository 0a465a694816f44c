"""Hypothesis strategies: WasmPlugins whose every field is near one of its edges.

Most fields of an example are left out or plainly valid, so that one fault is not hidden behind another.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Json = Any
Strategy = st.SearchStrategy[Any]

HEX = "0123456789abcdef"


def rarely(odd: Strategy, usual: Strategy) -> Strategy:
    """Mostly the usual, sometimes the odd; a shrunk example is a usual one."""
    return st.integers(0, 9).flatmap(lambda roll: odd if roll == 9 else usual)


def around(limit: int, alphabet: str = "a") -> Strategy:
    """Texts of a length at, just below and just above a limit; of several bytes for each character, too."""
    lengths = st.sampled_from([limit, limit - 1, limit + 1, limit // 2, limit // 2 + 1])
    return st.builds(lambda char, length: char * length, st.sampled_from([*alphabet, "ü", "€"]), lengths)


ODD_VALUES: Strategy = st.sampled_from([None, "", 0, 1, -1, 1.5, True, [], {}, [None], {"a": None}, "x"])
"""Values of every JSON type."""

TEXT: Strategy = st.text("aA0-_./:*@%# \tüé\n", max_size=6)

SCHEMES = st.sampled_from(["oci", "https", "http", "file", "OCI", "Https", "ftp", "ocis", "", "0ci", "o-c", "o_c", "ü"])
HOSTS = st.sampled_from(
    [
        "ghcr.io",
        "registry",
        "localhost",
        "10.1.2.3",
        "[fd00::1]",
        "[fd00",
        "fd00::1",
        "my_registry",
        "a@b",
        "",
        "h h",
        "a%41",
        "ü.io",
        "-",
        "A.IO",
        "a..b",
        "a%",
        "a\\b",
        "[::1%25eth0]",
        "a;b",
        "a,b",
        "<a>",
        '"',
        "^",
        "`",
    ]
)
PORTS = st.sampled_from(["", "", "", ":5000", ":0", ":70000", ":", ":x", ":1:2", ":-1"])
PATHS = st.sampled_from(
    [
        "/acme/acl",
        "/acl",
        "/",
        "",
        "//acl",
        "/Acme",
        "/a b",
        "/a%20b",
        "/a%2",
        "/ü",
        "/a?b=c",
        "/a#b",
        "/a#b%",
        "/../a",
        "/a\\b",
        "/a\tb",
        "/a\nb",
        "/a\x7fb",
        "/a|b",
        "?a",
        "#a",
        "/a:b/c",
        "/[",
        "/a^",
        "/a?%zz",
        "/a;b",
    ]
)
TAGS = st.sampled_from(["", ":1", ":latest", ":", "@sha256:" + HEX * 4, "@sha256:x", ":1@sha256:" + HEX * 4, " ", "\n"])
JOINTS = st.sampled_from(["://", "://", "://", ":", ":/", "", "//", ":///"])

URLS: Strategy = st.one_of(
    st.builds(lambda *parts: "".join(parts), SCHEMES, JOINTS, HOSTS, PORTS, PATHS, TAGS),
    st.builds(lambda *parts: "".join(parts), HOSTS, PORTS, PATHS, TAGS),
    TEXT,
)
PLAIN_URLS: Strategy = st.sampled_from(
    ["oci://ghcr.io/acme/acl:1.4.2", "https://files.acme.io/acl.wasm", "file:///var/lib/acl.wasm", "acme/acl:1"]
)

LABEL_KEYS = st.sampled_from(["app", "app.kubernetes.io/name", "", "*", "a*b", "a b", "k" * 64, "k" * 300, "/", "ü"])
LABEL_VALUES: Strategy = rarely(ODD_VALUES, st.one_of(around(63), st.sampled_from(["shop", "", "*", "a*", "a b", "?"])))
LABELS = st.dictionaries(LABEL_KEYS, LABEL_VALUES, max_size=2)
SELECTORS: Strategy = rarely(
    ODD_VALUES, st.fixed_dictionaries({}, optional={"matchLabels": rarely(ODD_VALUES, LABELS)})
)

GROUPS = st.sampled_from(
    [
        "gateway.networking.k8s.io",
        "networking.istio.io",
        "",
        "core",
        "apps",
        "Apps",
        "a..b",
        "-a",
        "a b",
        "g" * 253,
        "g" * 254,
    ]
)
KINDS = st.sampled_from(
    ["Gateway", "Service", "ServiceEntry", "GatewayClass", "Pod", "gateway", "", "1a", "a-", "K" * 63, "K" * 64, "é"]
)
NAMES: Strategy = st.one_of(st.sampled_from(["shop", "", "A b", "*"]), around(253))
REFERENCE_FIELDS: dict[str, Strategy] = {
    "group": rarely(ODD_VALUES, GROUPS),
    "kind": rarely(ODD_VALUES, KINDS),
    "name": rarely(ODD_VALUES, NAMES),
    "namespace": rarely(ODD_VALUES, st.sampled_from(["", "default", "pay"])),
    "sectionName": st.just("http"),
}
GOOD_REFERENCES: Strategy = st.sampled_from(
    [
        {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "shop"},
        {"kind": "Service", "name": "shop"},
        {"group": "", "kind": "Service", "name": "shop", "namespace": ""},
        {"group": "core", "kind": "Service", "name": "shop"},
        {"group": "networking.istio.io", "kind": "ServiceEntry", "name": "shop"},
    ]
)
REFERENCES: Strategy = st.one_of(
    GOOD_REFERENCES, st.fixed_dictionaries({}, optional=REFERENCE_FIELDS), rarely(ODD_VALUES, GOOD_REFERENCES)
)
REFERENCE_LISTS: Strategy = rarely(
    st.one_of(ODD_VALUES, st.builds(lambda one, n: [one] * n, GOOD_REFERENCES, st.sampled_from([16, 17]))),
    st.lists(REFERENCES, max_size=3),
)

PORT_NUMBERS: Strategy = rarely(
    st.one_of(ODD_VALUES, st.sampled_from(["80", 80.5, 80.0, 2**31, 2**63, -(2**31)])),
    st.sampled_from([1, 80, 443, 65535, 0, 65536, -1]),
)
MODES: Strategy = rarely(
    st.one_of(ODD_VALUES, st.sampled_from(["client", "BOTH", "CLIENT "])),
    st.sampled_from(["CLIENT", "SERVER", "CLIENT_AND_SERVER", "UNDEFINED"]),
)
PORT_LISTS: Strategy = rarely(
    ODD_VALUES, st.lists(rarely(ODD_VALUES, st.fixed_dictionaries({"number": PORT_NUMBERS})), max_size=3)
)
TRAFFIC: Strategy = rarely(
    st.one_of(ODD_VALUES, st.just({"direction": "CLIENT"})),
    st.fixed_dictionaries({}, optional={"mode": MODES, "ports": PORT_LISTS}),
)

ENV_NAMES: Strategy = rarely(
    st.one_of(ODD_VALUES, TEXT),
    st.one_of(st.sampled_from(["MODE", "LEVEL", "_x", "1A", "a-b", "", "A="]), around(256, "N")),
)
ENV_VALUES: Strategy = rarely(ODD_VALUES, st.one_of(st.sampled_from(["", "on"]), around(2048)))
SOURCES: Strategy = rarely(st.one_of(ODD_VALUES, st.just("host")), st.sampled_from(["INLINE", "HOST"]))
ENV: Strategy = rarely(
    ODD_VALUES,
    st.fixed_dictionaries(
        {"name": ENV_NAMES}, optional={"value": ENV_VALUES, "valueFrom": SOURCES, "other": st.just(1)}
    ),
)
MANY_ENV: Strategy = st.sampled_from([256, 257]).map(lambda n: [{"name": f"V{i}", "value": "x"} for i in range(n)])
VM_CONFIGS: Strategy = rarely(
    st.one_of(ODD_VALUES, st.builds(lambda env: {"env": env}, st.one_of(ODD_VALUES, MANY_ENV))),
    st.builds(lambda env: {"env": env}, st.lists(ENV, max_size=3)),
)

SHA: Strategy = rarely(
    ODD_VALUES,
    st.one_of(
        st.just(HEX * 4),
        st.text(HEX, min_size=63, max_size=65),
        st.sampled_from(["", "A" * 64, "sha256:" + HEX * 4, HEX]),
    ),
)
PRIORITIES: Strategy = rarely(
    st.one_of(ODD_VALUES, st.sampled_from(["10", 7.0, 1e300, 2**63, 2**64])),
    st.sampled_from([0, 10, -10, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1]),
)
CONFIGS: Strategy = rarely(
    ODD_VALUES,
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(-1e300, 1e300), TEXT),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
        max_leaves=5,
    ).map(lambda value: value if isinstance(value, dict) else {"value": value}),
)


def enum(*values: str) -> Strategy:
    """One of the values; sometimes something that is none of them."""
    close = [values[0].lower(), f"{values[0]} ", values[0][:-1], "", "UNSPECIFIED"]
    return rarely(st.one_of(ODD_VALUES, st.sampled_from(close)), st.sampled_from(values))


FIELDS: dict[str, Strategy] = {
    "selector": SELECTORS,
    "targetRef": REFERENCES,
    "targetRefs": REFERENCE_LISTS,
    "sha256": SHA,
    "imagePullPolicy": enum("Always", "IfNotPresent", "UNSPECIFIED_POLICY"),
    "imagePullSecret": rarely(ODD_VALUES, st.one_of(st.sampled_from(["registry", "", "a/b", "A b"]), around(253))),
    "verificationKey": rarely(ODD_VALUES, st.just("key")),
    "pluginConfig": CONFIGS,
    "pluginName": rarely(ODD_VALUES, st.one_of(st.sampled_from(["acl", "", "a b"]), around(256))),
    "phase": enum("AUTHN", "AUTHZ", "STATS", "UNSPECIFIED_PHASE", "ASM_ROUTER"),
    "priority": PRIORITIES,
    "failStrategy": enum("FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"),
    "vmConfig": VM_CONFIGS,
    "match": rarely(ODD_VALUES, st.lists(TRAFFIC, max_size=3)),
    "type": enum("HTTP", "NETWORK", "UNSPECIFIED_PLUGIN_TYPE"),
    "fail_strategy": st.just("FAIL_OPEN"),
    "colour": st.just("blue"),
}


def _some_fields() -> Strategy:
    """Up to three fields beside the url: enough for them to meet, too few to hide one another."""
    names = st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: FIELDS[name] for name in chosen}))


URL_SPECS: Strategy = st.builds(lambda url: {"url": url}, URLS)
"""Specs of which nothing but the URL is of interest."""

FIELD_SPECS: Strategy = st.builds(lambda url, fields: {"url": url} | fields, PLAIN_URLS, _some_fields())
"""Specs whose URL is good."""

_INNER = (
    "sha256",
    "imagePullPolicy",
    "imagePullSecret",
    "verificationKey",
    "pluginConfig",
    "pluginName",
    "failStrategy",
)
_INNER_FIELDS = {name: FIELDS[name] for name in (*_INNER, "vmConfig", "type", "fail_strategy", "colour")}
_OUTER_FIELDS = {
    **{
        name: FIELDS[name]
        for name in ("selector", "targetRefs", "targetRef", "priority", "match", "colour", "pluginName")
    },
    "phase": enum("AUTHN", "AUTHZ", "STATS", "UNSPECIFIED", "UNSPECIFIED_PHASE", "ASM_ROUTER"),
}


def _some(fields: dict[str, Strategy], most: int) -> Strategy:
    names = st.lists(st.sampled_from(sorted(fields)), max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen}))


MODULES: Strategy = rarely(
    ODD_VALUES,
    st.builds(lambda url, fields: {"url": url} | fields, rarely(URLS, PLAIN_URLS), _some(_INNER_FIELDS, 2)),
)
SCRIPTS: Strategy = rarely(
    st.one_of(ODD_VALUES, st.just({"inlineCode": "x = 1", "type": "HTTP"})),
    st.builds(
        lambda code: {"inlineCode": code},
        rarely(ODD_VALUES, st.one_of(TEXT, around(65536), st.just("function envoy_on_request(h) end"))),
    ),
)
TRAFFIC_EXTENSION_SPECS: Strategy = st.builds(
    lambda filters, fields: filters | fields,
    rarely(
        st.one_of(st.just({}), st.fixed_dictionaries({"wasm": MODULES, "lua": SCRIPTS})),
        st.one_of(
            st.fixed_dictionaries({"wasm": MODULES}),
            st.fixed_dictionaries({"wasm": MODULES}),
            st.fixed_dictionaries({"lua": SCRIPTS}),
        ),
    ),
    _some(_OUTER_FIELDS, 2),
)
"""Specs of TrafficExtensions: mostly with one module or one script."""

_PARTS = ["a", "A", "0", "-", ".", "_", "/", "ü", " ", "*", "a" * 63, "a" * 64]
KEYS: Strategy = st.lists(st.sampled_from(_PARTS), max_size=5).map("".join)
METADATA: Strategy = st.fixed_dictionaries(
    {"name": st.one_of(st.just("example"), KEYS, around(253), ODD_VALUES), "namespace": st.just("default")},
    optional={
        "labels": rarely(ODD_VALUES, st.dictionaries(KEYS, rarely(ODD_VALUES, KEYS), max_size=2)),
        "annotations": rarely(ODD_VALUES, st.dictionaries(KEYS, rarely(ODD_VALUES, TEXT), max_size=2)),
    },
)
"""Metadata of the object itself; its namespace exists."""

_ENTRY_FIELDS: dict[str, Strategy] = {
    "config": CONFIGS,
    "match": rarely(ODD_VALUES, st.fixed_dictionaries({}, optional={"mode": MODES})),
    "url": rarely(URLS, PLAIN_URLS),
    **{
        name: FIELDS[name]
        for name in ("sha256", "imagePullPolicy", "imagePullSecret", "pluginName", "phase", "priority", "failStrategy")
    },
    "vmConfig": VM_CONFIGS,
    "type": FIELDS["type"],
    "source": rarely(ODD_VALUES, TEXT),
    "description": rarely(ODD_VALUES, st.one_of(TEXT, st.just("x" * 5000))),
}
EXTENSIONS: Strategy = st.builds(
    lambda image, fields: ({} if "url" in fields else {"image": image}) | fields,
    st.sampled_from(["oci://ghcr.io/acme/acl:1", "oci://ghcr.io:5000/acme/acl@sha256:" + HEX * 4]),
    st.lists(st.sampled_from(sorted(_ENTRY_FIELDS)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: _ENTRY_FIELDS[name] for name in names})
    ),
)
"""Catalogue entries, but for their FQN."""

ATTACHMENTS: Strategy = st.fixed_dictionaries(
    {}, optional={"config": CONFIGS, "match": rarely(ODD_VALUES, st.lists(TRAFFIC, max_size=3))}
)
"""Attachments, but for the FQN of their extension."""
