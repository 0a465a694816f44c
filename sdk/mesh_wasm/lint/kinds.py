"""Which documents are read, by API group and kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, SetTo, quoted
from mesh_wasm.model.plugin import API_VERSION
from mesh_wasm.rules.effect import silent
from mesh_wasm.values.enums import PluginKind


@dataclass(frozen=True, slots=True)
class Header:
    """The apiVersion and kind of a document, as far as they are texts."""

    api_version: str
    kind: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.partition("/")[0] if "/" in self.api_version else ""


def header_of(value: object) -> Header | None:
    """The header of a document; None for what is no object of an API."""
    if not isinstance(value, Mapping):
        return None
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(kind, str):
        return None
    return Header(api_version if isinstance(api_version, str) else "", kind)


_PLUGIN_KINDS = {kind.lower(): kind for kind in PluginKind}


def plugin_kind(header: Header) -> PluginKind | None:
    """Whether a document is, or is meant to be, an Istio WasmPlugin or TrafficExtension; others have kinds of such names."""
    if header.group in ("", "extensions.istio.io") or header.group.endswith(".istio.io"):
        return _PLUGIN_KINDS.get(header.kind.lower())
    return None


def is_secret(header: Header) -> bool:
    """Whether a document is a Secret."""
    return header == Header("v1", "Secret")


_LIKE = ("wasmplugin", "wasmextension", "servicemeshextension", "trafficextension")
_WHOSE = {
    "extensions.higress.io": "Higress, whose plugins have other fields",
    "maistra.io": "OpenShift Service Mesh 2, which has replaced it by WasmPlugin",
}


def look_alike(header: Header) -> Finding | None:
    """What is to be said of an object that is called like ours, and is of another API. Paths start at the document."""
    if header.kind.lower() not in _LIKE or header.group in ("", "extensions.istio.io"):
        return None
    whose = f": it is of {_WHOSE[header.group]}" if header.group in _WHOSE else ""
    says = f"{header.kind} of {header.group} is not Istio's, and is passed over{whose}."
    return silent.LOOK_ALIKE.at("apiVersion", says=says)


def header_findings(header: Header, document: Mapping[str, Any], kind: PluginKind) -> Iterator[Finding]:
    """What is wrong with the header of a plugin that is meant to be of that kind."""
    if document.get("apiVersion") is None:
        yield schema.REQUIRED.at("apiVersion", says="this field is required.", fix=f"Write {API_VERSION}.")
    elif header.api_version != API_VERSION:
        told = quoted(str(document["apiVersion"]))
        fix, mend = f"Write {API_VERSION}.", SetTo(API_VERSION)
        yield schema.API_VERSION.at("apiVersion", says=f"{told} has no {kind}.", fix=fix, mend=mend)
    if header.kind != kind:
        says = f"{quoted(header.kind)} is no kind."
        yield schema.API_VERSION.at("kind", says=says, fix=f"Write {kind}.", mend=SetTo(str(kind)))
