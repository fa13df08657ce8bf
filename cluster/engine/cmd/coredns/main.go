// CoreDNS with the few plugins that a cluster's DNS needs. The order of the
// chain is CoreDNS's own but for one: template comes last, so that it answers
// only for names that are none of the cluster's.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/template"
)

func init() {
	dnsserver.Directives = []string{
		"bind", "health", "ready", "errors", "cache", "loadbalance", "kubernetes", "template",
	}
}

func main() { coremain.Run() }
