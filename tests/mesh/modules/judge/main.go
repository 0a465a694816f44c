// Command judge answers questions about texts with the parsers that Istio and kubectl use: one JSON text a line in,
// one JSON object a line out.
//
//	judge reference   a module URL, as Istio's agent reads it (istio pkg/wasm, cache.go and imagefetcher.go)
//	judge yaml        a YAML document, as kubectl sends it (sigs.k8s.io/yaml)
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"

	"github.com/google/go-containerregistry/pkg/name"
	"sigs.k8s.io/yaml"
)

type answer struct {
	Error      string          `json:"error,omitempty"`
	Registry   string          `json:"registry,omitempty"`
	Repository string          `json:"repository,omitempty"`
	Identifier string          `json:"identifier,omitempty"`
	Value      json.RawMessage `json:"value,omitempty"`
}

func reference(text string) (answer, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return answer{}, err
	}
	// Query, fragment and user are lost on the way, and escapes are undone.
	ref, err := name.ParseReference(parsed.Host + parsed.Path)
	if err != nil {
		return answer{}, err
	}
	context := ref.Context()
	return answer{Registry: context.RegistryStr(), Repository: context.RepositoryStr(), Identifier: ref.Identifier()}, nil
}

func document(text string) (answer, error) {
	value, err := yaml.YAMLToJSON([]byte(text))
	return answer{Value: value}, err
}

func main() {
	judges := map[string]func(string) (answer, error){"reference": reference, "yaml": document}
	if len(os.Args) != 2 || judges[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: judge reference|yaml")
		os.Exit(2)
	}
	judge := judges[os.Args[1]]
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var text string
		if err := json.Unmarshal(line, &text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		said, err := judge(text)
		if err != nil {
			said = answer{Error: err.Error()}
		}
		if err := out.Encode(said); err != nil {
			os.Exit(1)
		}
	}
}
