// The quickstart from TypeScript: one extension, one gateway, one group of services, two clusters.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as wasm from "@mesh-wasm/mesh-wasm";

const config = new pulumi.Config();
const tenant = "organizations/acme/tenants/shop";

// A kubeconfig from the configuration, or else a provider that writes YAML files.
function reach(name: string): k8s.Provider {
    const kubeconfig = config.getSecret(`kubeconfig-${name}`);
    return new k8s.Provider(name, kubeconfig === undefined
        ? { renderYamlToDirectory: `rendered/${name}`, enableSecretMutable: true }
        : { kubeconfig, context: name, clusterIdentifier: name, enableSecretMutable: true });
}

const fleet: Record<string, wasm.types.input.ClusterArgs> = {
    east: {
        provider: reach("east"),
        secretsMutable: true,
        labels: { env: "prod" },
        istioVersion: "1.27",
        namespaces: ["edge", "shop", "pay"],
    },
    west: {
        provider: reach("west"),
        secretsMutable: true,
        labels: { env: "canary" },
        istioVersion: "1.27",
        namespaces: ["edge", "shop"],
    },
};

const registry = new wasm.PullSecret("acme-registry", {
    registry: "registry.acme.io",
    username: "puller",
    password: config.getSecret("registryPassword") ?? pulumi.secret("change-me"),
});

const acl = new wasm.WasmExtension("acl-check", {
    organization: "acme",
    image: "oci://registry.acme.io/filters/acl-check:1.4.2"
        + "@sha256:7e5b0f3f6a3f1d2f9c0b8a7d6e5f4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3",
    phase: wasm.PluginPhase.Authz,
    priority: 10,
    allowedIn: [tenant],
    config: { mode: "enforce" },
    pullSecret: registry,
});

const edge = new wasm.IngressGatewayAttachment("shop-edge", {
    gateway: `${tenant}/workspaces/web/gatewaygroups/edge/ingressgateways/shop`,
    workloadSelector: { namespace: "edge", labels: { app: "shop-gateway" } },
    extensions: [{ extension: acl, config: { mode: "audit" } }],
    fleet,
    clusters: { env: "prod" },
});

const services = new wasm.SecurityGroupAttachment("shop-services", {
    group: `${tenant}/workspaces/web/securitygroups/services`,
    namespaceSelector: ["*/shop", "east/pay"],
    extensions: [{ extension: acl }],
    fleet,
});

export const plugins = { "shop-edge": edge.plugins, "shop-services": services.plugins };
