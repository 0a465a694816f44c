"""The platform team's catalogue: extensions and credentials, exported for other stacks. Nothing is created here."""

import pulumi

import mesh_wasm_pulumi as wasm

config = pulumi.Config()

registry = wasm.PullSecret(
    "acme-registry",
    {
        "registry": "registry.acme.io",
        "username": "puller",
        "password": config.get_secret("registryPassword") or pulumi.Output.secret("change-me"),
    },
)

acl = wasm.WasmExtension(
    "acl-check",
    {
        "organization": "acme",
        "image": "oci://registry.acme.io/filters/acl-check:1.4.2"
        "@sha256:7e5b0f3f6a3f1d2f9c0b8a7d6e5f4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3",
        "phase": "AUTHZ",
        "priority": 10,
        "allowed_in": ["organizations/acme/tenants/shop"],
        "config": {"mode": "enforce", "token": config.get_secret("token") or pulumi.Output.secret("change-me-too")},
        "pull_secret": registry,
    },
)

pulumi.export("acl-check", acl.definition)
pulumi.export("acme-registry", registry.definition)
