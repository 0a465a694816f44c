"""Silent traps: accepted everywhere, and then it does nothing, or something else (family MW2xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mesh_wasm.findings.examples import EXTENSION, GOOD, HEAD, SELECTOR, URL
from mesh_wasm.findings.finding import Finding, SetTo, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import ExtensionSubject, PluginSubject
from mesh_wasm.rules.walk import env_vars, env_vars_of, labels_of, leaves, references_of
from mesh_wasm.values.base import LARGEST_EXACT_INT
from mesh_wasm.values.deferred import known
from mesh_wasm.values.enums import EnvValueSource
from mesh_wasm.values.naming import is_label_key, is_label_value, is_subdomain

ENV_NAME = rule(
    "MW202",
    Severity.ERROR,
    Family.SILENT,
    "Not a C identifier",
    why="TSB refuses the name; Istio accepts it, though its documentation asks for a C identifier.",
    fix="Use letters, digits and '_', not beginning with a digit.",
    source="TSB EnvVar.name; Istio EnvVar.name: 'Must be a C_IDENTIFIER' (not enforced: measured, tests/cases)",
    bad=GOOD + "  vmConfig: {env: [{name: trust-domain, value: a}]}\n",
    good=GOOD + "  vmConfig: {env: [{name: TRUST_DOMAIN, value: a}]}\n",
)
HOST_VALUE_DROPPED = rule(
    "MW203",
    Severity.INFO,
    Family.SILENT,
    "The value of a HOST variable is dropped",
    why="TSB ignores the value; Istio would refuse it, so mesh-wasm does not hand it on.",
    fix="Remove the value, or use INLINE if the value is meant.",
    source="TSB EnvVar.value: 'if value_from is HOST, it will be ignored'",
    bad=EXTENSION + "  url: oci://r.example.com/acl:1\n  vmConfig: {env: [{name: A, valueFrom: HOST, value: x}]}\n",
    good=EXTENSION + "  url: oci://r.example.com/acl:1\n  vmConfig: {env: [{name: A, valueFrom: HOST}]}\n",
)
VERIFICATION_KEY = rule(
    "MW209",
    Severity.WARNING,
    Family.SILENT,
    "verificationKey is ignored",
    why="The field is in the CRD, but Istio never implemented it: no signature is checked.",
    fix="Remove it, and pin the module by its digest.",
    source="istio.io/api extensions/v1alpha1/wasm.proto, hidden field",
    bad=GOOD + "  verificationKey: MFkwEwYHKoZIzj0CAQ\n",
    good=GOOD,
)
INEXACT_INTEGER = rule(
    "MW210",
    Severity.ERROR,
    Family.SILENT,
    "An integer beyond 2^53 in the configuration",
    why="Configuration travels as protobuf Struct, whose numbers are doubles: the last digits are changed without a word.",
    fix="Write it as a text, in quotes.",
    source="google.protobuf.Struct, whose numbers are doubles; istio pilot/pkg/model/extensions.go",
    bad=GOOD + "  pluginConfig: {account: 9007199254740993}\n",
    good=GOOD + '  pluginConfig: {account: "9007199254740993"}\n',
)
HOST_UNKNOWN = rule(
    "MW213",
    Severity.INFO,
    Family.SILENT,
    "A HOST variable that proxies do not have by themselves",
    why="HOST reads the proxy's own environment, not the application's; a name that is absent there is left out silently.",
    fix="Set it in the proxy's environment (proxyMetadata does not do that), or use INLINE.",
    source="Istio EnvVar.valueFrom; the sidecar injection template of istio",
    bad=GOOD + "  vmConfig: {env: [{name: TENANT, valueFrom: HOST}]}\n",
    good=GOOD + "  vmConfig: {env: [{name: POD_NAME, valueFrom: HOST}]}\n",
)
PRIORITY_UNSET = rule(
    "MW214",
    Severity.INFO,
    Family.SILENT,
    "No priority",
    why="Istio documents 0 as the default, but runs a plugin without priority after every other, even after -5. It is a "
    "warning where another plugin of the phase can run on the same workload.",
    fix="Set the priority, if only to 0.",
    source="istio pilot/pkg/model/push_context.go; measured, tests/cluster/test_order.py",
    bad=HEAD + "  url: oci://registry.example.com/filters/acl:1.4.2\n" + SELECTOR,
    good=GOOD,
)
NO_SUCH_NAME = rule(
    "MW215",
    Severity.ERROR,
    Family.SILENT,
    "A reference that no object can satisfy",
    why="The object is admitted, but nothing can have that name: a secret is never found, a target never matched.",
    fix="Give the bare name of an object in the plugin's own namespace: lower-case letters, digits, '-' and '.'.",
    source="Kubernetes DNS-1123; istiod overwrites any namespace in imagePullSecret (istio pilot/pkg/model/extensions.go)",
    bad=GOOD + "  imagePullSecret: shared/registry\n",
    good=GOOD + "  imagePullSecret: registry\n",
)
NO_SUCH_LABEL = rule(
    "MW217",
    Severity.ERROR,
    Family.SILENT,
    "A label that no pod can carry",
    why="Istio admits the selector, but Kubernetes would refuse such a label on any pod: the plugin never runs.",
    fix="Use letters, digits, '-', '_' and '.', beginning and ending with a letter or digit; a key may have a DNS prefix.",
    source="Kubernetes: labels, syntax and character set; not checked by istiod: measured, tests/cases",
    bad=HEAD + URL + "  selector: {matchLabels: {app: shop gateway}}\n",
    good=HEAD + URL + "  selector: {matchLabels: {app: shop-gateway}}\n",
)

_PROXY_ENV = frozenset(
    {
        "CA_ADDR",
        "GOMAXPROCS",
        "GOMEMLIMIT",
        "HOME",
        "HOSTNAME",
        "HOST_IP",
        "INSTANCE_IP",
        "ISTIO_CPU_LIMIT",
        "PATH",
        "PILOT_CERT_PROVIDER",
        "POD_NAME",
        "POD_NAMESPACE",
        "PROXY_CONFIG",
        "SERVICE_ACCOUNT",
        "TRUST_DOMAIN",
    }
)
"""What the templates of injection and gateways put into every proxy's environment."""


