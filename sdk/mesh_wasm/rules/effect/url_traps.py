"""Module URLs that can be read, and name something else than what was meant (family MW2xx)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from mesh_wasm.findings.examples import GOOD, HEAD, SELECTOR
from mesh_wasm.findings.finding import Finding, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import PluginSubject
from mesh_wasm.values.deferred import known
from mesh_wasm.values.gourl import admitted
from mesh_wasm.values.image import ImageError, ModuleUrl, image_of
from mesh_wasm.values.module_urls.docker_hub import misread
from mesh_wasm.values.module_urls.placeholders import placeholder_in
from mesh_wasm.values.module_urls.shown import shown_url
from mesh_wasm.values.module_urls.web_pages import web_page

_REST = "\n  priority: 10\n" + SELECTOR

DOCKER_HUB_BY_MISTAKE = rule(
    "MW250",
    Severity.ERROR,
    Family.SILENT,
    "An image that Istio looks for at Docker Hub",
    why="To Istio a registry has a dot or a port: harbor/team/acl and localhost/acl are repositories of Docker Hub, which "
    "cannot exist there. Every fetch fails, and the fail strategy decides over the traffic.",
    fix="Write the registry with its domain or port.",
    source="istio pkg/wasm/imagefetcher.go, go-containerregistry pkg/name; measured, tests/cluster/test_references.py",
    bad=HEAD + "  url: oci://harbor/team/acl:1.4.2" + _REST,
    good=HEAD + "  url: oci://harbor.example.com/team/acl:1.4.2" + _REST,
)
PLACEHOLDER = rule(
    "MW251",
    Severity.ERROR,
    Family.SILENT,
    "A placeholder that nobody filled in",
    why="It stands for a value that somebody, or some tool, was to put in its place. The module cannot be fetched, and the "
    "fail strategy decides over the traffic.",
    fix="Write the real value in its place.",
    source="Istio WasmPlugin.url; go-containerregistry pkg/name",
    bad=HEAD + "  url: oci://YOUR_REGISTRY/filters/acl:1.4.2" + _REST,
    good=HEAD + "  url: oci://registry.example.com/filters/acl:1.4.2" + _REST,
)
WEB_PAGE = rule(
    "MW252",
    Severity.ERROR,
    Family.SILENT,
    "The URL of a web page about the module",
    why="What arrives is HTML, not a Wasm module: Istio refuses it, and the fail strategy decides over the traffic.",
    fix="Write the URL of the file itself.",
    source="istio pkg/wasm/cache.go isValidWasmBinary",
    bad=HEAD + "  url: https://github.com/acme/filters/blob/main/acl.wasm" + _REST,
    good=HEAD + "  url: https://github.com/acme/filters/raw/main/acl.wasm" + _REST,
)
RELATIVE_FILE = rule(
    "MW253",
    Severity.ERROR,
    Family.SILENT,
    "A relative path of a local file",
    why="The agent cuts file:// off: what follows is the path, and without a third slash it is one below the proxy's "
    "working directory.",
    fix="Write an absolute path, with three slashes: file:///path.wasm.",
    source="istio pilot/pkg/model/extensions.go: the prefix file:// is cut off, and Envoy opens the rest",
    bad=HEAD + "  url: file://filters/acl.wasm" + _REST,
    good=HEAD + "  url: file:///filters/acl.wasm" + _REST,
)
SHORT_REPOSITORY = rule(
    "MW254",
    Severity.WARNING,
    Family.SILENT,
    "A repository of one character",
    why="Registries take such a name, but the parser of Istio's agent asks for two characters at least: the image is never "
    "fetched, and the fail strategy decides over the traffic.",
    fix="Give the repository a longer name, or a path of several parts.",
    source="go-containerregistry pkg/name checkRepository; measured, tests/cluster/test_references.py",
    bad=HEAD + "  url: oci://registry.example.com/a:1.4.2" + _REST,
    good=GOOD,
)


@DOCKER_HUB_BY_MISTAKE.checks(PluginSubject)
def docker_hub_by_mistake(subject: PluginSubject) -> Iterable[Finding]:
    """Three parts, localhost, or a host alone."""
    return _traps(url if isinstance(url := subject.spec.url, str) else None, DOCKER_HUB_BY_MISTAKE.id)


@PLACEHOLDER.checks(PluginSubject)
def placeholder(subject: PluginSubject) -> Iterable[Finding]:
    """In the URL, and in the name of the pull secret. What the API server refuses is told by MW113."""
    found = _traps(url if isinstance(url := subject.spec.url, str) else None, PLACEHOLDER.id)
    secret = subject.spec.image_pull_secret
    return found if secret is None else (*found, *_unfilled("imagePullSecret", known(secret)))


@WEB_PAGE.checks(PluginSubject)
def page(subject: PluginSubject) -> Iterable[Finding]:
    """Code hosts and file shares, by their paths."""
    return _traps(url if isinstance(url := subject.spec.url, str) else None, WEB_PAGE.id)


@RELATIVE_FILE.checks(PluginSubject)
def relative_file(subject: PluginSubject) -> Iterable[Finding]:
    """Two slashes where three are meant."""
    return _traps(url if isinstance(url := subject.spec.url, str) else None, RELATIVE_FILE.id)


@SHORT_REPOSITORY.checks(PluginSubject)
def short_repository(subject: PluginSubject) -> Iterable[Finding]:
    """What Istio's parser does not take, and most others do."""
    return _traps(url if isinstance(url := subject.spec.url, str) else None, SHORT_REPOSITORY.id)


@lru_cache(maxsize=4096)  # every rule asks about every URL, and many plugins share one
def _traps(url: str | None, rule_id: str) -> tuple[Finding, ...]:
    """What the rules of this module say of a URL."""
    return tuple(finding for finding in _told(url) if finding.rule == rule_id) if url else ()


def _told(url: str) -> Iterator[Finding]:
    if not admitted(url):
        return  # told by MW113, placeholders included
    wrong = misread(url)
    if wrong is not None:
        yield DOCKER_HUB_BY_MISTAKE.at("url", says=wrong.says, fix=wrong.fix)
    yield from _unfilled("url", url)
    found = web_page(url)
    if found is not None:
        says = f"this is a page of {found.site} that shows the file: what is fetched is HTML, no Wasm module."
        yield WEB_PAGE.at("url", says=says, fix=found.fix)
    image = image_of(url)
    if image is not None and image.is_short:
        yield SHORT_REPOSITORY.at("url", says=f"{image.unreadable}: the image cannot be fetched.")
    try:
        parsed = ModuleUrl.parse(url)
    except ImageError:
        return
    if parsed.scheme == "file" and url.startswith("file://") and not parsed.rest.startswith("/"):
        rest = shown_url(url).removeprefix("file://")
        says = f"{quoted(shown_url(url))} is the relative path {rest}, below the proxy's working directory."
        yield RELATIVE_FILE.at("url", says=says, fix=f"Write an absolute path: file:///{rest}.")


def _unfilled(field: str, text: str | None) -> Iterator[Finding]:
    found = placeholder_in(text) if text else None
    if found is not None and text:
        told = quoted(shown_url(text) if field == "url" else text)
        severity = None if found.is_certain else Severity.WARNING
        yield PLACEHOLDER.at(field, says=f"{told}: {found.says}.", fix=found.fix, severity=severity)
