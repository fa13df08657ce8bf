package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The cluster's own certificate authority and one client certificate per
// component, so that Node,RBAC authorisation sees who is who and no static
// token exists. The authority and the key that signs service-account tokens
// live and die with the data folder; everything else is issued anew at each
// start, so that a new address needs no thought. Ten years, for the same reason.
const validity = 10 * 365 * 24 * time.Hour

type identity struct {
	file, user string
	groups     []string
	serving    bool
}

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func runPKI() int {
	if err := writePKI(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "pki: %v\n", err)
		return 1
	}
	return 0
}

func writePKI(arguments []string) error {
	flags := flag.NewFlagSet("pki", flag.ContinueOnError)
	directory := flags.String("dir", "", "folder to write to")
	node := flags.String("node", "podlab", "name of the node")
	addresses := flags.String("names", "", "names and addresses of the API server, separated by commas")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *directory == "" {
		return errors.New("--dir is needed")
	}
	ca, err := openAuthority(*directory)
	if errors.Is(err, os.ErrNotExist) {
		ca, err = newAuthority(*directory)
	}
	if err != nil {
		return err
	}
	names := strings.Split(*addresses, ",")
	for _, who := range identities(*node) {
		if err := ca.issue(*directory, who, names); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(*directory, "sa.key")); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return writeServiceAccountKeys(*directory, key)
}

func identities(node string) []identity {
	return []identity{
		{file: "etcd", user: "etcd", serving: true},
		{file: "apiserver", user: "kube-apiserver", serving: true},
		{file: "kubelet-server", user: "system:node:" + node, groups: []string{"system:nodes"}, serving: true},
		{file: "kubelet", user: "system:node:" + node, groups: []string{"system:nodes"}},
		{file: "apiserver-kubelet-client", user: "kube-apiserver-kubelet-client", groups: []string{"podlab:kubelet-clients"}},
		{file: "controller-manager", user: "system:kube-controller-manager"},
		{file: "scheduler", user: "system:kube-scheduler"},
		{file: "proxy", user: "system:kube-proxy"},
		{file: "coredns", user: "podlab:coredns"},
		{file: "admin", user: "podlab:admin", groups: []string{"system:masters"}},
	}
}

func newAuthority(directory string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificateFor(pkix.Name{CommonName: "podlab"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{certificate, key}, writePair(directory, "ca", der, key)
}

func openAuthority(directory string) (*authority, error) {
	certificate, err := readPEM(directory, "ca.crt")
	if err != nil {
		return nil, err
	}
	key, err := readPEM(directory, "ca.key")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	private, err := x509.ParseECPrivateKey(key)
	return &authority{parsed, private}, err
}

func (ca *authority) issue(directory string, who identity, names []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := certificateFor(pkix.Name{CommonName: who.user, Organization: who.groups})
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if who.serving {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		addNames(template, names)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err != nil {
		return err
	}
	return writePair(directory, who.file, der, key)
}

func certificateFor(subject pkix.Name) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // the kernel gave no randomness: nothing sensible can follow
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		// A clock that is set back by an hour must not lock the cluster out.
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.Add(validity),
	}
}

func addNames(template *x509.Certificate, names []string) {
	for _, name := range names {
		if address := net.ParseIP(name); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else if name != "" {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
}

func writeServiceAccountKeys(directory string, key *ecdsa.PrivateKey) error {
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := writePEM(directory, "sa.pub", "PUBLIC KEY", public); err != nil {
		return err
	}
	return writeKey(directory, "sa.key", key)
}

func writePair(directory, name string, der []byte, key *ecdsa.PrivateKey) error {
	if err := writePEM(directory, name+".crt", "CERTIFICATE", der); err != nil {
		return err
	}
	return writeKey(directory, name+".key", key)
}

func writeKey(directory, name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(directory, name, "EC PRIVATE KEY", der)
}

func readPEM(directory, name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(directory, name))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", name)
	}
	return block.Bytes, nil
}

func writePEM(directory, name, kind string, der []byte) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	// Whole or not at all: half an authority would lock everybody out for good.
	unfinished := filepath.Join(directory, "."+name)
	if err := os.WriteFile(unfinished, text, 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, filepath.Join(directory, name))
}
