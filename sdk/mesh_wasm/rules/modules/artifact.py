"""What holds the module: images that Istio's fetcher refuses, and modules that are too large."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.modules.layout import INDEXES, MAX_MODULE
from mesh_wasm.rules.subjects import ModuleSubject

from ._examples import INDEX, LISTED, beside, locked

_NEXT = GOOD.replace("1.4.2", "1.4.3")

_REFUSED = (
    "the last layer is of type application/wasm, and Istio takes application/vnd.oci.image.layer.v1.tar+gzip only; nor has "
    "it the two layers of a Wasm artifact, but 1"
)


REFUSED = rule(
    "MW005",
    Severity.ERROR,
    Family.MODULE,
    "An image that Istio's fetcher refuses",
    why=(
        "Istio takes three forms of images apart, and no other. The fetch fails in every proxy, and the fail strategy "
        "applies: with FAIL_CLOSE all requests are answered with 403."
    ),
    fix=(
        "Push the module as plugin.wasm in a gzipped tar, the last layer of an OCI image: a Dockerfile FROM scratch with "
        "COPY plugin.wasm, built without provenance, makes one."
    ),
    source="istio pkg/wasm/imagefetcher.go; each form seen in the live mesh",
    bad=_NEXT,
    good=GOOD,
    lock=beside(
        locked(
            "oci://registry.example.com/filters/acl:1.4.3",
            artifact={"layers": ("application/wasm",), "layout": None, "refused": _REFUSED},
        )
    ),
)
NO_PLATFORM = rule(
    "MW006",
    Severity.ERROR,
    Family.MODULE,
    "An index without linux/amd64",
    why=(
        "Of an index Istio's fetcher picks linux/amd64, on every machine, and finds nothing: an index of wasi/wasm or "
        "arm64 alone is never loaded."
    ),
    fix="Push the image itself instead of an index, or with the platform linux/amd64: the module is the same on all.",
    source="go-containerregistry pkg/v1/remote, as pilot-agent uses it; seen in the live mesh",
    bad=_NEXT,
    good=GOOD,
    lock=beside(
        locked(
            "oci://registry.example.com/filters/acl:1.4.3",
            artifact={
                "digest": INDEX,
                "index": INDEX,
                "layers": (),
                "layout": None,
                "media_type": LISTED,
                "refused": "the image is an index without linux/amd64, which Istio fetches everywhere; it has wasi/wasm",
            },
        )
    ),
)
TOO_LARGE = rule(
    "MW007",
    Severity.ERROR,
    Family.MODULE,
    "A module of more than 256 MiB",
    why="Istio's agent reads no further: it refuses the module, or hands half of it to Envoy, which refuses it then.",
    fix="Strip the module of its debug information (wasm-opt, wasm-strip), or leave out what it embeds.",
    source="istio ISTIO_WASM_MAX_BINARY_SIZE_BYTES",
    bad=_NEXT,
    good=GOOD,
    lock=beside(
        locked(
            "oci://registry.example.com/filters/acl:1.4.3",
            size=MAX_MODULE + 1,
            damaged="is larger than 256 MiB, and cut off there",
        )
    ),
)


@REFUSED.checks(ModuleSubject)
def refused(subject: ModuleSubject) -> Iterator[Finding]:
    """What the fetcher said, or would say."""
    artifact = None if subject.entry is None else subject.entry.artifact
    if subject.known is not None and artifact is not None and artifact.refused and artifact.media_type not in INDEXES:
        yield REFUSED.at("url", says=f"{artifact.refused}.")


@NO_PLATFORM.checks(ModuleSubject)
def no_platform(subject: ModuleSubject) -> Iterator[Finding]:
    """An index in which nothing can be picked."""
    artifact = None if subject.entry is None else subject.entry.artifact
    if subject.known is not None and artifact is not None and artifact.refused and artifact.media_type in INDEXES:
        yield NO_PLATFORM.at("url", says=f"{artifact.refused}.")


@TOO_LARGE.checks(ModuleSubject)
def too_large(subject: ModuleSubject) -> Iterator[Finding]:
    """More than is read."""
    facts = None if subject.known is None else subject.known.module
    if facts is not None and facts.size > MAX_MODULE:
        yield TOO_LARGE.at("url", says="the module has more than 256 MiB.")
