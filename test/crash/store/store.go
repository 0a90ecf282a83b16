package store

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Options are what a store needs.
type Options struct {
	// Scheme has the types of all kinds.
	Scheme *runtime.Scheme
	// Now is the server's clock. Default: time.Now, which in a synctest bubble is the bubble's.
	Now func() time.Time
}

// Store is the server's state. Its methods may be called from several goroutines, but it starts none, and the same calls in the same order give the same
// answers.
type Store struct {
	scheme *runtime.Scheme
	mapper meta.RESTMapper
	now    func() time.Time
	order  []*kind
	kinds  map[schema.GroupVersionKind]*kind

	mu sync.Mutex
	// version is that of the latest write; uids and names count what was given out.
	version, uids, names uint64
	content              map[*kind]*shelf
}

// shelf has the objects of one kind and how they came to be.
type shelf struct {
	objects map[types.NamespacedName]*version
	// base is the state after the writes that were compacted, at version based; log is what came after. Both are shared with clones and never changed.
	base  map[types.NamespacedName]*version
	based uint64
	log   []change
}

// change is one write to one object.
type change struct {
	version uint64
	key     types.NamespacedName
	old     *version // nil if it was created
	next    *version // nil if it is gone
}

// New makes an empty store.
func New(options Options) (*Store, error) {
	if options.Scheme == nil {
		return nil, errors.New("a store needs a scheme")
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	all := kinds()
	s := &Store{scheme: options.Scheme, mapper: mapper(all), now: options.Now, order: all, kinds: map[schema.GroupVersionKind]*kind{}, content: map[*kind]*shelf{}}
	for _, k := range all {
		s.kinds[k.gvk] = k
		s.content[k] = &shelf{objects: map[types.NamespacedName]*version{}, base: map[types.NamespacedName]*version{}}
	}
	return s, nil
}

// Clone makes an independent store with the same content and history, which costs a few small maps: what was written is never changed. Clients and views
// stay with the store that they are of; see View.On.
func (s *Store) Clone() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	clone := &Store{
		scheme: s.scheme, mapper: s.mapper, now: s.now, order: s.order, kinds: s.kinds,
		version: s.version, uids: s.uids, names: s.names, content: map[*kind]*shelf{},
	}
	for k, of := range s.content {
		// Neither may write behind the end of the log that they share.
		clone.content[k] = &shelf{objects: maps.Clone(of.objects), base: of.base, based: of.based, log: of.log[:len(of.log):len(of.log)]}
		of.log = of.log[:len(of.log):len(of.log)]
	}
	return clone
}

// Version is the resourceVersion of the latest write of any kind.
func (s *Store) Version() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// Compact forgets the history up to the present, as etcd does with what is old. Views keep what they show; one that is behind takes the next step to the
// present state of its kind at once, as an informer does that has to list again.
func (s *Store) Compact() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.content {
		of.base, of.based, of.log = maps.Clone(of.objects), s.version, nil
	}
}

// put stores a version as the latest of its object.
func (s *Store) put(v *version) {
	of := s.content[v.kind]
	of.log = append(of.log, change{version: v.number, key: v.key, old: of.objects[v.key], next: v})
	of.objects[v.key] = v
}

// drop removes an object. Who watches gets it as it was, with the version of its end.
func (s *Store) drop(v *version) {
	s.version++
	of := s.content[v.kind]
	of.log = append(of.log, change{version: s.version, key: v.key, old: v})
	delete(of.objects, v.key)
}

// nextUID gives UIDs that differ in their first characters too, as those of a server do: names at the vendors are made from them.
func (s *Store) nextUID() types.UID {
	s.uids++
	head := scatter(s.uids)
	// As a random UUID, version 4.
	return types.UID(fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", head>>32, head>>16&0xffff, head>>4&0xfff, s.uids>>48&0xfff, s.uids&0xffffffffffff))
}

// scatter is the finalizer of splitmix64: different numbers give different ones that look nothing alike.
func scatter(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// nextName completes a name that the client leaves to the server.
func (s *Store) nextName(prefix string) string {
	const (
		letters = "bcdfghjklmnpqrstvwxz2456789"
		suffix  = 5
		longest = 63 - suffix
	)
	s.names++
	name := []byte(strings.Repeat(letters[:1], suffix))
	for i, rest := suffix-1, s.names; i >= 0; i, rest = i-1, rest/uint64(len(letters)) {
		name[i] = letters[rest%uint64(len(letters))]
	}
	return prefix[:min(len(prefix), longest)] + string(name)
}

func formatVersion(number uint64) string { return strconv.FormatUint(number, 10) }
