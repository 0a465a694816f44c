"""Module URLs that Istio admits and then cannot use (family MW2xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import HEAD, SELECTOR
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import PluginSubject
from mesh_wasm.values.deferred import known
from mesh_wasm.values.gourl import GoUrlError, admitted, reference_scheme
from mesh_wasm.values.image import ImageError, ModuleUrl, reference_of
from mesh_wasm.values.module_urls.docker_hub import misread
from mesh_wasm.values.module_urls.placeholders import placeholder_in
from mesh_wasm.values.module_urls.shown import shown_url

DISCARDED_URL = rule(
    "MW204",
    Severity.ERROR,
    Family.SILENT,
    "A URL that istiod drops without a word",
    why="The object is admitted, but istiod cannot parse its URL and leaves the plugin out; only its log says so.",
    fix="Write the scheme: oci://host:port/path.",
    source="istio pilot/pkg/model/extensions.go; measured, tests/cases",
    bad=HEAD + "  url: 127.0.0.1:5000/filters/acl:1.4.2\n  priority: 10\n" + SELECTOR,
    good=HEAD + "  url: oci://127.0.0.1:5000/filters/acl:1.4.2\n  priority: 10\n" + SELECTOR,
)
UNUSABLE_URL = rule(
    "MW205",
    Severity.ERROR,
    Family.SILENT,
    "A URL that names no module",
    why="The object is admitted, but every proxy fails to fetch the module, and the fail strategy decides over the traffic.",
    fix="Write oci://host/path:tag@sha256:…, https://host/path.wasm or file:///path.wasm, in lower case.",
    source="istio pkg/wasm; measured, tests/cases",
    bad=HEAD + "  url: file:/opt/acl.wasm\n  priority: 10\n" + SELECTOR,
    good=HEAD + "  url: file:///opt/acl.wasm\n  priority: 10\n" + SELECTOR,
)
SCHEMELESS_URL = rule(
    "MW219",
    Severity.INFO,
    Family.SILENT,
    "A URL without a scheme",
    why="Istio takes it for an OCI image; with a port it would take the host for the scheme, and refuse or drop it.",
    fix="Write oci:// before it.",
    source="Istio WasmPlugin.url: 'If no scheme is present, defaults to oci://'; measured, tests/cases",
    bad=HEAD + "  url: registry.example.com/filters/acl:1.4.2\n  priority: 10\n" + SELECTOR,
    good=HEAD + "  url: oci://registry.example.com/filters/acl:1.4.2\n  priority: 10\n" + SELECTOR,
)


@DISCARDED_URL.checks(PluginSubject)
def discarded_url(subject: PluginSubject) -> Iterator[Finding]:
    """istiod reads the URL as a reference, which may not have a colon in its first segment."""
    url = known(subject.spec.url)
    if not url or not admitted(url) or _is_unfilled(url):
        return
    try:
        reference_scheme(url)
    except GoUrlError as error:
        fix = f"Write oci://{shown_url(url)}." if "://" not in url else None
        yield DISCARDED_URL.at("url", says=f"istiod cannot parse {quoted(shown_url(url))}: {error}.", fix=fix)


@UNUSABLE_URL.checks(PluginSubject)
def unusable_url(subject: PluginSubject) -> Iterator[Finding]:
    """What the agent's fetcher cannot make a module of."""
    url = known(subject.spec.url)
    if not url or not admitted(url) or _is_unfilled(url):
        return
    try:
        reference_scheme(url)
        parsed = ModuleUrl.parse(url)
        image = reference_of(parsed) if parsed.scheme == "oci" else None
    except GoUrlError:
        return  # told by MW204
    except ImageError as error:
        yield UNUSABLE_URL.at("url", says=f"{quoted(shown_url(url))} cannot be fetched: {error}.")
        return
    wrong = image and (image.unserved or (None if image.is_short else image.unreadable))
    if wrong and not misread(url):
        yield UNUSABLE_URL.at("url", says=f"{quoted(shown_url(url))} cannot be fetched: {wrong}.")
    if parsed.scheme == "file" and not url.startswith("file://"):
        says = f"the agent strips the literal prefix file:// only, so {quoted(shown_url(url))} names no file."
        yield UNUSABLE_URL.at("url", says=says, fix=f"Write {shown_url(str(parsed))}.")


def _is_unfilled(url: str) -> bool:
    """Whether MW251 tells what is wrong."""
    found = placeholder_in(url)
    return found is not None and found.is_certain


@SCHEMELESS_URL.checks(PluginSubject)
def schemeless_url(subject: PluginSubject) -> Iterator[Finding]:
    """Only where it goes to the cluster as it is: mesh-wasm writes the scheme."""
    url = known(subject.spec.url)
    if not subject.foreign or not url or "://" in url or not admitted(url):
        return
    try:
        reference_scheme(url)
        fix = f"Write {shown_url(str(ModuleUrl.parse(url)))}."
    except (GoUrlError, ImageError):
        return  # told by MW204 or MW205
    yield SCHEMELESS_URL.at("url", says=f"{quoted(shown_url(url))} has no scheme.", fix=fix)
