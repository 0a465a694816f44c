"""Catalogue entries.

This module must not use ``from __future__ import annotations``: the component host reads the real types.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from .enums import Kind, Phase, Policy, Strategy
from .secret import PullSecretDefinition, PullSecretRef
from .signer import Signer
from .traffic import GlobalTrafficSelectorArgs, VmConfigArgs


class WasmExtensionFields(TypedDict):
    """What a catalogue entry says of an extension: TSB's fields, and what Istio offers beyond them."""

    display_name: NotRequired[pulumi.Input[str]]
    """A name for people."""
    description: NotRequired[pulumi.Input[str]]
    """What the extension does; may be as long as a README."""
    source: NotRequired[pulumi.Input[str]]
    """Where the code is found."""
    image: NotRequired[pulumi.Input[str]]
    """OCI image, ``oci://registry/repository:tag@digest`` (TSB 1.6). Either this or url is required."""
    url: NotRequired[pulumi.Input[str]]
    """Module URL: ``oci://``, ``https://``, ``http://`` or ``file://`` (TSB 1.7)."""
    allowed_in: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """FQNs of the tenants that may use it; empty: the whole organization."""
    phase: NotRequired[pulumi.Input[Phase]]
    """UNSPECIFIED_PHASE (default), AUTHN, AUTHZ, STATS; ASM_ROUTER on Alibaba ASM."""
    priority: NotRequired[pulumi.Input[int]]
    """Order within the phase, descending, int32; ties go by FQN; default 0."""
    config: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """The plugin's own configuration. Its keys are never touched. An attachment's config replaces it whole."""
    image_pull_policy: NotRequired[pulumi.Input[Policy]]
    """UNSPECIFIED_POLICY (default), IfNotPresent or Always."""
    image_pull_secret: NotRequired[pulumi.Input[str]]
    """Name of a Secret that exists already in every namespace of its plugins. Or give pull_secret."""
    vm_config: NotRequired[pulumi.Input[VmConfigArgs]]
    """Environment of the VM."""
    match: NotRequired[pulumi.Input[GlobalTrafficSelectorArgs]]
    """Direction of the traffic; an attachment's match replaces it."""
    sha256: NotRequired[pulumi.Input[str]]
    """Checksum: of the image manifest (oci) or of the module file (http, https)."""
    fail_strategy: NotRequired[pulumi.Input[Strategy]]
    """FAIL_CLOSE (default), FAIL_OPEN or FAIL_RELOAD."""
    plugin_name: NotRequired[pulumi.Input[str]]
    """The root id by which the module chooses what to run."""
    type: NotRequired[pulumi.Input[Kind]]
    """HTTP (default) or NETWORK."""
    config_schema: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """JSON Schema (draft 2020-12) or OpenAPI schema of the effective config (Python: or a pydantic model)."""
    verify: NotRequired[pulumi.Input[Sequence[pulumi.Input[Signer]]]]
    """Those of whom one must have signed the image with cosign; what is known of it is in mesh-wasm.lock."""


class WasmExtensionArgs(WasmExtensionFields):
    """A Wasm extension in the catalogue of an organization."""

    organization: NotRequired[pulumi.Input[str]]
    """Name of the organization; with the component's name it makes the FQN. Either this or fqn is required."""
    fqn: NotRequired[pulumi.Input[str]]
    """``organizations/<organization>/extensions/<name>``."""
    pull_secret: NotRequired[PullSecretRef]
    """Registry credentials: the PullSecret itself, or its output ``definition``. Its Secret is put beside every plugin."""
    pull_secrets: NotRequired[Sequence[PullSecretRef]]
    """Several of them: in each cluster the one that serves the image there is taken, as registry mirrors need it."""
    waivers: NotRequired[Sequence[str]]
    """Findings that are accepted for a while: ``MW403 until 2027-01-31: why``."""


class ExtensionDefinition(WasmExtensionFields):
    """A catalogue entry as it travels between components and stacks."""

    fqn: pulumi.Input[str]
    """``organizations/<organization>/extensions/<name>``."""
    version: NotRequired[pulumi.Input[int]]
    """Version of the form of this definition."""
    secret_fields: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The fields that are secret, where Pulumi's marks were lost on the way."""
    pull_secret: NotRequired[pulumi.Input[PullSecretDefinition]]
    """Registry credentials; secret."""
    pull_secrets: NotRequired[Sequence[pulumi.Input[PullSecretDefinition]]]
    """Registry credentials of several registries; secret."""
