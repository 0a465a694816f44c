"""Which module runs: tags, digests, checksums and transport (family MW3xx, second part)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, HEAD, SELECTOR
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.values.deferred import known
from mesh_wasm.values.enums import PullPolicy
from mesh_wasm.values.image import ImageError, ImageReference, ModuleUrl, image_of

from .subjects import PluginSubject

_SHA = "0123456789abcdef" * 4
_OTHER = "fedcba9876543210" * 4
_PINNED = f"  url: oci://registry.example.com/filters/acl:1.4.2@sha256:{_SHA}\n  priority: 10\n"
_TSB_PROXY = "wasmfetcher."
"""TSB's own download proxy serves http inside the cluster; the image behind it is checked by TSB."""

MUTABLE_TAG = rule(
    "MW302",
    Severity.WARNING,
    Family.SECURITY,
    "An image without tag, or latest",
    why=(
        "Nobody can say which module runs, and proxies that fetched it on different days run different ones. An image "
        "without a tag means latest to the registry, but Istio caches it as if it were pinned."
    ),
    fix="Name a version, best with its digest: oci://host/path:tag@sha256:….",
    source="istio pkg/wasm/cache.go shouldIgnoreResourceVersion",
    bad=HEAD + "  url: oci://registry.example.com/filters/acl\n  priority: 10\n" + SELECTOR,
    good=GOOD,
)
TAG_WITHOUT_DIGEST = rule(
    "MW303",
    Severity.INFO,
    Family.SECURITY,
    "A tag without a digest",
    why="A tag can be moved, in the registry or by whoever breaks into it; a digest cannot.",
    fix="Append the digest of the image for the proxy's platform: …:tag@sha256:…, or set sha256.",
    source="Istio WasmPlugin.sha256; istio pkg/wasm/cache.go",
    bad=GOOD,
    good=HEAD + _PINNED + SELECTOR,
)
DIGEST_CONFLICT = rule(
    "MW304",
    Severity.ERROR,
    Family.SECURITY,
    "sha256 contradicts the digest of the URL",
    why="The object is admitted, but no image can match both: every fetch fails.",
    fix="Keep the digest of the URL, and remove sha256.",
    source="istio pkg/wasm/cache.go; measured, tests/live",
    bad=HEAD + _PINNED + SELECTOR + f"  sha256: {_OTHER}\n",
    good=HEAD + _PINNED + SELECTOR + f"  sha256: {_SHA}\n",
)
PLAIN_HTTP = rule(
    "MW305",
    Severity.WARNING,
    Family.SECURITY,
    "Plain http without a checksum",
    why="Whoever stands between proxy and server decides which code runs in every request.",
    fix="Use https or oci, or set sha256 to the checksum of the module file.",
    source="Istio WasmPlugin.sha256; istio pkg/wasm/cache.go",
    bad=HEAD + "  url: http://files.example.com/acl.wasm\n  priority: 10\n" + SELECTOR,
    good=HEAD + "  url: http://files.example.com/acl.wasm\n  priority: 10\n" + SELECTOR + f"  sha256: {_SHA}\n",
)
FILE_WITH_SECRET = rule(
    "MW306",
    Severity.ERROR,
    Family.SECURITY,
    "A pull secret with a local file",
    why="Nothing is pulled, but the agent does not strip the credentials before it hands the configuration to Envoy.",
    fix="Remove imagePullSecret.",
    source="istio pkg/wasm/convert.go tryUnmarshal",
    bad=HEAD + "  url: file:///opt/acl.wasm\n  priority: 10\n" + SELECTOR + "  imagePullSecret: registry\n",
    good=HEAD + "  url: file:///opt/acl.wasm\n  priority: 10\n" + SELECTOR,
)
FILE_WITH_SHA256 = rule(
    "MW212",
    Severity.WARNING,
    Family.SILENT,
    "A checksum for a local file",
    why="Istio does not check local files: the checksum promises what nobody keeps.",
    fix="Remove sha256, or load the module by oci:// or https://.",
    source="istio pkg/wasm",
    bad=HEAD + "  url: file:///opt/acl.wasm\n  priority: 10\n" + SELECTOR + f"  sha256: {_SHA}\n",
    good=HEAD + "  url: file:///opt/acl.wasm\n  priority: 10\n" + SELECTOR,
)
POLICY_MOOT = rule(
    "MW216",
    Severity.INFO,
    Family.SILENT,
    "A pull policy that decides nothing",
    why="With a checksum or digest the cache is always right; Always pulls again only when the WasmPlugin object changes.",
    fix="Remove imagePullPolicy.",
    source="istio pkg/wasm/cache.go",
    bad=HEAD + _PINNED + SELECTOR + "  imagePullPolicy: Always\n",
    good=HEAD + _PINNED + SELECTOR,
)


