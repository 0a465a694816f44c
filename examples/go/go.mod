module mesh-wasm-go

go 1.25.0

require (
	github.com/mesh-wasm/pulumi-mesh-wasm/sdk/go v0.0.0
	github.com/pulumi/pulumi-kubernetes/sdk/v4 v4.32.0
	github.com/pulumi/pulumi/sdk/v3 v3.246.0
)

replace github.com/mesh-wasm/pulumi-mesh-wasm/sdk/go => ./sdks/mesh-wasm-mesh-wasm
