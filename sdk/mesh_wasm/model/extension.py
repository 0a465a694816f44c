"""The catalogue entry of an organization: TSB WasmExtension (extension.tsb.tetrate.io/v2)."""

from __future__ import annotations

from typing import Any

from mesh_wasm.values.base import Int32, Leaf, Model, Str, Struct
from mesh_wasm.values.deferred import Deferred, known, map_value
from mesh_wasm.values.enums import FailStrategy, PluginPhase, PluginType, PullPolicy
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.values.image import normalize_url

from .pull_secret import PullSecret
from .signer import Signer
from .traffic import GlobalTrafficSelector
from .vm import VmConfig


class WasmExtension(Model):
    """What TSB knows of an extension: the fields of the 1.6 reference, and those added since (``url``, ``match``)."""

    fqn: Leaf[Str]
    """``organizations/<organization>/extensions/<name>``."""
    display_name: Leaf[Str] | None = None
    """A name for people."""
    description: Leaf[Str] | None = None
    """What the extension does; may be as long as a README."""
    source: Leaf[Str] | None = None
    """Where the code is found."""
    image: Leaf[Str] | None = None
    """OCI image, ``oci://…`` (TSB 1.6; newer TSB calls it ``url``)."""
    url: Leaf[Str] | None = None
    """Module URL: ``oci://``, ``https://``, ``http://`` or ``file://`` (TSB 1.7 and newer)."""
    allowed_in: Leaf[list[Leaf[Str]]] | None = None
    """FQNs of the tenants that may use it; empty: the whole organization."""
    phase: Leaf[PluginPhase] | None = None
    """Place in the filter chain; default UNSPECIFIED_PHASE."""
    priority: Leaf[Int32] | None = None
    """Order within the phase, descending; ties go by FQN; default 0."""
    config: Leaf[Struct] | None = None
    """The plugin's own configuration; an attachment's config replaces it whole."""
    image_pull_policy: Leaf[PullPolicy] | None = None
    """When to pull again."""
    image_pull_secret: Leaf[Str] | None = None
    """Name of a Secret in the plugin's namespace that exists already."""
    vm_config: Leaf[VmConfig] | None = None
    """Environment of the VM."""
    match: Leaf[GlobalTrafficSelector] | None = None
    """Direction of the traffic; an attachment's match replaces it."""


class CatalogueEntry(WasmExtension):
    """An extension as mesh-wasm keeps it: TSB's fields, and what Istio offers beyond them."""

    sha256: Leaf[Str] | None = None
    """Checksum: of the image manifest (oci) or of the module file (http, https). Istio."""
    fail_strategy: Leaf[FailStrategy] | None = None
    """What happens to traffic when the plugin fails; default FAIL_CLOSE. Istio 1.19."""
    plugin_name: Leaf[Str] | None = None
    """The root id by which the module chooses what to run. Istio."""
    type: Leaf[PluginType] | None = None
    """HTTP or NETWORK; default HTTP. Istio 1.20."""
    config_schema: Leaf[Struct] | None = None
    """JSON Schema of the effective configuration; it takes the place of one that the image carries."""
    verify: Leaf[list[Leaf[Signer]]] | None = None
    """Public keys (PEM) and keyless identities, one of which must have signed the image with cosign."""
    pull_secret: Leaf[PullSecret] | None = None
    """Registry credentials; mesh-wasm puts the Secret beside every plugin that needs it."""
    pull_secrets: Leaf[list[PullSecret]] | None = None
    """Several of them: each cluster takes the one that serves the image there."""

    @property
    def name(self) -> str | None:
        """The last segment of the FQN; None while it is not known or not readable."""
        fqn = known(self.fqn)
        try:
            return Fqn.parse(fqn, "extension").name if fqn else None
        except FqnError:
            return None

    @property
    def credentials(self) -> tuple[PullSecret, ...]:
        """All pull secrets that it may use."""
        one, more = known(self.pull_secret), known(self.pull_secrets)
        return (*(() if one is None else (one,)), *(more or ()))

    @property
    def module_url(self) -> Any:
        """The module's URL with its scheme; deferred where ``url`` or ``image`` is; None where neither is set."""
        value: str | Deferred | None = self.image if self.url is None else self.url
        return None if value is None else map_value(value, normalize_url)
