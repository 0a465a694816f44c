"""Looking at one module: asked of its registry or server, and told as an entry of the lock file."""

from __future__ import annotations

from dataclasses import dataclass

from mesh_wasm.modules.facts import look_at
from mesh_wasm.modules.layout import RUNTIME_FILE, LayoutError, choose_platform, media_types, unpack
from mesh_wasm.modules.locked import Artifact, LockedModule, ModuleFacts
from mesh_wasm.modules.reference import Reference
from mesh_wasm.values.image import ImageReference

from .download import download
from .image_schema import schema_of_image
from .registry import Manifest, Registries, RegistryError

_DEPTH = 3
"""Indexes in indexes; go-containerregistry follows them without end."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a reference to an image leads to."""

    manifest: Manifest
    index: str | None
    """The digest of the index that was asked for, if it is one."""
    refused: str | None = None
    """Why Istio's fetcher finds no image there."""


def resolve(registries: Registries, reference: Reference, image: ImageReference) -> Resolved:
    """Go from a reference to the manifest at which Istio's fetcher ends. Raises :class:`RegistryError`."""
    found = registries.manifest(image, reference.digest)
    index = found.digest if found.is_index else None
    for _ in range(_DEPTH):
        if not found.is_index:
            break
        try:
            found = registries.manifest(image, choose_platform(found.document))
        except LayoutError as error:
            return Resolved(found, index, str(error))
    return Resolved(found, index, "the image is an index of indexes" if found.is_index else None)


def look(registries: Registries, reference: Reference) -> LockedModule:
    """Fetch a module and say what it is. Raises :class:`RegistryError`."""
    if reference.image is None:
        return _look_at_file(registries, reference)
    image = reference.image
    at = resolve(registries, reference, image)
    document = at.manifest.document
    artifact = Artifact(at.manifest.digest, at.manifest.media_type, media_types(document), None, at.refused, at.index)
    if at.refused is not None:
        return LockedModule(reference.url, artifact, None)
    try:
        found = unpack(document, lambda digest: registries.blob(image, digest))
    except LayoutError as error:
        refused = Artifact(artifact.digest, artifact.media_type, artifact.layers, None, str(error), artifact.index)
        return LockedModule(reference.url, refused, None)
    registries.cache.keep_module(found.module)
    facts = look_at(found.module, beside=found.beside.get(RUNTIME_FILE))
    if found.cut:
        facts = ModuleFacts(facts.sha256, facts.size + 1, damaged="is larger than 256 MiB, and cut off there")
    artifact = Artifact(artifact.digest, artifact.media_type, artifact.layers, str(found.layout), None, artifact.index)
    schema = schema_of_image(registries, image, at.manifest, found.beside)
    return LockedModule(reference.url, artifact, facts, schema)


def _look_at_file(registries: Registries, reference: Reference) -> LockedModule:
    module = download(reference.url, registries.settings)
    registries.cache.keep_module(module)
    return LockedModule(reference.url, None, look_at(module))


def moved(registries: Registries, entry: LockedModule, reference: Reference) -> str | None:
    """What has changed since an entry was made, as a sentence; None if it is the same. Raises :class:`RegistryError`."""
    if reference.image is None:
        found = f"sha256:{look_at(download(reference.url, registries.settings)).sha256}"
    else:
        try:
            found = resolve(registries, reference, reference.image).manifest.digest
        except RegistryError as error:
            raise RegistryError(str(error)) from None
    return None if found == entry.digest else f"{reference.shown}: locked is {entry.digest}, and now it is {found}."
