// A stand-in for the kubelet: where a test asks for a port of a pod, it connects to a program of this machine.
//
// It answers the two requests that an API server hands on for `kubectl port-forward` and `kubectl logs`. The protocol of
// the first is Kubernetes' own code, the one that kubelets and container runtimes run. What is made up is what a pod is:
// a line in a file, which is read anew for each request, says which port here stands for which port of it.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
)

// pod is one line of the file, under "namespace/name".
type pod struct {
	Ports map[string]int `json:"ports"` // of the pod, and the one here that stands for it
	Log   string         `json:"log"`   // the file with what its container says
	Delay float64        `json:"delay"` // seconds that each connection takes, as over a long way
}

type kubelet struct{ file string }

func (k kubelet) pod(name string) (pod, bool) {
	held := map[string]pod{}
	content, err := os.ReadFile(k.file)
	if err == nil {
		err = json.Unmarshal(content, &held)
	}
	if err != nil {
		log.Fatal(err)
	}
	found, ok := held[name]
	return found, ok
}

// PortForward carries the bytes of one connection, as a container runtime does within the network of the pod.
func (k kubelet) PortForward(ctx context.Context, name string, _ string, port int32, stream io.ReadWriteCloser) error {
	held, _ := k.pod(name)
	time.Sleep(time.Duration(held.Delay * float64(time.Second)))
	local, ok := held.Ports[strconv.Itoa(int(port))]
	if !ok {
		return fmt.Errorf("failed to connect to localhost:%d inside namespace of pod %s: connection refused", port, name)
	}
	target, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", local))
	if err != nil {
		return fmt.Errorf("failed to connect to localhost:%d inside namespace of pod %s: %w", port, name, err)
	}
	defer target.Close()
	go func() {
		io.Copy(target, stream)
		target.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, target)
	return err
}

func (k kubelet) forward(answer http.ResponseWriter, request *http.Request) {
	name := request.PathValue("namespace") + "/" + request.PathValue("pod")
	if _, ok := k.pod(name); !ok {
		http.Error(answer, "pod does not exist", http.StatusNotFound)
		return
	}
	options, err := portforward.NewV4Options(request)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(answer, request, k, name, request.PathValue("uid"), options,
		time.Minute, time.Minute, portforward.SupportedProtocols)
}

func (k kubelet) logs(answer http.ResponseWriter, request *http.Request) {
	held, _ := k.pod(request.PathValue("namespace") + "/" + request.PathValue("pod"))
	content, err := os.ReadFile(held.Log)
	if err != nil {
		http.Error(answer, "container not found", http.StatusNotFound)
		return
	}
	if limit, err := strconv.Atoi(request.URL.Query().Get("limitBytes")); err == nil && limit < len(content) {
		content = content[:limit]
	}
	answer.Write(content)
}

// certificate is one that nobody has signed: an API server that was given no authority of kubelets takes any.
func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}
}

func main() {
	address := flag.String("address", "127.0.0.1:10250", "where to listen")
	file := flag.String("pods", "pods.json", "the file that says what each pod is")
	flag.Parse()
	k := kubelet{*file}
	routes := http.NewServeMux()
	routes.HandleFunc("/portForward/{namespace}/{pod}", k.forward)
	routes.HandleFunc("/portForward/{namespace}/{pod}/{uid}", k.forward)
	routes.HandleFunc("/containerLogs/{namespace}/{pod}/{container}", k.logs)
	routes.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) { io.WriteString(answer, "ok") })
	server := &http.Server{
		Addr:      *address,
		Handler:   routes,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate()}, NextProtos: []string{"http/1.1"}},
	}
	log.Fatal(server.ListenAndServeTLS("", ""))
}
