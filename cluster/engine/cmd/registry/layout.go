package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
)

// referenceName is where the OCI layout keeps the name of an image.
const referenceName = "org.opencontainers.image.ref.name"

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// layout reads an OCI image layout on disk. Blobs are named by their digest,
// so two images that share a layer share a file.
type layout struct{ path string }

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// find gives the manifest that carries this name, "docker.io/library/nginx:1.27".
func (l layout) find(reference string) (descriptor, bool) {
	text, err := os.ReadFile(filepath.Join(l.path, "index.json"))
	if err != nil {
		return descriptor{}, false
	}
	var index struct {
		Manifests []descriptor `json:"manifests"`
	}
	if json.Unmarshal(text, &index) != nil {
		return descriptor{}, false
	}
	for _, manifest := range index.Manifests {
		if manifest.Annotations[referenceName] == reference {
			return manifest, true
		}
	}
	return descriptor{}, false
}

// blob gives the file of a digest, or "" for what is not a digest: the check
// also keeps a request from naming a path of its own.
func (l layout) blob(digest string) string {
	if l.path == "" || !digestForm.MatchString(digest) {
		return ""
	}
	return filepath.Join(l.path, "blobs", "sha256", digest[len("sha256:"):])
}

// mediaType reads a manifest's own statement of what it is.
func mediaType(manifest []byte) string {
	var head struct {
		MediaType string `json:"mediaType"`
	}
	if json.Unmarshal(manifest, &head) != nil || head.MediaType == "" {
		return "application/vnd.oci.image.manifest.v1+json"
	}
	return head.MediaType
}
