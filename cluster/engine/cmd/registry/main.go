// A read-only image registry over an OCI layout: it hands out the stand-in
// images that were built here and, where the real registries answer, fetches
// from them once and keeps what it fetched.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:5000", "address to listen on")
	standIns := flag.String("stand-ins", "", "OCI layout with the images built here")
	cache := flag.String("cache", "", "folder that keeps what was fetched")
	upstreams := flag.String("upstreams", "", "namespace=address pairs, separated by commas")
	flag.Parse()
	mirrors, err := parseUpstreams(*upstreams, *cache)
	if err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		os.Exit(2)
	}
	server := &http.Server{
		Addr:              *listen,
		Handler:           &registry{standIns: layout{*standIns}, mirrors: mirrors},
		ReadHeaderTimeout: 10 * time.Second,
	}
	slog.Info("registry listens", "address", *listen, "upstreams", *upstreams)
	slog.Error("registry ended", "error", server.ListenAndServe())
	os.Exit(1)
}

func parseUpstreams(text, cache string) (map[string]*mirror, error) {
	mirrors := map[string]*mirror{}
	for _, pair := range strings.Split(text, ",") {
		if pair == "" {
			continue
		}
		namespace, address, found := strings.Cut(pair, "=")
		if !found || cache == "" {
			return nil, fmt.Errorf("%q: expected namespace=address, and --cache", pair)
		}
		mirrors[namespace] = newMirror(address, cache)
	}
	return mirrors, nil
}