def _scheme(url: str) -> str | None:
    try:
        return ModuleUrl.parse(url).scheme
    except ImageError:
        return None


@MUTABLE_TAG.checks(PluginSubject)
def mutable_tag(subject: PluginSubject) -> Iterator[Finding]:
    """Untagged images and latest, unless a checksum pins them."""
    image = image_of(known(subject.spec.url) or "")
    if image is None or image.digest or subject.spec.sha256:
        return
    if image.tag is None:
        yield MUTABLE_TAG.at("url", says="the image has neither tag nor digest.")
    elif image.tag == "latest":
        yield MUTABLE_TAG.at("url", says="the tag latest names another image after every release.")


@TAG_WITHOUT_DIGEST.checks(PluginSubject)
def tag_without_digest(subject: PluginSubject) -> Iterator[Finding]:
    """A version, but no digest and no checksum."""
    image = image_of(known(subject.spec.url) or "")
    if image is not None and image.tag not in (None, "latest") and not image.digest and not subject.spec.sha256:
        yield TAG_WITHOUT_DIGEST.at("url", says=f"the tag {quoted(image.tag)} can be moved to another image.")


@DIGEST_CONFLICT.checks(PluginSubject)
def digest_conflict(subject: PluginSubject) -> Iterator[Finding]:
    """Two checksums, two modules."""
    image: ImageReference | None = image_of(known(subject.spec.url) or "")
    checksum = known(subject.spec.sha256)
    if image is not None and image.digest and checksum and image.digest != f"sha256:{checksum}":
        yield DIGEST_CONFLICT.at("sha256", says="the URL's digest is another one; no image can match both.")


@PLAIN_HTTP.checks(PluginSubject)
def plain_http(subject: PluginSubject) -> Iterator[Finding]:
    """http without sha256, TSB's own download proxy excepted."""
    url = known(subject.spec.url) or ""
    if _scheme(url) == "http" and not subject.spec.sha256 and not url.lower().startswith(f"http://{_TSB_PROXY}"):
        yield PLAIN_HTTP.at("url", says="the module is fetched over plain http, and nothing checks what arrives.")


@FILE_WITH_SECRET.checks(PluginSubject)
def file_with_secret(subject: PluginSubject) -> Iterator[Finding]:
    """Credentials that nobody needs and Envoy gets."""
    if _scheme(known(subject.spec.url) or "") == "file" and subject.spec.image_pull_secret is not None:
        yield FILE_WITH_SECRET.at(
            "imagePullSecret", says="a local file needs no pull secret, yet the proxy is sent it."
        )


@FILE_WITH_SHA256.checks(PluginSubject)
def file_with_sha256(subject: PluginSubject) -> Iterator[Finding]:
    """A checksum that is never compared."""
    if _scheme(known(subject.spec.url) or "") == "file" and subject.spec.sha256:
        yield FILE_WITH_SHA256.at("sha256", says="Istio ignores the checksum of a local file.")


@POLICY_MOOT.checks(PluginSubject)
def policy_moot(subject: PluginSubject) -> Iterator[Finding]:
    """Always, though a checksum decides."""
    if subject.spec.image_pull_policy != PullPolicy.Always:
        return
    image = image_of(known(subject.spec.url) or "")
    if subject.spec.sha256 or (image is not None and image.digest):
        yield POLICY_MOOT.at("imagePullPolicy", says="a checksum pins the module, so there is nothing to pull again.")
