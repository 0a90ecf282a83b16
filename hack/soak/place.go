package main

import (
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// place is a namespace of a tenant, and what has to be remembered of what people did in it.
type place struct {
	vendor, namespace string
	// existing is the vendor's workspace that is taken over, where its API cannot create any.
	existing string

	mu sync.Mutex
	// causes, denied and altered are as in [invariant.Evidence].
	causes  map[types.UID]int
	denied  map[types.UID]bool
	altered map[string]bool
	// bait is somebody else's Secret, as it is for as long as the namespace stays.
	bait *corev1.Secret
	// ending: the namespace was deleted, and everything in it goes.
	ending bool
	// requests are those to its vendor since it is there.
	requests []invariant.Request
	looked   int64
}

func newPlace(vendor, namespace string) *place {
	return &place{vendor: vendor, namespace: namespace, causes: map[types.UID]int{}, denied: map[types.UID]bool{}, altered: map[string]bool{}}
}

// cause is to be called before something gives cause for another key.
func (p *place) cause(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.causes[uid]++
}

// deny is to be called before a person says that what is unknown does not exist.
func (p *place) deny(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.denied[uid] = true
}

// lose is to be called before somebody deletes a published Secret, and gives cause for another key.
func (p *place) lose(secret, key types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.altered[string(secret)] = true
	p.causes[key]++
}

// leave is to be called before the namespace is deleted.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ending, p.bait = true, nil
}

func (p *place) left() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ending
}

func (p *place) lay(bait *corev1.Secret) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bait = bait
}

func (p *place) asked(r invariant.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
}

// recall fills in what is remembered here.
func (p *place) recall(e *invariant.Evidence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.Requests, e.Looked = slices.Clone(p.requests), p.looked
	e.Causes, e.Denied, e.Altered = maps.Clone(p.causes), maps.Clone(p.denied), maps.Clone(p.altered)
	for _, v := range e.Versions {
		if p.bait != nil && v.Object.GetUID() == p.bait.UID { // it was laid before these versions were read
			e.Secrets = []*corev1.Secret{p.bait}
		}
		if secret, isSecret := v.Object.(*corev1.Secret); isSecret && p.ending {
			e.Altered[string(secret.UID)] = true // the namespace controller deletes them as it likes
		}
		p.looked = v.Number
	}
}

// places are those that tenants are in, or that are not gone yet.
type places struct {
	mu       sync.Mutex
	all      []*place
	imported map[string][]string
}

func (p *places) add(one *place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, one)
	if one.existing != "" {
		if p.imported == nil {
			p.imported = map[string][]string{}
		}
		p.imported[one.vendor] = append(p.imported[one.vendor], one.existing)
	}
}

func (p *places) close(one *place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = slices.DeleteFunc(p.all, func(each *place) bool { return each == one })
}

func (p *places) open() []*place {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all)
}

// in is the place that the namespace is; nil if it is gone, or none of ours.
func (p *places) in(namespace string) *place {
	for _, one := range p.open() {
		if one.namespace == namespace {
			return one
		}
	}
	return nil
}

// takenOver are the vendor's workspaces that were made by hand for the tenants.
func (p *places) takenOver(vendor string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.imported[vendor])
}
