"""Image pull secrets and registries (family MW8xx).

Those about images and clusters are reported by :mod:`mesh_wasm.secrets.plan`, which alone knows what is pulled where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesh_wasm.values.docker_config import SECRET_TYPE

from .examples import ACL, ACL_PULLED, GOOD, group, plugin, program, pull_secret
from .finding import Severity
from .rule import Family, rule

if TYPE_CHECKING:
    pass

_AUTH = '"auth": "Y2k6eA=="'
_BOTH = '"username": "ci", "password": "new", "auth": "Y2k6eA=="'
_SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{{{name: registry, namespace: edge}}}}
type: {SECRET_TYPE}
stringData:
  .dockerconfigjson: '{{{{"auths": {{{{"{{key}}": {{{{{_AUTH}}}}}}}}}}}}}'
"""
_USED = GOOD + "  imagePullSecret: registry\n---\n"
_PULLED = ', "pull_secret": registry'
_NAMED = ', "image_pull_secret": "regcred"'


def _mirror(of: str) -> str:
    places = 'namespaces=["edge"'
    return program(ACL, group()).replace(places, f'registry_mirrors={{"docker.io": "{of}"}}, {places}')


def _kept(declared: str) -> str:
    return declared.replace("\n})\n", "\n}, pulumi.ResourceOptions(retain_on_delete=True))\n")


