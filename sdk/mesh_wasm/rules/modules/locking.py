"""Whether the lock file speaks of the module that a plugin loads, and whether a pin can ever be met."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, HEAD, SELECTOR
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import ModuleSubject
from mesh_wasm.values.deferred import known

from ._examples import DIGEST, IMAGE, INDEX, LISTED, locked

_SHA = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


def _pinned(digest: str) -> str:
    return HEAD + f"  url: {IMAGE}@{digest}\n  priority: 10\n" + SELECTOR


NOT_LOCKED = rule(
    "MW001",
    Severity.WARNING,
    Family.MODULE,
    "A module that is not in the lock file",
    why="Nothing is known of the module: whether it is there, whether Istio can unpack it, and whether Envoy can start it.",
    fix="Run mesh-wasm lock, and commit mesh-wasm.lock.",
    source="mesh-wasm.lock",
    bad=GOOD.replace("1.4.2", "1.5.0"),
    good=GOOD,
    lock=locked(),
)
LOCK_IS_OLDER = rule(
    "MW002",
    Severity.WARNING,
    Family.MODULE,
    "A pin that the lock file does not know",
    why="The plugin names another digest than the one that was looked at, so nothing is known of its module.",
    fix="Run mesh-wasm lock, which looks at the digest that the plugin names; or remove the digest from the URL.",
    source="mesh-wasm.lock",
    bad=_pinned("sha256:" + "ab" * 32),
    good=_pinned(DIGEST),
    lock=locked(),
)
INDEX_PINNED = rule(
    "MW003",
    Severity.ERROR,
    Family.MODULE,
    "The digest of an index",
    why=(
        "Istio compares the pin with the digest of the linux/amd64 image that it picks from the index, never with that of "
        "the index: the two are never equal, so every fetch fails."
    ),
    fix="Pin the digest of the linux/amd64 image, as mesh-wasm lock writes it down.",
    source="istio pkg/wasm/imagefetcher.go, seen in the live mesh",
    bad=_pinned(INDEX),
    good=_pinned(DIGEST),
    lock=locked(artifact={"index": INDEX, "media_type": LISTED.replace("index", "manifest")}),
)
OTHER_CHECKSUM = rule(
    "MW004",
    Severity.ERROR,
    Family.MODULE,
    "A checksum of something else",
    why=(
        "Of an image Istio compares sha256 with the digest of its manifest, of a file with the module's own checksum. "
        "What differs is never loaded, and the fail strategy applies."
    ),
    fix="Write the checksum that mesh-wasm.lock has, or remove sha256: mesh-wasm pins the plugin by itself.",
    source="Istio WasmPlugin.sha256",
    bad=GOOD + f"  sha256: {_SHA}\n",
    good=GOOD + f"  sha256: {DIGEST.removeprefix('sha256:')}\n",
    lock=locked(),
)


@NOT_LOCKED.checks(ModuleSubject)
def not_locked(subject: ModuleSubject) -> Iterator[Finding]:
    """No entry at all."""
    if subject.entry is None:
        yield NOT_LOCKED.at("url", says=f"{subject.reference.shown} is not in the lock file.")


@LOCK_IS_OLDER.checks(ModuleSubject)
def lock_is_older(subject: ModuleSubject) -> Iterator[Finding]:
    """An entry of the tag, and another digest in the plugin; less what the other rules know to be wrong."""
    entry, digest = subject.entry, subject.reference.digest
    if entry is None or subject.known is not None or _misread(subject) or subject.reference.image is None:
        return
    if not (entry.artifact is not None and digest == entry.artifact.index):
        yield LOCK_IS_OLDER.at("url", says=f"the plugin loads {digest}, and locked is {entry.digest}.")


@INDEX_PINNED.checks(ModuleSubject)
def index_pinned(subject: ModuleSubject) -> Iterator[Finding]:
    """The reference is of an index, by digest."""
    entry, digest = subject.entry, subject.reference.digest
    if entry is not None and entry.artifact is not None and digest is not None and digest == entry.artifact.index:
        if entry.artifact.refused is not None:
            return  # there is no image to pin
        path = "sha256" if "@" not in (known(subject.spec.url) or "") else "url"
        says = f"{digest} is the digest of an index; its linux/amd64 image is {entry.digest}."
        yield INDEX_PINNED.at(path, says=says)


@OTHER_CHECKSUM.checks(ModuleSubject)
def other_checksum(subject: ModuleSubject) -> Iterator[Finding]:
    """The module's checksum for that of the manifest, or a file that has another one."""
    entry = subject.entry
    if entry is None or entry.module is None or known(subject.spec.sha256) is None:
        return
    if subject.reference.image is None:
        if subject.reference.digest != entry.digest:
            yield OTHER_CHECKSUM.at("sha256", says=f"the file at the URL has the checksum {entry.module.sha256}.")
    elif _misread(subject):
        says = "it is the checksum of the Wasm binary, and Istio wants that of the image manifest"
        yield OTHER_CHECKSUM.at("sha256", says=f"{says}: {(entry.digest or '').removeprefix('sha256:')}.")


def _misread(subject: ModuleSubject) -> bool:
    facts = None if subject.entry is None else subject.entry.module
    return facts is not None and subject.reference.digest == f"sha256:{facts.sha256}"
