"""Reading the inputs of a Construct call: protobuf in, plain Python out, with a box around what is unknown or secret.

Language hosts send every Output as an *output value* that is settled already: known or not, secret or not. Keeping it
as an Output would hide what is known, so only the boxes remain, and the schema decides later what becomes of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf import struct_pb2
from pulumi.resource import DependencyProviderResource
from pulumi.runtime import rpc

from mesh_wasm_pulumi._values.declared import ResourceReference
from mesh_wasm_pulumi._values.leaves import UnknownOutput
from mesh_wasm_pulumi._values.ledger import ledger

_OUTPUT = rpc._special_output_value_sig
_RESOURCE = rpc._special_resource_sig
_SECRET = rpc._special_secret_sig
_SIG = rpc._special_sig_key
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Boxed:
    """A value that is secret, or unknown, or both."""

    value: Any
    known: bool = True
    secret: bool = False

    def __repr__(self) -> str:
        return "<boxed>"


def decode(value: struct_pb2.Value) -> Any:
    """One value of the wire."""
    match value.WhichOneof("kind"):
        case "struct_value":
            return _decode_struct(value.struct_value)
        case "list_value":
            return [decode(item) for item in value.list_value.values]
        case "string_value":
            return Boxed(None, known=False) if value.string_value == rpc.UNKNOWN else value.string_value
        case "number_value":
            return _number(value.number_value)
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _decode_struct(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    match fields[_SIG].string_value if _SIG in fields else None:
        case None:
            return {key: decode(fields[key]) for key in sorted(fields)}  # the wire knows no order
        case sig if sig == _OUTPUT:
            secret = "secret" in fields and fields["secret"].bool_value
            if "value" not in fields:
                return Boxed(None, known=False, secret=secret)
            inner = decode(fields["value"])
            return Boxed(inner, secret=True) if secret else inner
        case sig if sig == _SECRET:
            return Boxed(decode(fields["value"]), secret=True)
        case sig if sig == _RESOURCE:
            return _resource(fields)
        case _:
            return rpc.deserialize_property(struct)


def _resource(fields: Any) -> Any:
    """What a reference to a resource stands for: a provider, a component of this very deployment, or neither of them."""
    urn = fields["urn"].string_value
    if _is_provider(urn):
        return _provider(urn, _id(fields))
    return ledger().by_urn.get(urn) or ResourceReference(urn)


def _is_provider(urn: str) -> bool:
    return urn.split("::")[2].split("$")[-1].startswith("pulumi:providers:")


def _provider(urn: str, id_: str) -> DependencyProviderResource:
    """A reference to a provider, all that children need: rehydrating it would ask the engine for its whole state."""
    made = DependencyProviderResource(f"{urn}::{id_}")
    made._name = urn.split("::")[-1]  # the SDK leaves it unset, and reading it would be an AttributeError
    return made


def _id(fields: Any) -> str:
    """The id within a resource reference: a text, empty or unknown at preview."""
    found = decode(fields["id"]) if "id" in fields else None
    return found if isinstance(found, str) and found else rpc.UNKNOWN


def _number(value: float) -> int | float:
    """Whole numbers are integers: the wire has doubles only. Those too large to be exact are for the rules to refuse."""
    return int(value) if value.is_integer() and abs(value) < _INT64 else value


def unbox(value: Any) -> Any:
    """Turn boxes into Outputs, innermost first; everything else stays what it is."""
    if isinstance(value, Boxed):
        if not value.known:
            return UnknownOutput.make(secret=value.secret)
        inner: Any = unbox(value.value)
        # A component hides its own secrets; the reference to it is none.
        return pulumi.Output.secret(inner) if value.secret and not isinstance(inner, pulumi.Resource) else inner
    if isinstance(value, dict):
        return {key: unbox(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unbox(item) for item in value]
    return value
