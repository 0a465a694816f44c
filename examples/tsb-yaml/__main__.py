"""The YAML in tsb/ as a program: what `mesh-wasm translate` writes to files, Pulumi brings to the clusters."""

import pulumi

import mesh_wasm_pulumi as wasm

shop = wasm.TsbManifests("shop", {"paths": ["tsb"], "fleet": wasm.Fleet.from_config()})

pulumi.export("plugins", shop.plugins)