INCOMPLETE = rule(
    "MW801",
    Severity.ERROR,
    Family.SECRET,
    "Not one source of credentials",
    why="Without credentials there is nothing to put into the Secret; with two sources it is open which of them counts.",
    fix="Give one of: registry, username and password; registries; docker_config_json; existing_secret; external_secret.",
    source="Kubernetes: Secret of type kubernetes.io/dockerconfigjson",
    bad=program(pull_secret(more="")),
    good=program(pull_secret()),
)
BAD_CONFIG = rule(
    "MW802",
    Severity.ERROR,
    Family.SECRET,
    "A docker configuration that Istio cannot use",
    why="The image would be pulled anonymously, or the pull would fail; then the fail strategy hits the traffic.",
    fix='Write {"auths": {"registry.acme.io": {"auth": "base64 of user:password"}}}, without helpers and patterns.',
    source="istio pkg/wasm/imagefetcher.go; measured, tests/pullsecrets",
    bad=_SECRET.format(key="docker.io"),
    good=_SECRET.format(key="https://index.docker.io/v1/"),
)
OVERRULED = rule(
    "MW803",
    Severity.WARNING,
    Family.SECRET,
    "An 'auth' that says something else than username and password",
    why="'auth' wins over both, so a password that was changed beside it is never used.",
    fix="Keep one of the two.",
    source="istio pkg/wasm/imagefetcher.go; measured, tests/pullsecrets",
    bad=_SECRET.replace(_AUTH, _BOTH).format(key="r.example.com"),
    good=_SECRET.format(key="r.example.com"),
)
NOT_SERVED = rule(
    "MW804",
    Severity.ERROR,
    Family.SECRET,
    "Credentials for another registry",
    why="Istio would pull the image anonymously, and the fail strategy would hit the traffic when that is refused.",
    fix="Give the credentials of the image's registry, host and port as in the image, or correct the cluster's mirrors.",
    source="istio pkg/wasm/imagefetcher.go; measured, tests/pullsecrets",
    bad=program(pull_secret("ghcr.io"), ACL_PULLED, group()),
    good=program(pull_secret(), ACL_PULLED, group()),
)
CONTRADICTION = rule(
    "MW805",
    Severity.ERROR,
    Family.SECRET,
    "Pull secrets that contradict one another",
    why="A plugin names one Secret, and a Secret has one entry for each registry.",
    fix="Keep one pull secret for each registry.",
    source="Istio WasmPlugin.imagePullSecret",
    bad=program(pull_secret(), plugin(_PULLED, spec=_NAMED)),
    good=program(pull_secret(), plugin(_PULLED)),
)
UNCHECKED = rule(
    "MW806",
    Severity.WARNING,
    Family.SECRET,
    "A pull secret of which nothing is known",
    why="If it is missing, or not of the type kubernetes.io/dockerconfigjson, Istio denies the traffic, even for a public "
    "image, and says so in one line of the proxy's log.",
    fix="Give pull_secret with existing_secret, which is checked at up, or with the credentials.",
    source="istio pkg/wasm/imagefetcher.go; measured, tests/pullsecrets",
    bad=program(plugin(spec=_NAMED)),
    good=program(pull_secret(), plugin(_PULLED)),
)
SPREAD_MESH = rule(
    "MW807",
    Severity.WARNING,
    Family.SECRET,
    "A pull secret for every proxy of the mesh",
    why="Istio hands the credentials to every proxy that the plugin selects; in the root namespace, without a selector, "
    "that is each one of the mesh.",
    fix="Give the plugin a selector, put it into the namespaces that need it, or use credentials that may only read "
    "this image.",
    source="istio pilot/pkg/xds/ecds.go: the pull secret travels to each selected proxy",
    bad=program(pull_secret(), ACL_PULLED, group(namespaces='["east/istio-system"]')),
    good=program(pull_secret(), plugin(_PULLED)),
)
SPREAD_NAMESPACE = rule(
    "MW808",
    Severity.INFO,
    Family.SECRET,
    "A pull secret for every proxy of a namespace",
    why="Istio hands the credentials to every proxy that the plugin selects; without a selector, that is each one of the "
    "namespace.",
    fix="Use credentials that may only read this image, or give the plugin a selector.",
    source="istio pilot/pkg/xds/ecds.go: the pull secret travels to each selected proxy",
    bad=program(pull_secret(), ACL_PULLED, group()),
    good=program(pull_secret(), plugin(_PULLED)),
)
NOT_THERE = rule(
    "MW809",
    Severity.ERROR,
    Family.SECRET,
    "The existing Secret is not what a plugin needs",
    why="Istio denies the traffic, even for a public image, and says so in one line of the proxy's log.",
    fix=f"Create it in this namespace, with the type {SECRET_TYPE} and the registry of the image, and run up again.",
    source="istio pkg/wasm/imagefetcher.go; measured, tests/pullsecrets",
    bad=_USED + _SECRET.replace(SECRET_TYPE, "Opaque").format(key="registry.example.com"),
    good=_USED + _SECRET.format(key="registry.example.com"),
)
UNUSED = rule(
    "MW810",
    Severity.WARNING,
    Family.SECRET,
    "Credentials that are never used",
    why="Istio uses a pull secret for OCI images only, but denies the traffic where one that is named is missing.",
    fix="Remove the pull secret.",
    source="istio pkg/wasm/imagefetcher.go",
    bad=_USED.replace("oci:", "https:"),
    good=_USED,
)
BAD_MIRROR = rule(
    "MW811",
    Severity.ERROR,
    Family.SECRET,
    "Not a registry mirror",
    why="The image reference made of it could not be pulled.",
    fix="Write host[:port] of the registry, and host[:port][/path] of its mirror, without a scheme.",
    source="OCI distribution: references",
    bad=_mirror("https://mirror.acme.io"),
    good=_mirror("mirror.acme.io"),
)
NOT_RETAINED = rule(
    "MW812",
    Severity.WARNING,
    Family.SECRET,
    "Plugins that outlive their pull secret",
    why="When the stack is destroyed, the plugins go on in the mesh and their Secret is deleted: Istio then denies their "
    "traffic within a moment, even where the module runs already.",
    fix="Give the PullSecret retain_on_delete as well, or take it off here.",
    source="Pulumi: a component hands retain_on_delete on to its own children; Istio's wasm image fetcher (both measured)",
    bad=program(pull_secret(), ACL_PULLED, _kept(group())),
    good=program(_kept(pull_secret()), ACL_PULLED, _kept(group())),
)
