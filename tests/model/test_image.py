"""Module URLs and image references, against the table that was measured on Istio."""

from __future__ import annotations

import pytest

from mesh_wasm.values.image import ImageError, ImageReference, ModuleUrl, normalize_url

GOOD = [
    ("docker.io/org/app:1.0", "oci://docker.io/org/app:1.0"),
    ("org/app", "oci://org/app"),
    ("10.0.0.1/foo:v1", "oci://10.0.0.1/foo:v1"),
    ("registry.example.com:5000/foo:v1", "oci://registry.example.com:5000/foo:v1"),
    ("OCI://Registry/x", "oci://Registry/x"),
    ("HTTPS://host/x.wasm", "https://host/x.wasm"),
    ("FILE:///opt/x.wasm", "file:///opt/x.wasm"),
]


@pytest.mark.parametrize(("text", "normal"), GOOD)
def test_normalized(text: str, normal: str) -> None:
    assert str(ModuleUrl.parse(text)) == normal
    assert normalize_url(text) == normal


BAD = [
    ("ftp://x", "'ftp'"),
    ("s3://bucket/x", "'s3'"),
    ("oci://", "nothing after"),
    ("oci:foo/bar", "://"),
    ("file:/opt/x.wasm", "://"),
    ("/opt/x.wasm", "file://"),
    (" oci://h/a", "white space"),
    ("oci://h/a b", "white space"),
    ("oci://h/a\n", "white space"),
]


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        ModuleUrl.parse(text)
    assert normalize_url(text) == text


D = "sha256:" + "a" * 64
REFERENCES = [
    ("ghcr.io/org/app:1.0", ("ghcr.io", "org/app", "1.0", None)),
    ("ghcr.io/org/app", ("ghcr.io", "org/app", None, None)),
    (f"ghcr.io/org/app:1.0@{D}", ("ghcr.io", "org/app", "1.0", D)),
    (f"ghcr.io/org/app@{D}", ("ghcr.io", "org/app", None, D)),
    ("private-registry:5000/check-header:latest", ("private-registry:5000", "check-header", "latest", None)),
    ("localhost/x", ("index.docker.io", "localhost/x", None, None)),
    ("localhost:5000/x/y", ("localhost:5000", "x/y", None, None)),
    ("harbor/team/x:1", ("index.docker.io", "harbor/team/x", "1", None)),
    ("docker.io/org/app:1", ("index.docker.io", "org/app", "1", None)),
    ("org/app:1", ("index.docker.io", "org/app", "1", None)),
    ("ubuntu", ("index.docker.io", "library/ubuntu", None, None)),
    ("[::1]:5000/x/y:z", ("[::1]:5000", "x/y", "z", None)),
]


@pytest.mark.parametrize(("text", "parts"), REFERENCES)
def test_reference(text: str, parts: tuple[str, ...]) -> None:
    parsed = ImageReference.parse(text)
    assert (parsed.registry, parsed.repository, parsed.tag, parsed.digest) == parts


@pytest.mark.parametrize(
    "text", ["ghcr.io/Org/app", "ghcr.io/org/app:", "ghcr.io/a@sha256:abc", "ghcr.io/", "YOUR_REGISTRY/a", "h.io:x/ab"]
)
def test_reference_that_cannot_be_pulled(text: str) -> None:
    with pytest.raises(ImageError):
        ImageReference.parse(text)


@pytest.mark.parametrize("text", ["ghcr.io/a//b", "ghcr.io/ab:-x", "ghcr.io/-ab", "ghcr.io/a/.."])
def test_reference_that_istio_reads_and_no_registry_serves(text: str) -> None:
    image = ImageReference.parse(text)
    assert image.unserved
    assert not image.unreadable


@pytest.mark.parametrize(("text", "reason"), [("ghcr.io/a:1", "one character"), (f"ghcr.io/{'a' * 256}", "256")])
def test_reference_of_a_length_that_istio_does_not_read(text: str, reason: str) -> None:
    assert reason in (ImageReference.parse(text).unreadable or "")
