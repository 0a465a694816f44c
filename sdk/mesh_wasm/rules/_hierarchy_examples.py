"""TSB documents of a small hierarchy: what the examples of its rules are made of."""

from __future__ import annotations


def extension(name: str, priority: int) -> str:
    return (
        "apiVersion: extension.tsb.tetrate.io/v2\nkind: WasmExtension\n"
        f"metadata: {{organization: acme, name: {name}}}\n"
        f'spec: {{image: "oci://registry.acme.io/filters/{name}:1.4.2", phase: AUTHZ, priority: {priority}}}\n---\n'
    )


WORKSPACE = """\
apiVersion: api.tsb.tetrate.io/v2
kind: Workspace
metadata: {organization: acme, tenant: shop, name: web}
spec: {namespaceSelector: {names: ["*/shop"]}}
---
"""
DEFAULT = """\
apiVersion: api.tsb.tetrate.io/v2
kind: OrganizationSetting
metadata: {organization: acme, name: default}
spec: {defaultSecuritySetting: {extension: [{fqn: organizations/acme/extensions/acl}]}}
---
"""
BELOW = """\
apiVersion: api.tsb.tetrate.io/v2
kind: WorkspaceSetting
metadata: {organization: acme, tenant: shop, workspace: web, name: default}
spec: {defaultSecuritySetting: {extension: [{fqn: organizations/acme/extensions/log}]}}
---
"""
PROFILE = """\
apiVersion: profile.tsb.tetrate.io/v2
kind: Profile
metadata: {organization: acme, name: guarded}
spec: {mandates: {wasmExtensions: [{fqn: organizations/acme/extensions/acl}]}}
---
"""
GATEWAY = """\
apiVersion: gateway.tsb.tetrate.io/v2
kind: Gateway
metadata: {organization: acme, tenant: shop, workspace: web, group: edge, name: gw}
spec: {workloadSelector: {namespace: shop, labels: {app: gw}}}
---
"""
GROUP = """\
apiVersion: security.tsb.tetrate.io/v2
kind: Group
metadata: {organization: acme, tenant: shop, workspace: web, name: services}
spec: {namespaceSelector: {names: ["*/shop"]}}
---
"""
SERVICE_SETTING = """\
apiVersion: security.tsb.tetrate.io/v2
kind: ServiceSecuritySetting
metadata: {organization: acme, tenant: shop, workspace: web, group: services, name: cart}
spec:
  service: shop/cart.shop.svc.cluster.local
  settings: {extension: [{fqn: organizations/acme/extensions/log}]}
---
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 80}]}
"""
ATTACHED = 'namespaceSelector: {names: ["*/shop"]}, profiles: ['
WITH_PROFILE = WORKSPACE.replace(
    'namespaceSelector: {names: ["*/shop"]}', f"{ATTACHED}organizations/acme/profiles/guarded]"
)
BOTH = extension("acl", 20) + extension("log", 10)
HIGHER = """\
wasm.DefaultSecuritySetting("all", {
    "resource": "organizations/acme/tenants/shop", "namespace_selector": ["*/shop", "*/edge"],
    "extensions": [{"extension": log}], "fleet": fleet,%s
})
"""
