"""Remedies that cannot do harm: an explicit priority, and an explicit scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from mesh_wasm.rules.admission import crd, urls
from mesh_wasm.rules.effect import silent
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.values.image import ImageError, ModuleUrl, normalize_url

from ._types import is_plugin, kind_of

Remedy = Callable[[Any], Mapping[str, Any] | None]


def write_priority(args: Any) -> Mapping[str, Any] | None:
    """Write the priority that Istio documents as the default, where none is set."""
    spec = _spec(args)
    if spec is None or ("priority" in spec and spec["priority"] is not None):
        return None
    spec["priority"] = 0
    props: Mapping[str, Any] = args.props
    return props


def write_scheme(args: Any) -> Mapping[str, Any] | None:
    """Write ``oci://`` before an image that has no scheme, if it can be read then."""
    spec = _spec(args)
    if spec is not None and kind_of(args.resource_type) is PluginKind.TRAFFIC_EXTENSION:
        wasm = spec.get("wasm")
        spec = wasm if isinstance(wasm, Mapping) else None
    url = spec["url"] if spec is not None and "url" in spec else None
    if not isinstance(url, str) or "://" in url or url == UNKNOWN_STRING_VALUE:
        return None  # in this view an unknown is a text like any other; a secret stays secret when it is written
    try:
        ModuleUrl.parse(url)
    except ImageError:
        return None
    assert spec is not None
    spec["url"] = normalize_url(url)
    props: Mapping[str, Any] = args.props
    return props


def _spec(args: Any) -> Any:
    if not is_plugin(args.resource_type) or "spec" not in args.props:
        return None
    spec = args.props["spec"]
    return spec if isinstance(spec, Mapping) else None


REMEDIES: Mapping[str, Remedy] = {
    silent.PRIORITY_UNSET.id: write_priority,
    urls.SCHEMELESS_URL.id: write_scheme,
    urls.DISCARDED_URL.id: write_scheme,
    crd.BAD_URL.id: write_scheme,
}
"""By rule, what mends a resource that breaks it, where the policy's level is remediate."""