LOOK_ALIKE = rule(
    "MW255",
    Severity.INFO,
    Family.SILENT,
    "An object that looks like Istio's and is of another API",
    why="Istio does not read it, and neither does mesh-wasm: nothing is said of what it holds.",
    fix="If Istio's WasmPlugin is meant, write apiVersion: extensions.istio.io/v1alpha1; its fields have other names.",
    source="Istio WasmPlugin; Higress WasmPlugin; Maistra ServiceMeshExtension",
    bad=GOOD.replace("extensions.istio.io", "extensions.higress.io"),
    good=GOOD,
)


CHANGED_KEYS = rule(
    "MW256",
    Severity.WARNING,
    Family.SILENT,
    "A key that YAML 1.1 reads as another value",
    why="kubectl reads on, no, 0755 or 1.10 without quotes as a boolean or a number, and sends true, false, 493 or 1.1 as "
    "the key: the plugin gets a configuration with other keys. What mesh-wasm writes has the keys that kubectl would send.",
    fix="Put the key in quotes.",
    source="sigs.k8s.io/yaml, with which kubectl reads; measured, tests/cluster/test_yaml_keys.py",
    bad=GOOD + "  pluginConfig: {on: a, 0755: b}\n",
    good=GOOD + '  pluginConfig: {"on": a, "0755": b}\n',
)


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


@VERIFICATION_KEY.checks(PluginSubject)
def verification_key(subject: PluginSubject) -> Iterator[Finding]:
    """Set, and never read."""
    if subject.spec.verification_key:
        yield VERIFICATION_KEY.at("verificationKey", says="Istio does not verify signatures; the key has no effect.")


@INEXACT_INTEGER.checks(PluginSubject)
def inexact_integer(subject: PluginSubject) -> Iterator[Finding]:
    """Integers that a double does not hold."""
    if subject.spec.plugin_config is None:
        return
    for path, value in leaves(subject.spec.plugin_config, "pluginConfig"):
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_EXACT_INT:
            yield INEXACT_INTEGER.at(*path, says="the integer is beyond 2^53, so the plugin gets another number.")


@HOST_UNKNOWN.checks(PluginSubject)
def host_unknown(subject: PluginSubject) -> Iterator[Finding]:
    """Names that no template of Istio sets."""
    for index, env in env_vars(subject.spec):
        name = known(env.name)
        if env.value_from == EnvValueSource.HOST and name and not name.startswith("ISTIO_") and name not in _PROXY_ENV:
            says = f"{quoted(name)} is not among the variables that Istio gives every proxy."
            yield HOST_UNKNOWN.at("vmConfig", "env", index, "name", says=says)


@PRIORITY_UNSET.checks(PluginSubject)
def priority_unset(subject: PluginSubject) -> Iterator[Finding]:
    """Unset is the smallest number there is."""
    if subject.foreign and subject.spec.priority is None:
        says = "no priority is set: the plugin runs after all others of its phase."
        yield PRIORITY_UNSET.at("priority", says=says, mend=SetTo(0))


@NO_SUCH_NAME.checks(PluginSubject)
def no_such_name(subject: PluginSubject) -> Iterator[Finding]:
    """Names of secrets and targets."""
    secret = known(subject.spec.image_pull_secret)
    if secret and not is_subdomain(secret):
        yield NO_SUCH_NAME.at("imagePullSecret", says=f"no Secret can be called {quoted(secret)}.")
    for path, reference in references_of(subject.spec):
        name = known(reference.name)
        if name and len(name) <= 253 and not is_subdomain(name):
            yield NO_SUCH_NAME.at(*path, "name", says=f"no object can be called {quoted(name)}.")


@NO_SUCH_LABEL.checks(PluginSubject)
def no_such_label(subject: PluginSubject) -> Iterator[Finding]:
    """Keys and values that Istio does not look at closely."""
    for key, value in labels_of(subject.spec).items():
        if "*" in key or not key:
            continue  # refused by the CRD
        if not is_label_key(key):
            yield NO_SUCH_LABEL.at("selector", "matchLabels", key, says=f"{quoted(key)} is no key of a label.")
        if value is not None and "*" not in value and len(value) <= 63 and not is_label_value(value):
            yield NO_SUCH_LABEL.at("selector", "matchLabels", key, says=f"{quoted(value)} is no value of a label.")
