"""What TSB demands of a catalogue entry beyond what becomes of it in Istio (families MW1xx and MW5xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings import placing, schema
from mesh_wasm.findings.examples import EXTENSION
from mesh_wasm.findings.finding import Finding, SetTo, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.model.target import check_fqn
from mesh_wasm.values.deferred import Deferred, known
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.module_urls.shown import shown_url

from .admission.crd import BAD_URL
from .subjects import ExtensionSubject
from .walk import env_vars_of, items

BOTH_IMAGE_AND_URL = rule(
    "MW130",
    Severity.ERROR,
    Family.SCHEMA,
    "Both image and url",
    why="Only one of them can be fetched; TSB calls image the old name of url.",
    fix="Keep url.",
    source="TSB API reference: WasmExtension, since 1.7",
    bad=EXTENSION + "  image: oci://registry.example.com/acl:1\n  url: oci://registry.example.com/acl:2\n",
    good=EXTENSION + "  url: oci://registry.example.com/acl:2\n",
)


@schema.REQUIRED.checks(ExtensionSubject)
def image_or_url(subject: ExtensionSubject) -> Iterator[Finding]:
    """One of image and url must be there."""
    extension = subject.extension
    if extension.image is None and extension.url is None:
        fix = "Give the image as oci://registry/repository:tag, best with its digest."
        yield schema.REQUIRED.at("image", says="this field is required (or url).", fix=fix)


@schema.REQUIRED.checks(ExtensionSubject)
def env_source(subject: ExtensionSubject) -> Iterator[Finding]:
    """TSB asks for valueFrom; Istio would default it."""
    for index, env in env_vars_of(subject.extension.vm_config):
        if env.value_from is None:
            yield schema.REQUIRED.at(
                "vmConfig",
                "env",
                index,
                "valueFrom",
                says="TSB requires the source.",
                fix="Write `valueFrom: INLINE`, or HOST.",
            )


@BOTH_IMAGE_AND_URL.checks(ExtensionSubject)
def image_and_url(subject: ExtensionSubject) -> Iterator[Finding]:
    """Not both."""
    if subject.extension.image is not None and subject.extension.url is not None:
        yield BOTH_IMAGE_AND_URL.at("image", says="image and url are both set.")


@BAD_URL.checks(ExtensionSubject)
def scheme(subject: ExtensionSubject) -> Iterator[Finding]:
    """TSB wants the scheme written: oci:// for image, one of four for url."""
    image, url = known(subject.extension.image), known(subject.extension.url)
    if image is not None and not image.startswith("oci://"):
        bare = "://" not in image
        shown = shown_url(image)
        fix = f"Write oci://{shown}." if bare else "Use url for a module that is not an OCI image."
        mend = SetTo(f"oci://{image}") if bare and shown == image else None
        yield BAD_URL.at("image", says=f"{quoted(shown)} does not begin with oci://.", fix=fix, mend=mend)
    if url is not None and "://" not in url:
        shown = shown_url(url)
        mend = SetTo(f"oci://{url}") if shown == url else None
        yield BAD_URL.at("url", says=f"{quoted(shown)} has no scheme.", fix=f"Write oci://{shown}.", mend=mend)


@placing.BAD_FQN.checks(ExtensionSubject)
def names(subject: ExtensionSubject) -> Iterator[Finding]:
    """The entry's own FQN, and those of its tenants."""
    extension = subject.extension
    yield from check_fqn(extension.fqn, "extension", "fqn")
    own = _organization(extension.fqn)
    for index, tenant in items(extension.allowed_in):
        path = ("allowedIn", index)
        found = check_fqn(tenant, "tenant", *path)
        yield from found
        if not found and own and _organization(tenant) != own:
            says = f"{quoted(tenant)} is not a tenant of organization {quoted(own)}."
            yield placing.OTHER_ORGANIZATION.at(*path, says=says, fix="Name a tenant of the extension's organization.")


def _organization(value: str | Deferred) -> str | None:
    try:
        return Fqn.parse(known(value) or "").organization
    except FqnError:
        return None
