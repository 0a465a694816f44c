"""What changed between the releases of Istio, as far as a plugin shows it: the one place that knows versions.

The history of fields comes from the CRDs of the releases. Names of filters and the order of ties were seen on
1.27.9 and on master of August 2026 (tests/live/test_live_versions.py, tests/cluster/test_order.py); that they changed with
1.30 was read in the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Version = tuple[int, int]
"""Major and minor."""

FIELD_SINCE: Mapping[str, Version] = {
    "vmConfig": (1, 14),
    "match": (1, 16),
    "failStrategy": (1, 19),
    "type": (1, 20),
    "targetRef": (1, 20),
    "targetRefs": (1, 22),
}
"""Fields of a WasmPlugin's spec that came later than the kind; an older API server drops them without a word."""
REFERENCE_SINCE: Mapping[str, Version] = {"ServiceEntry": (1, 24), "GatewayClass": (1, 25)}
"""Kinds that targetRefs may name, beside Gateway and Service."""
FAIL_RELOAD_SINCE: Version = (1, 27)
"""The value of failStrategy; an older API server refuses it."""
FETCH_FAILURE_DENIES_SINCE: Version = (1, 25)
"""Before, a module that could not be fetched let all requests pass, whatever failStrategy said."""
RELOAD_STATISTIC_SINCE: Version = (1, 27)
"""Envoy counts starts of a plugin's VM, ``wasm.<plugin>.vm_reload``: none means that it was never started."""
TRAFFIC_EXTENSION_SINCE: Version = (1, 30)
"""The kind TrafficExtension; istiod turns each WasmPlugin into one, of a name with :data:`TRANSLATED` behind it."""

WASM_PLUGIN = "WasmPlugin"
TRAFFIC_EXTENSION = "TrafficExtension"
TRANSLATED = "~istio-translated-wasmplugin"

_TEXT = re.compile(r"^v?(\d+)\.(\d+)")
_NEW = "extensions.istio.io/trafficextension/"
_OLD = "extensions.istio.io/wasmplugin/"
_MISSPELT = "extenstions.istio.io/wasmplugin/"
_SPELT_RIGHT_SINCE: Version = (1, 26)
"""Before, istiod wrote the misspelt name (istio/istio#55344); that was read, not seen."""


def version_of(text: str | None) -> Version | None:
    """The version that a text such as ``1.27``, ``v1.27.3`` or ``1.31-alpha.8b3…`` means; None if it means none."""
    found = _TEXT.match(text or "")
    return (int(found[1]), int(found[2])) if found else None


def text_of(version: Version) -> str:
    """``1.27``."""
    return f"{version[0]}.{version[1]}"


def has(since: Version, version: Version | None) -> bool:
    """Whether an Istio has what came with a release; one of which nothing is known counts as the newest."""
    return version is None or version >= since


@dataclass(frozen=True, slots=True)
class FilterName:
    """Whose filter it is that Envoy calls by a name."""

    kind: str
    """WasmPlugin or TrafficExtension."""
    namespace: str
    name: str

    @property
    def key(self) -> str:
        """``namespace/name``, and its kind before it if it is a TrafficExtension: a WasmPlugin may be called the same."""
        plain = f"{self.namespace}/{self.name}"
        return plain if self.kind == WASM_PLUGIN else f"{self.kind} {plain}"

    @classmethod
    def of_resource(cls, resource: str) -> FilterName | None:
        """Read the name of a filter in a configuration dump; None for a filter that comes from neither kind."""
        if resource.startswith(_NEW):
            return cls.of_plugin(resource.removeprefix(_NEW), TRAFFIC_EXTENSION)
        for prefix in (_OLD, _MISSPELT):
            if resource.startswith(prefix):
                return cls.of_plugin(resource.removeprefix(prefix), WASM_PLUGIN)
        return None

    @classmethod
    def of_plugin(cls, name: str, kind: str = WASM_PLUGIN) -> FilterName:
        """Read what statistics and log lines call a plugin, ``namespace.name``.

        They do not tell a TrafficExtension from a WasmPlugin of an Istio before 1.30: ``kind`` is what to take it for.
        """
        if name.endswith(TRANSLATED):
            kind = WASM_PLUGIN
        namespace, _, rest = name.removesuffix(TRANSLATED).partition(".")
        return cls(kind, namespace, rest)

    def resource(self, version: Version | None) -> str:
        """What an Istio of this version calls the filter in the configuration of Envoy."""
        if not has(TRAFFIC_EXTENSION_SINCE, version):
            prefix = _OLD if has(_SPELT_RIGHT_SINCE, version) else _MISSPELT
            return f"{prefix}{self.namespace}.{self.name}"
        return f"{_NEW}{self.namespace}.{compared_name(self.name, version, self.kind)}"


def compared_name(name: str, version: Version | None, kind: str = WASM_PLUGIN) -> str:
    """The name by which an Istio of this version orders objects of equal priority that are as old, to the second.

    From 1.30 on what istiod puts behind the names of WasmPlugins takes part, so that ``a-b`` runs before ``a``.
    """
    return f"{name}{TRANSLATED}" if kind == WASM_PLUGIN and has(TRAFFIC_EXTENSION_SINCE, version) else name


def turned_round(one: str, other: str) -> bool:
    """Whether two WasmPlugins of these names, if only names decide, change places at the upgrade to 1.30."""
    before = compared_name(one, (1, 29)) < compared_name(other, (1, 29))
    return before != (compared_name(one, None) < compared_name(other, None))
