"""Shape: types, required fields, unknown fields, enumerations, bounds (family MW1xx, first part).

These rules have no function of their own: :mod:`mesh_wasm.parse` reports them while it reads a document into a model.
"""

from __future__ import annotations

from mesh_wasm.finding import Severity

from .rule import Family, rule

REQUIRED = rule(
    "MW101",
    Severity.ERROR,
    Family.SCHEMA,
    "A required field is missing",
    why="The API server refuses the object, or the control plane has nothing to work with.",
    fix="Give the field a value.",
    source="Istio WasmPlugin CRD; TSB WasmExtension reference, 'REQUIRED'",
    bad="kind: WasmPlugin\napiVersion: extensions.istio.io/v1alpha1\nmetadata: {name: a, namespace: edge}\nspec: {}\n",
    good=(
        "kind: WasmPlugin\napiVersion: extensions.istio.io/v1alpha1\nmetadata: {name: a, namespace: edge}\n"
        "spec: {url: 'oci://registry.example.com/filters/acl:1.4.2', priority: 0,\n"
        "  selector: {matchLabels: {app: shop}}}\n"
    ),
)
UNKNOWN_FIELD = rule(
    "MW102",
    Severity.ERROR,
    Family.SCHEMA,
    "A field that does not exist",
    why="The API server prunes unknown fields without a word, so a misspelt field is a field that is not set.",
    fix="Correct the name, or remove the field.",
    source="Istio WasmPlugin CRD; measured: a misspelt field passes `pulumi up` silently",
)
WRONG_TYPE = rule(
    "MW103",
    Severity.ERROR,
    Family.SCHEMA,
    "A value of the wrong type",
    why="The API server refuses the object.",
    fix="Give a value of the type that the message names.",
    source="Istio WasmPlugin CRD; TSB WasmExtension reference",
)
UNKNOWN_ENUM = rule(
    "MW104",
    Severity.ERROR,
    Family.SCHEMA,
    "A value that is not one of the enumeration",
    why="The API server refuses the object (TSB: 'defined_only').",
    fix="Use one of the values that the message lists.",
    source="Istio WasmPlugin CRD; TSB WasmExtension reference, enum rules",
)
OUT_OF_RANGE = rule(
    "MW105",
    Severity.ERROR,
    Family.SCHEMA,
    "A number out of its range",
    why="The API server refuses the object: priority is an int32, a port is 1 to 65535.",
    fix="Choose a number within the range that the message names.",
    source="Istio WasmPlugin CRD",
)
WRONG_LENGTH = rule(
    "MW106",
    Severity.ERROR,
    Family.SCHEMA,
    "A text or list that is too short or too long",
    why="The API server refuses the object.",
    fix="Keep within the length that the message names.",
    source="Istio WasmPlugin CRD: minLength, maxLength, maxItems, maxProperties",
)
