"""Lock files for the examples of the rules about modules."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mesh_wasm.modules.locked import Artifact, Lock, LockedModule, LockedSchema, ModuleFacts, TrialVerdict
from mesh_wasm.modules.lockfile import lock_text

IMAGE = "oci://registry.example.com/filters/acl:1.4.2"
"""The image of the good example."""
DIGEST = "sha256:" + "0123456789abcdef" * 4
INDEX = "sha256:" + "fedcba9876543210" * 4
MANIFEST, LISTED = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"

_FACTS = ModuleFacts(
    "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    170_123,
    "0.2.1",
    ("env.proxy_log(i32, i32, i32) -> i32",),
    (
        "malloc(i32) -> i32",
        "proxy_abi_version_0_2_1() -> nothing",
        "proxy_on_request_headers(i32, i32, i32) -> i32",
    ),
)
_ENTRY = LockedModule(
    IMAGE,
    Artifact(DIGEST, MANIFEST, ("application/vnd.oci.image.layer.v1.tar+gzip",), "compat"),
    _FACTS,
    resolved="2026-11-26T21:30:00Z",
)


def locked(
    url: str = IMAGE,
    *,
    artifact: dict[str, Any] | None = None,
    schema: Any = None,
    verdicts: tuple[TrialVerdict, ...] = (),
    **facts: Any,
) -> str:
    """The text of a lock file of one module, with changes to what is known of it."""
    assert _ENTRY.artifact is not None
    entry = replace(
        _ENTRY, url=url, artifact=replace(_ENTRY.artifact, **(artifact or {})), schema=schema, verdicts=verdicts
    )
    refused = entry.artifact is not None and entry.artifact.refused is not None
    entry = replace(entry, module=None if refused else replace(_FACTS, **facts))
    return lock_text(Lock({url: entry}))


def beside(lock: str) -> str:
    """The lock of a module with something wrong, and of the one of the good example."""
    both = json.loads(lock)
    both["modules"] |= json.loads(locked())["modules"]
    return json.dumps(both, indent=2, sort_keys=True) + "\n"


def schema(document: dict[str, Any], source: str = "config.schema.json in the image") -> LockedSchema:
    """A schema as an image carries it."""
    return LockedSchema(source, INDEX, document)
