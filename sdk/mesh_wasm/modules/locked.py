"""What a lock says of one module, and a whole lock, as values; their form on disk is :mod:`.lockfile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .reference import Reference, reference_of

FILE_NAME = "mesh-wasm.lock"


@dataclass(frozen=True, slots=True)
class Artifact:
    """The image that holds a module."""

    digest: str
    """Of the manifest at which Istio's fetcher ends."""
    media_type: str
    layers: tuple[str, ...] = ()
    """Media types, in their order."""
    layout: str | None = None
    """One of :class:`mesh_wasm.modules.layout.Layout`; None where it is refused."""
    refused: str | None = None
    """Why Istio's fetcher refuses it."""
    index: str | None = None
    """The digest of the index that the reference names; it is not what Istio compares a checksum with."""


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What a Wasm binary needs and offers."""

    sha256: str
    size: int
    abi: str | None = None
    imports: tuple[str, ...] = ()
    """Functions as ``env.proxy_log(i32, i32, i32) -> i32``, other things as ``env.memory memory``."""
    exports: tuple[str, ...] = ()
    """Functions that Envoy may call, as ``proxy_on_tick(i32) -> nothing``."""
    memory: bool = True
    root_ids: tuple[str, ...] | None = None
    """The root ids that the module knows; None where they are not known."""
    damaged: str | None = None
    """Why it is no whole Wasm binary, to stand behind "the module"; then nothing is known of imports and exports."""
    unread: str | None = None
    """Why it was not read, though it may be sound; the same holds."""


@dataclass(frozen=True, slots=True)
class LockedSchema:
    """The schema of a module's configuration."""

    source: str
    """Where it was found, in words: ``config.schema.json in the image``."""
    digest: str
    """Of the document as it was found: ``sha256:…``."""
    document: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of the artifact that was checked."""

    by: str
    """Whose it is: ``key sha256:…`` (of the public key in DER), or ``identity … (issuer …)``."""
    form: str
    """``cosign`` (a tag beside the image) or ``bundle`` (a referrer)."""
    digest: str
    """What is signed: the manifest, or the index that holds it."""


@dataclass(frozen=True, slots=True)
class TrialVerdict:
    """What a real Envoy said of the module with one effective configuration."""

    configuration: str
    """Hash of what the module was started with, less its secrets: see :class:`.effective.Effective`."""
    envoy: str
    """Version of Envoy."""
    accepted: bool
    says: str = ""
    """The module's or Envoy's own words, less secrets; empty where it was accepted."""
    hidden: tuple[str, ...] = ()
    """Paths of the secrets that it was started with."""
    mark: str = ""
    """A keyed mark of their values; empty where there are none, or nobody had a key."""
    key: str = ""
    """Which key that is; the key itself is in no file of the project."""


@dataclass(frozen=True, slots=True)
class LockedModule:
    """One module of the lock file."""

    url: str
    artifact: Artifact | None
    module: ModuleFacts | None
    schema: LockedSchema | None = None
    signatures: tuple[Signature, ...] = ()
    verdicts: tuple[TrialVerdict, ...] = ()
    resolved: str = ""
    """When it became what it is: UTC, to the second."""
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def digest(self) -> str | None:
        """What a plugin is pinned to: the image manifest, or the file of an http server; None where Istio takes neither."""
        if self.artifact is not None:
            return self.artifact.digest
        return None if self.module is None else f"sha256:{self.module.sha256}"

    @property
    def usable(self) -> bool:
        """Whether Istio's fetcher can make a module of it."""
        return self.module is not None and (self.artifact is None or self.artifact.refused is None)


@dataclass(frozen=True, slots=True)
class Lock:
    """The modules of a lock file, by URL."""

    modules: Mapping[str, LockedModule] = field(default_factory=dict)
    name: str = FILE_NAME
    """The file, for messages."""
    more: Mapping[str, Any] = field(default_factory=dict)
    key: bytes | None = field(default=None, repr=False, compare=False)
    """The key of this machine, or of this CI, for the marks of secrets; read only where the lock has such marks."""
    absent: bool = False
    """Whether there is no such file: then nothing is said of modules, but that a signature that is asked for is missing."""

    def find(self, reference: Reference) -> LockedModule | None:
        """The entry of a module: that of its very digest, else that of its tag."""
        return self.modules.get(reference.url) or self.modules.get(reference.base)

    def known(self, url: Any, sha256: Any = None) -> LockedModule | None:
        """What is known of the very module that a plugin loads; None where it is another, or not known yet."""
        reference = reference_of(url, sha256 if isinstance(sha256, str) else None) if isinstance(url, str) else None
        entry = None if reference is None else self.find(reference)
        return (
            entry if reference is not None and entry is not None and reference.digest in (None, entry.digest) else None
        )

    def pinned(self, url: str, sha256: str | None = None) -> tuple[str, str | None]:
        """URL and checksum with the locked digest; as they are where they are pinned, or nothing usable is locked."""
        reference = reference_of(url, sha256)
        if reference is None or reference.digest is not None:
            return url, sha256
        entry = self.find(reference)
        if entry is None or not entry.usable or entry.digest is None:
            return url, sha256
        if reference.image is None:
            return url, entry.digest.removeprefix("sha256:")
        return f"{reference.url}@{entry.digest}", sha256
