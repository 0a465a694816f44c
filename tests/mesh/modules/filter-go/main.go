// A filter as the Proxy-Wasm Go SDK makes it: it says what it was configured with in a response header. With a field
// "refuse" it does not start.
package main

import (
	"bytes"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}

func init() {
	proxywasm.SetVMContext(&vm{})
}

type vm struct{ types.DefaultVMContext }

func (*vm) NewPluginContext(uint32) types.PluginContext { return &plugin{} }

type plugin struct {
	types.DefaultPluginContext
	told string
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	told, err := proxywasm.GetPluginConfiguration()
	if err != nil && err != types.ErrorStatusNotFound {
		return types.OnPluginStartStatusFailed
	}
	if bytes.Contains(told, []byte(`"refuse"`)) {
		proxywasm.LogCritical("unknown field refuse")
		return types.OnPluginStartStatusFailed
	}
	p.told = string(told)
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewHttpContext(uint32) types.HttpContext { return &request{told: p.told} }

type request struct {
	types.DefaultHttpContext
	told string
}

func (r *request) OnHttpResponseHeaders(int, bool) types.Action {
	_ = proxywasm.AddHttpResponseHeader("x-go-filter", r.told)
	return types.ActionContinue
}
