"""Shape: types, required fields, unknown fields, enumerations, bounds (family MW1xx, first part).

These rules have no function of their own: :mod:`mesh_wasm.model.parse` reports them while it reads a document into a model,
and :mod:`mesh_wasm.lint` while it reads what stands around the spec.
"""

from __future__ import annotations

from .examples import GOOD, HEAD, SELECTOR
from .finding import Severity
from .rule import Family, rule

UNREADABLE = rule(
    "MW100",
    Severity.ERROR,
    Family.SCHEMA,
    "A file that cannot be read",
    why="What cannot be read cannot be checked, and kubectl would not apply it either.",
    fix="Mend the file at this place; a template has to be rendered first.",
    source="YAML 1.1 as Kubernetes reads it",
    bad="kind: WasmPlugin\nspec: {url: oci://registry.example.com/acl:1.4.2\n",
    good=GOOD,
    enforced=True,
)
REQUIRED = rule(
    "MW101",
    Severity.ERROR,
    Family.SCHEMA,
    "A required field is missing",
    why="The API server refuses the object, or the control plane has nothing to work with.",
    fix="Write the field with its value, as the message shows it.",
    source="Istio WasmPlugin CRD; TSB WasmExtension reference, 'REQUIRED'",
    bad=HEAD + "  priority: 10\n" + SELECTOR,
    good=GOOD,
    enforced=True,
)
UNKNOWN_FIELD = rule(
    "MW102",
    Severity.ERROR,
    Family.SCHEMA,
    "A field that does not exist",
    why="The API server prunes unknown fields without a word, so a misspelt field is a field that is not set.",
    fix="Correct the name, or remove the field.",
    source="Istio WasmPlugin CRD; measured: a misspelt field passes `pulumi up` silently",
    bad=GOOD + "  failstrategy: FAIL_OPEN\n",
    good=GOOD + "  failStrategy: FAIL_OPEN\n",
    enforced=True,
)
WRONG_TYPE = rule(
    "MW103",
    Severity.ERROR,
    Family.SCHEMA,
    "A value of the wrong type",
    why="The API server refuses the object.",
    fix="Write a value of the field's type: a text in quotes, a number without, an object as {number: 443}.",
    source="Istio WasmPlugin CRD; TSB WasmExtension reference",
    bad=GOOD + "  pluginName: 7\n",
    good=GOOD + '  pluginName: "7"\n',
    enforced=True,
)
UNKNOWN_ENUM = rule(
    "MW104",
    Severity.ERROR,
    Family.SCHEMA,
    "A value that is not one of the enumeration",
    why="The API server refuses the object (TSB: 'defined_only').",
    fix="Write the value as the field's reference spells it: AUTHZ, FAIL_OPEN, IfNotPresent.",
    source="Istio WasmPlugin CRD; TSB WasmExtension reference, enum rules",
    bad=GOOD + "  phase: authz\n",
    good=GOOD + "  phase: AUTHZ\n",
    enforced=True,
)
OUT_OF_RANGE = rule(
    "MW105",
    Severity.ERROR,
    Family.SCHEMA,
    "A number out of its range",
    why="The API server refuses the object: priority is an int32, a port is 1 to 65535.",
    fix="Write a number within the range: a priority is an int32, a port 1 to 65535.",
    source="Istio WasmPlugin CRD",
    bad=GOOD + "  match: [{ports: [{number: 70000}]}]\n",
    good=GOOD + "  match: [{ports: [{number: 7000}]}]\n",
    enforced=True,
)
WRONG_LENGTH = rule(
    "MW106",
    Severity.ERROR,
    Family.SCHEMA,
    "A text or list that is too short or too long",
    why="The API server refuses the object. Names are measured in bytes by istiod, other texts in characters by the CRD.",
    fix="Shorten the text or list, or write what is missing in it.",
    source="Istio WasmPlugin CRD: minLength, maxLength, maxItems, maxProperties; istiod webhook; measured",
    bad=GOOD + '  pluginName: ""\n',
    good=GOOD + "  pluginName: acl\n",
    enforced=True,
)
API_VERSION = rule(
    "MW108",
    Severity.ERROR,
    Family.SCHEMA,
    "Not the apiVersion of the kind",
    why="No API server knows the object; kubectl answers 'no matches for kind'.",
    fix="Write `apiVersion: extensions.istio.io/v1alpha1` for a WasmPlugin, `extension.tsb.tetrate.io/v2` for TSB.",
    source="Istio WasmPlugin CRD; TSB API reference",
    bad=GOOD.replace("v1alpha1", "v1beta1"),
    good=GOOD,
    enforced=True,
)
BAD_METADATA = rule(
    "MW109",
    Severity.ERROR,
    Family.SCHEMA,
    "Labels or annotations that Kubernetes refuses",
    why="The API server refuses the object: keys are qualified names, label values have at most 63 characters.",
    fix="Use letters, digits, '-', '_' and '.', beginning and ending with a letter or digit; a key may have a DNS prefix.",
    source="Kubernetes: labels and annotations, syntax and character set",
    bad=GOOD.replace("namespace: edge", "namespace: edge, labels: {team: a/b}"),
    good=GOOD.replace("namespace: edge", "namespace: edge, labels: {team: a-b}"),
    enforced=True,
)
