"""A whole organization of TSB: what it hands down to its tenants, workspaces, groups and services.

The same on the command line: mesh-wasm translate tsb --inventory clusters.yaml --stricter union --out manifests
"""

import pulumi

import mesh_wasm_pulumi as wasm

# STRICTER stands in tsb/organization.yaml, and TSB does not document how two lists of extensions combine below it.
acme = wasm.TsbManifests("acme", {"paths": ["tsb"], "fleet": wasm.Fleet.from_config(), "stricter": "union"})

pulumi.export("plugins", acme.plugins)
