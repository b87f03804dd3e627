// A registry that keeps all in memory, on a free loopback port: that of go-containerregistry, as crane serves it.
// Crane has no flag for the API that lists referrers; its library can.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	referrers := flag.Bool("referrers", false, "list referrers, as the distribution specification 1.1 has it")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalln(err)
	}
	log.Printf("serving on %s", listener.Addr())
	server := &http.Server{
		Handler:           registry.New(registry.WithReferrersSupport(*referrers)),
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Fatalln(server.Serve(listener))
}
