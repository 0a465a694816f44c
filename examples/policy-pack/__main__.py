"""Copy this folder, then: pulumi preview --policy-pack policy-pack --policy-pack-config policy-pack/config.json."""

from pulumi_policy import PolicyPack

from mesh_wasm_pulumi.policy import POLICIES

PolicyPack("mesh-wasm", POLICIES)
