package main

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
)

const defaultNamespace = "docker.io"

var pathForm = regexp.MustCompile(`^/v2/([a-z0-9][a-z0-9._/-]*)/(manifests|blobs)/([A-Za-z0-9_][A-Za-z0-9._:-]*)$`)

// registry answers the pull half of the distribution API. containerd says in
// ?ns= which registry it believes it talks to.
type registry struct {
	standIns layout
	mirrors  map[string]*mirror
}

type request struct{ namespace, name, kind, reference string }

func (r *registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "this registry is read-only")
		return
	}
	if q.URL.Path == "/v2/" || q.URL.Path == "/v2" {
		w.WriteHeader(http.StatusOK)
		return
	}
	match := pathForm.FindStringSubmatch(q.URL.Path)
	if match == nil {
		refuse(w, http.StatusNotFound, "NAME_UNKNOWN", "no such path")
		return
	}
	namespace := q.URL.Query().Get("ns")
	if namespace == "" {
		namespace = defaultNamespace
	}
	wanted := request{namespace, match[1], match[2], match[3]}
	if wanted.kind == "blobs" {
		r.serveBlob(w, q, wanted)
		return
	}
	r.serveManifest(w, q, wanted)
}

// The real image wins over the stand-in whenever the real registry, or what
// was kept of it, has one.
func (r *registry) serveManifest(w http.ResponseWriter, q *http.Request, wanted request) {
	if mirror := r.mirrors[wanted.namespace]; mirror != nil {
		if text, digest, found := mirror.manifest(q.Context(), wanted.name, wanted.reference); found {
			sendManifest(w, q, text, digest)
			return
		}
	}
	text, digest, found := r.standIn(wanted)
	if !found {
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN",
			wanted.namespace+"/"+wanted.name+":"+wanted.reference+" has no stand-in here and no registry was reachable")
		return
	}
	sendManifest(w, q, text, digest)
}

func (r *registry) standIn(wanted request) (text []byte, digest string, found bool) {
	digest = wanted.reference
	if !digestForm.MatchString(digest) {
		manifest, named := r.standIns.find(wanted.namespace + "/" + wanted.name + ":" + wanted.reference)
		if !named {
			return nil, "", false
		}
		digest = manifest.Digest
	}
	text, err := os.ReadFile(r.standIns.blob(digest))
	return text, digest, err == nil
}

func (r *registry) serveBlob(w http.ResponseWriter, q *http.Request, wanted request) {
	for _, path := range []string{r.standIns.blob(wanted.reference), r.kept(wanted)} {
		if file, err := os.Open(path); err == nil {
			defer file.Close()
			information, err := file.Stat()
			if err != nil {
				break
			}
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Docker-Content-Digest", wanted.reference)
			http.ServeContent(w, q, "", information.ModTime(), file)
			return
		}
	}
	if mirror := r.mirrors[wanted.namespace]; mirror != nil && digestForm.MatchString(wanted.reference) {
		mirror.stream(w, q, wanted.name, wanted.reference)
		return
	}
	refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "no such blob")
}

func (r *registry) kept(wanted request) string {
	if mirror := r.mirrors[wanted.namespace]; mirror != nil {
		return mirror.cache.blob(wanted.reference)
	}
	return ""
}

func sendManifest(w http.ResponseWriter, q *http.Request, text []byte, digest string) {
	w.Header().Set("Content-Type", mediaType(text))
	w.Header().Set("Docker-Content-Digest", digest)
	http.ServeContent(w, q, "", zeroTime, strings.NewReader(string(text)))
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := map[string]any{"errors": []map[string]string{{"code": code, "message": message}}}
	_ = json.NewEncoder(w).Encode(body) // the client went away: nobody to tell
}
