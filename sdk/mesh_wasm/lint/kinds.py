"""Which documents are read, by API group and kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding, quoted
from mesh_wasm.model.plugin import API_VERSION, KIND


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


def is_plugin(header: Header) -> bool:
    """Whether a document is, or is meant to be, an Istio WasmPlugin; other products have kinds of that name."""
    ours = header.group in ("", "extensions.istio.io") or header.group.endswith(".istio.io")
    return ours and header.kind.lower() == KIND.lower()


def is_secret(header: Header) -> bool:
    """Whether a document is a Secret."""
    return header == Header("v1", "Secret")


def header_findings(header: Header, document: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the header of a WasmPlugin."""
    if document.get("apiVersion") is None:
        yield schema.REQUIRED.at("apiVersion", says="this field is required.", fix=f"Write {API_VERSION}.")
    elif header.api_version != API_VERSION:
        told = quoted(str(document["apiVersion"]))
        yield schema.API_VERSION.at("apiVersion", says=f"{told} has no WasmPlugin.", fix=f"Write {API_VERSION}.")
    if header.kind != KIND:
        yield schema.API_VERSION.at("kind", says=f"{quoted(header.kind)} is no kind.", fix=f"Write {KIND}.")
