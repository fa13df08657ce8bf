package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// askTimeout bounds a question to the real registry, so that a machine that
// loses its network falls back to what it has instead of waiting.
const askTimeout = 5 * time.Second

// silence is how long a registry that did not answer is left alone.
const silence = time.Minute

var zeroTime time.Time

// mirror fetches from one real registry and keeps what it fetched, so that a
// class of forty pulls each image once.
type mirror struct {
	address string
	cache   layout

	lock       sync.Mutex
	quietUntil time.Time
}

func newMirror(address, cache string) *mirror {
	return &mirror{address: address, cache: layout{filepath.Join(cache, safeName(address))}}
}

func safeName(address string) string {
	return strings.NewReplacer("/", "_", ":", "_").Replace(address)
}

// manifest asks the registry first, because tags move, then the cache.
func (m *mirror) manifest(ctx context.Context, repository, reference string) ([]byte, string, bool) {
	if digestForm.MatchString(reference) {
		if text, err := os.ReadFile(m.cache.blob(reference)); err == nil {
			return text, reference, true
		}
	}
	if m.listens() {
		text, digest, err := m.fetchManifest(ctx, repository, reference)
		if err == nil {
			return text, digest, true
		}
		m.note(err)
	}
	digest, err := os.ReadFile(m.tagFile(repository, reference))
	if err != nil {
		return nil, "", false
	}
	text, err := os.ReadFile(m.cache.blob(string(digest)))
	return text, string(digest), err == nil
}

func (m *mirror) fetchManifest(ctx context.Context, repository, reference string) ([]byte, string, error) {
	where, err := m.reference(repository, reference)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := remote.Get(where, remote.WithContext(ctx))
	if err != nil {
		return nil, "", err
	}
	digest := answer.Digest.String()
	if err := keep(m.cache.blob(digest), answer.Manifest); err != nil {
		return nil, "", err
	}
	return answer.Manifest, digest, keep(m.tagFile(repository, reference), []byte(digest))
}

// stream sends a blob while it arrives and keeps it once it arrived whole;
// the client checks its digest, and so does remote.Layer for the kept copy.
func (m *mirror) stream(w http.ResponseWriter, q *http.Request, repository, digest string) {
	where, err := name.NewDigest(m.address+"/"+repository+"@"+digest, m.options()...)
	if err != nil {
		refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", err.Error())
		return
	}
	layer, err := remote.Layer(where, remote.WithContext(q.Context()))
	if err != nil {
		refuse(w, http.StatusBadGateway, "UNKNOWN", err.Error())
		return
	}
	body, err := layer.Compressed()
	if err != nil {
		m.note(err)
		refuse(w, http.StatusBadGateway, "UNKNOWN", err.Error())
		return
	}
	defer body.Close()
	if size, err := layer.Size(); err == nil {
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Docker-Content-Digest", digest)
	if q.Method == http.MethodHead {
		return
	}
	if err := keepWhile(m.cache.blob(digest), body, w); err != nil {
		slog.Warn("a blob broke off", "digest", digest, "error", err)
	}
}

func (m *mirror) reference(repository, reference string) (name.Reference, error) {
	if digestForm.MatchString(reference) {
		return name.NewDigest(m.address+"/"+repository+"@"+reference, m.options()...)
	}
	return name.NewTag(m.address+"/"+repository+":"+reference, m.options()...)
}

func (m *mirror) options() []name.Option {
	if strings.HasPrefix(m.address, "127.") || strings.HasPrefix(m.address, "10.") {
		return []name.Option{name.Insecure}
	}
	return nil
}

func (m *mirror) tagFile(repository, reference string) string {
	return filepath.Join(m.cache.path, "tags", safeName(repository+":"+reference))
}

func (m *mirror) listens() bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	return time.Now().After(m.quietUntil)
}

// note leaves a registry alone that could not be reached. One that answered,
// if only with "no such image", is asked again the next time.
func (m *mirror) note(err error) {
	var answered *transport.Error
	if errors.As(err, &answered) {
		return
	}
	slog.Warn("registry not reachable", "address", m.address, "error", err)
	m.lock.Lock()
	defer m.lock.Unlock()
	m.quietUntil = time.Now().Add(silence)
}

func keep(path string, content []byte) error {
	return keepWhile(path, strings.NewReader(string(content)), io.Discard)
}

// keepWhile copies source to both the file and the client. The file appears
// under its name only when it is whole.
func keepWhile(path string, source io.Reader, client io.Writer) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".part-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = io.Copy(io.MultiWriter(file, client), source)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
