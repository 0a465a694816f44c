"""Security: a hole, or a secret in the open (family MW3xx)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.deferred import known
from mesh_wasm.finding import Finding, Severity, quoted

from .crd import _GOOD
from .rule import Family, rule
from .subjects import PluginSubject
from .walk import env_vars

RESERVED_ENV = rule(
    "MW301",
    Severity.ERROR,
    Family.SECURITY,
    "An environment variable that Istio keeps for itself",
    why="ISTIO_META_WASM_… carry the pull secret to the proxy's agent; a user's variable of that name overwrites it.",
    fix="Choose a name that does not begin with ISTIO_META.",
    source="istio pilot/pkg/model/extensions.go (facts A3.9)",
    bad=_GOOD + "  vmConfig: {env: [{name: ISTIO_META_WASM_IMAGE_PULL_SECRET, value: a}]}\n",
    good=_GOOD + "  vmConfig: {env: [{name: MODE, value: a}]}\n",
)


@RESERVED_ENV.checks(PluginSubject)
def reserved_env(subject: PluginSubject) -> Iterator[Finding]:
    """Names that begin with ISTIO_META."""
    for index, env in env_vars(subject.spec):
        name = known(env.name)
        if name and name.startswith("ISTIO_META"):
            yield RESERVED_ENV.at("vmConfig", "env", index, "name", says=f"{quoted(name)} is reserved by Istio.")
