// The quickstart from Go: one extension, one gateway, one group of services, two clusters.
package main

import (
	"github.com/mesh-wasm/pulumi-mesh-wasm/sdk/go/meshwasm"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

const tenant = "organizations/acme/tenants/shop"

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		east, err := reach(ctx, "east")
		if err != nil {
			return err
		}
		west, err := reach(ctx, "west")
		if err != nil {
			return err
		}
		fleet := map[string]meshwasm.ClusterArgs{
			"east": {
				Provider:       east,
				SecretsMutable: pulumi.BoolRef(true),
				Labels:         map[string]string{"env": "prod"},
				IstioVersion:   pulumi.StringRef("1.27"),
				Namespaces:     []string{"edge", "shop", "pay"},
			},
			"west": {
				Provider:       west,
				SecretsMutable: pulumi.BoolRef(true),
				Labels:         map[string]string{"env": "canary"},
				IstioVersion:   pulumi.StringRef("1.27"),
				Namespaces:     []string{"edge", "shop"},
			},
		}

		password := config.GetSecret(ctx, "registryPassword")
		if config.Get(ctx, "registryPassword") == "" {
			password = pulumi.ToSecret(pulumi.String("change-me")).(pulumi.StringOutput)
		}
		registry, err := meshwasm.NewPullSecret(ctx, "acme-registry", &meshwasm.PullSecretArgs{
			Registry: pulumi.String("registry.acme.io"),
			Username: pulumi.String("puller"),
			Password: password,
		})
		if err != nil {
			return err
		}

		acl, err := meshwasm.NewWasmExtension(ctx, "acl-check", &meshwasm.WasmExtensionArgs{
			Organization: pulumi.String("acme"),
			Image: pulumi.String("oci://registry.acme.io/filters/acl-check:1.4.2" +
				"@sha256:7e5b0f3f6a3f1d2f9c0b8a7d6e5f4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3"),
			Phase:      meshwasm.PluginPhaseAuthz,
			Priority:   pulumi.Int(10),
			AllowedIn:  pulumi.StringArray{pulumi.String(tenant)},
			Config:     pulumi.Map{"mode": pulumi.String("enforce")},
			PullSecret: registry,
		})
		if err != nil {
			return err
		}

		edge, err := meshwasm.NewIngressGatewayAttachment(ctx, "shop-edge", &meshwasm.IngressGatewayAttachmentArgs{
			Gateway: pulumi.String(tenant + "/workspaces/web/gatewaygroups/edge/ingressgateways/shop"),
			WorkloadSelector: &meshwasm.WorkloadSelectorArgs{
				Namespace: pulumi.String("edge"),
				Labels:    pulumi.StringMap{"app": pulumi.String("shop-gateway")},
			},
			Extensions: []meshwasm.AttachedExtensionArgs{
				{Extension: acl, Config: pulumi.Map{"mode": pulumi.String("audit")}},
			},
			Fleet:    fleet,
			Clusters: map[string]string{"env": "prod"},
		})
		if err != nil {
			return err
		}

		services, err := meshwasm.NewSecurityGroupAttachment(ctx, "shop-services", &meshwasm.SecurityGroupAttachmentArgs{
			Group:             pulumi.String(tenant + "/workspaces/web/securitygroups/services"),
			NamespaceSelector: []string{"*/shop", "east/pay"},
			Extensions:        []meshwasm.AttachedExtensionArgs{{Extension: acl}},
			Fleet:             fleet,
		})
		if err != nil {
			return err
		}

		ctx.Export("plugins", pulumi.Map{"shop-edge": edge.Plugins, "shop-services": services.Plugins})
		return nil
	})
}

// A kubeconfig from the configuration, or else a provider that writes YAML files.
func reach(ctx *pulumi.Context, name string) (*kubernetes.Provider, error) {
	args := &kubernetes.ProviderArgs{EnableSecretMutable: pulumi.Bool(true)}
	if config.Get(ctx, "kubeconfig-"+name) == "" {
		args.RenderYamlToDirectory = pulumi.String("rendered/" + name)
	} else {
		args.Kubeconfig = config.GetSecret(ctx, "kubeconfig-"+name)
		args.Context = pulumi.String(name)
		args.ClusterIdentifier = pulumi.String(name)
	}
	return kubernetes.NewProvider(ctx, name, args)
}
