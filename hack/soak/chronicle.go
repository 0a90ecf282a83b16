package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// fenceKey is where no API server looks.
const fenceKey = "/soak/fence"

// chronicle keeps every version of every object, as etcd has them: in one order, none left out, whatever becomes of the API server.
type chronicle struct {
	url string

	mu sync.Mutex
	// versions are by namespace, and latest is what each object is now, or was last.
	versions map[string][]invariant.Version
	latest   map[types.UID]invariant.Version
	// said is what was written since it was last asked for, Secrets left out.
	said []byte
	// fence is the latest that has come by.
	fence int64
	// writes counts what the operator's objects were written.
	writes int
}

func newChronicle(url string) *chronicle {
	return &chronicle{url: url, versions: map[string][]invariant.Version{}, latest: map[types.UID]invariant.Version{}}
}

// The parts of etcd's JSON that matter; numbers are strings there.
type (
	watchAnswer struct {
		Result struct {
			Header   etcdHeader   `json:"header"`
			Canceled bool         `json:"canceled"`
			Reason   string       `json:"cancel_reason"`
			Events   []watchEvent `json:"events"`
		} `json:"result"`
	}
	etcdHeader struct {
		Revision int64 `json:"revision,string"`
	}
	watchEvent struct {
		Type   string  `json:"type"`
		Now    keyPair `json:"kv"`
		Before keyPair `json:"prev_kv"`
	}
	keyPair struct {
		Key      []byte `json:"key"`
		Value    []byte `json:"value"`
		Revision int64  `json:"mod_revision,string"`
	}
)

// follow takes down all there is and will be, until the context ends.
func (c *chronicle) follow(ctx context.Context) error {
	encode := base64.StdEncoding.EncodeToString
	create := map[string]any{"create_request": map[string]any{"key": encode([]byte("/")), "range_end": encode([]byte("0")), "start_revision": "1", "prev_kv": true}}
	answer, err := c.post(ctx, "/v3/watch", create)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }()
	for decoder := json.NewDecoder(answer); ; {
		var next watchAnswer
		if err := decoder.Decode(&next); err != nil {
			return err
		}
		if next.Result.Canceled {
			return errors.New("etcd ends the watch: " + next.Result.Reason)
		}
		for _, event := range next.Result.Events {
			if err := c.note(event); err != nil {
				return err
			}
		}
	}
}

func (c *chronicle) post(ctx context.Context, path string, body any) (io.ReadCloser, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("etcd: POST %s: %s", path, response.Status), response.Body.Close())
	}
	return response.Body, nil
}

// note takes down one version.
func (c *chronicle) note(event watchEvent) error {
	gone := event.Type == "DELETE"
	value := event.Now.Value
	if gone {
		value = event.Before.Value
	}
	object, err := decode(string(event.Now.Key), value)
	if err != nil {
		return fmt.Errorf("%s: %w", event.Now.Key, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if string(event.Now.Key) == fenceKey {
		c.fence = event.Now.Revision
		return nil
	}
	if !bytes.HasPrefix(event.Now.Key, []byte(secretsPrefix)) {
		c.said = append(append(c.said, value...), '\n')
	}
	if object == nil {
		return nil
	}
	object.SetResourceVersion(strconv.FormatInt(event.Now.Revision, 10))
	version := invariant.Version{Number: event.Now.Revision, Gone: gone, Object: object}
	c.versions[object.GetNamespace()] = append(c.versions[object.GetNamespace()], version)
	c.latest[object.GetUID()] = version
	c.writes++
	return nil
}

// catchUp returns once everything that was written before has been taken down.
func (c *chronicle) catchUp(ctx context.Context) error {
	encode := base64.StdEncoding.EncodeToString
	answer, err := c.post(ctx, "/v3/kv/put", map[string]any{"key": encode([]byte(fenceKey)), "value": encode([]byte(time.Now().String()))})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }()
	var put struct {
		Header etcdHeader `json:"header"`
	}
	if err := json.NewDecoder(answer).Decode(&put); err != nil {
		return err
	}
	return until(ctx, startPatience, "the chronicle to catch up", func(context.Context) (bool, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.fence >= put.Header.Revision, nil
	})
}

// of are the versions in a namespace so far.
func (c *chronicle) of(namespace string) []invariant.Version {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.versions[namespace])
}

// forget drops what came before the end of a namespace.
func (c *chronicle) forget(namespace string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.versions, namespace)
}

// now is each object as it is, or as it was last, in the order of these versions.
func (c *chronicle) now() []invariant.Version {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]invariant.Version, 0, len(c.latest))
	for _, v := range c.latest {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b invariant.Version) int { return int(a.Number - b.Number) })
	return all
}

// ledger is what stands in the operator's ledger of orphans.
func (c *chronicle) ledger() []v1alpha1.OrphanSpec {
	var all []v1alpha1.OrphanSpec
	for _, v := range c.now() {
		if entry, isEntry := v.Object.(*v1alpha1.Orphan); isEntry && !v.Gone {
			all = append(all, entry.Spec)
		}
	}
	return all
}

// written is how much there was to take down.
func (c *chronicle) written() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

// heard is what was written since the last call, Secrets left out.
func (c *chronicle) heard() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := c.said
	c.said = nil
	return said
}

// living gives the objects of a type that are there.
func living[T client.Object](c *chronicle) []T {
	var all []T
	for _, v := range c.now() {
		if object, isOne := v.Object.(T); isOne && !v.Gone {
			all = append(all, object)
		}
	}
	return all
}
