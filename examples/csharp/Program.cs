// The quickstart from C#: one extension, one gateway, one group of services, two clusters.
using System.Collections.Generic;
using Pulumi;
using Pulumi.MeshWasm;
using Pulumi.MeshWasm.Inputs;
using Kubernetes = Pulumi.Kubernetes;

return await Deployment.RunAsync(() =>
{
    const string tenant = "organizations/acme/tenants/shop";
    var config = new Config();

    // A kubeconfig from the configuration, or else a provider that writes YAML files.
    Kubernetes.Provider Reach(string name) => new(name, config.Get($"kubeconfig-{name}") is null
        ? new() { RenderYamlToDirectory = $"rendered/{name}", EnableSecretMutable = true }
        : new()
        {
            KubeConfig = config.RequireSecret($"kubeconfig-{name}"),
            Context = name,
            ClusterIdentifier = name,
            EnableSecretMutable = true,
        });

    var fleet = new Dictionary<string, ClusterArgs>
    {
        ["east"] = new()
        {
            Provider = Reach("east"),
            SecretsMutable = true,
            Labels = new() { ["env"] = "prod" },
            IstioVersion = "1.27",
            Namespaces = new() { "edge", "shop", "pay" },
        },
        ["west"] = new()
        {
            Provider = Reach("west"),
            SecretsMutable = true,
            Labels = new() { ["env"] = "canary" },
            IstioVersion = "1.27",
            Namespaces = new() { "edge", "shop" },
        },
    };

    var registry = new PullSecret("acme-registry", new()
    {
        Registry = "registry.acme.io",
        Username = "puller",
        Password = config.GetSecret("registryPassword") ?? Output.CreateSecret("change-me"),
    });

    var acl = new WasmExtension("acl-check", new()
    {
        Organization = "acme",
        Image = "oci://registry.acme.io/filters/acl-check:1.4.2"
            + "@sha256:7e5b0f3f6a3f1d2f9c0b8a7d6e5f4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3",
        Phase = PluginPhase.Authz,
        Priority = 10,
        AllowedIn = { tenant },
        Config = { ["mode"] = "enforce" },
        PullSecret = registry,
    });

    var edge = new IngressGatewayAttachment("shop-edge", new()
    {
        Gateway = $"{tenant}/workspaces/web/gatewaygroups/edge/ingressgateways/shop",
        WorkloadSelector = new WorkloadSelectorArgs { Namespace = "edge", Labels = { ["app"] = "shop-gateway" } },
        Extensions = new() { new AttachedExtensionArgs { Extension = acl, Config = { ["mode"] = "audit" } } },
        Fleet = fleet,
        Clusters = new() { ["env"] = "prod" },
    });

    var services = new SecurityGroupAttachment("shop-services", new()
    {
        Group = $"{tenant}/workspaces/web/securitygroups/services",
        NamespaceSelector = new() { "*/shop", "east/pay" },
        Extensions = new() { new AttachedExtensionArgs { Extension = acl } },
        Fleet = fleet,
    });

    return new Dictionary<string, object?>
    {
        ["shop-edge"] = edge.Plugins,
        ["shop-services"] = services.Plugins,
    };
});
