"""Reading Secrets, and what makes Secrets: only their type and keys, never a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .leaves import at, is_unknown, mapping, maps, text
from .objects import Secret

OPAQUE = "Opaque"
"""The type of a Secret that is given none."""


def read_secret(value: Mapping[str, Any], common: dict[str, Any]) -> Secret:
    """A Secret as it is written."""
    keys = sorted({*mapping(value.get("data")), *mapping(value.get("stringData"))})
    opened = is_unknown(value.get("data")) or is_unknown(value.get("stringData"))
    return Secret(**common, type=_type(value.get("type")), keys=None if opened else tuple(keys))


def read_sealed_secret(value: Mapping[str, Any], common: dict[str, Any]) -> Secret:
    """What the controller of Sealed Secrets (bitnami.com) makes: its template, and a key for each sealed value."""
    template = mapping(at(value, "spec", "template"))
    keys = sorted({*mapping(at(value, "spec", "encryptedData")), *mapping(template.get("data"))})
    return Secret(**common, made_by="SealedSecret", type=_type(template.get("type")), keys=tuple(keys))


def read_external_secret(value: Mapping[str, Any], common: dict[str, Any]) -> Secret | None:
    """What the External Secrets Operator makes: by the template of ``target``, else Opaque, a key for each entry.

    None where it only adds to a Secret that something else makes (``creationPolicy: Merge``), or makes none.
    """
    target = mapping(at(value, "spec", "target"))
    if target.get("creationPolicy") in ("Merge", "None"):
        return None
    called = target.get("name")
    if is_unknown(called):
        return None
    template = mapping(target.get("template"))
    manifest = str(common["name"])
    return Secret(
        **{**common, "name": text(called) or manifest},
        made_by="ExternalSecret",
        type=_type(template.get("type")),
        keys=_external_keys(mapping(value.get("spec")), template),
        manifest=manifest,
    )


def _external_keys(spec: Mapping[str, Any], template: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The keys, where they can be told: ``dataFrom`` and ``templateFrom`` bring whatever the store holds."""
    if spec.get("dataFrom") or template.get("templateFrom") or any(map(is_unknown, (spec.get("data"), template))):
        return None
    shaped = mapping(template.get("data"))
    if shaped and template.get("mergePolicy") != "Merge":
        return tuple(sorted(shaped))
    read = [text(one.get("secretKey")) for one in maps(spec.get("data"))]
    return None if None in read else tuple(sorted({*filter(None, read), *shaped}))


def _type(value: Any) -> str | None:
    """A type as it will be: none that is written is Opaque."""
    if is_unknown(value):
        return None
    return text(value) or OPAQUE
