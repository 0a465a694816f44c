"""Silent traps: accepted everywhere, and then it does nothing, or something else (family MW2xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mesh_wasm.deferred import known
from mesh_wasm.enums import EnvValueSource, WorkloadMode
from mesh_wasm.finding import Finding, Severity, quoted

from .crd import _GOOD, _HEAD, _URL
from .rule import Family, rule
from .subjects import ExtensionSubject, PluginSubject, Workload
from .walk import env_vars, env_vars_of, items

SERVER_ON_GATEWAY = rule(
    "MW201",
    Severity.ERROR,
    Family.SILENT,
    "SERVER on a gateway",
    why="All traffic of a gateway is CLIENT: the plugin is left out of the chain, and nothing says so.",
    fix="Use CLIENT or CLIENT_AND_SERVER, or leave the mode out.",
    source="Istio TrafficSelector.mode; facts A3.4, seen live (E)",
    bad=_HEAD + _URL + "  selector: {matchLabels: {istio: ingressgateway}}\n  match: [{mode: SERVER}]\n",
    good=_HEAD + _URL + "  selector: {matchLabels: {istio: ingressgateway}}\n  match: [{mode: CLIENT}]\n",
)
ENV_NAME = rule(
    "MW202",
    Severity.ERROR,
    Family.SILENT,
    "Not a C identifier",
    why="TSB refuses the name; Istio accepts it, though its documentation asks for a C identifier.",
    fix="Use letters, digits and '_', not beginning with a digit.",
    source="TSB EnvVar.name; Istio EnvVar.name: 'Must be a C_IDENTIFIER' (not enforced, facts A2)",
    bad=_GOOD + "  vmConfig: {env: [{name: trust-domain, value: a}]}\n",
    good=_GOOD + "  vmConfig: {env: [{name: TRUST_DOMAIN, value: a}]}\n",
)
HOST_VALUE_DROPPED = rule(
    "MW203",
    Severity.INFO,
    Family.SILENT,
    "The value of a HOST variable is dropped",
    why="TSB ignores the value; Istio would refuse it, so mesh-wasm does not hand it on.",
    fix="Remove the value, or use INLINE if the value is meant.",
    source="TSB EnvVar.value: 'if value_from is HOST, it will be ignored'",
)


@SERVER_ON_GATEWAY.checks(PluginSubject)
def server_on_gateway(subject: PluginSubject) -> Iterator[Finding]:
    """A gateway's listeners are of the class CLIENT."""
    if subject.workload is not Workload.GATEWAY:
        return
    for index, selector in items(subject.spec.match):
        if selector.mode == WorkloadMode.SERVER:
            yield SERVER_ON_GATEWAY.at("match", index, "mode", says="SERVER never matches on a gateway.")


@ENV_NAME.checks(PluginSubject)
def env_name(subject: PluginSubject) -> Iterator[Finding]:
    """Names of environment variables."""
    for index, env in env_vars(subject.spec):
        name = known(env.name)
        if name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            yield ENV_NAME.at("vmConfig", "env", index, "name", says=f"{quoted(name)} is not a C identifier.")


@HOST_VALUE_DROPPED.checks(ExtensionSubject)
def host_value_dropped(subject: ExtensionSubject) -> Iterator[Finding]:
    """TSB allows and ignores it."""
    for index, env in env_vars_of(subject.extension.vm_config):
        if env.value_from == EnvValueSource.HOST and env.value is not None:
            path = ("vmConfig", "env", index, "value")
            yield HOST_VALUE_DROPPED.at(*path, says="the variable comes from the host, so this value is dropped.")
