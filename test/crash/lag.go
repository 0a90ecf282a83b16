package crash

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workspace-operator/workspace-operator/test/crash/store"
)

// Lag has the operator's caches show an old state: one that they could still show, because they have shown nothing newer in this life of the process.
type Lag struct {
	// Pass is the number of the pass that begins with it, counted from the first step of the act on; 0 is a start after a crash.
	Pass int
	// Behind is how many of the latest writes they do not show, by kind.
	Behind map[schema.GroupVersionKind]int
	// For is how long it lasts; 0 is that one pass.
	For time.Duration

	// item is what the pass is about. Something else than what the caches do not show has woken it.
	item item
}

func (l Lag) String() string {
	var kinds []string
	for gvk, behind := range l.Behind {
		kinds = append(kinds, fmt.Sprintf("%d of %s", behind, gvk.Kind))
	}
	slices.Sort(kinds)
	when := fmt.Sprintf("in pass %d", l.Pass)
	if l.Pass == 0 {
		when = "after the start"
	}
	return fmt.Sprintf("the caches lack the latest %v %s, for %s", kinds, when, l.For)
}

// Turn is one pass of a history: what it was about, and how many writes by kind the caches showed in it for the first time.
type Turn struct {
	item
	News map[schema.GroupVersionKind]int
}

// lagNow is the lag that begins with the next pass.
func (p *Plan) lagNow() *Lag {
	if !p.counting || p.Lag == nil || p.Lag.Pass != len(p.Turns)+1 {
		return nil
	}
	return p.Lag
}

// afterCrash is the lag that begins with a new life.
func (p *Plan) afterCrash() *Lag {
	if !p.counting || p.Lag == nil || p.Lag.Pass != 0 {
		return nil
	}
	return p.Lag
}

// look has the caches show what is there, or what a lag leaves of it.
func (p *process) look(lag *Lag) {
	if lag == nil {
		lag = &Lag{}
	}
	position := store.Position{}
	for gvk, behind := range lag.Behind {
		from := p.shown[gvk]
		writes, err := p.w.store.Events(gvk, from)
		must(p.w.t, err)
		if position[gvk] = from; len(writes) > behind {
			position[gvk] = writes[len(writes)-1-behind].Version
		}
	}
	view, err := p.w.store.View(position)
	must(p.w.t, err)
	if p.view == nil {
		p.view = view
	} else {
		*p.view = *view
	}
	p.held, p.until = position, time.Now().Add(lag.For)
	if lag.Pass > 0 && lag.For == 0 {
		p.until = time.Time{}
	}
}

// kindsIn are the kinds that a view shows, always in one order.
func kindsIn(view *store.View) []schema.GroupVersionKind {
	return slices.SortedFunc(maps.Keys(view.Position()), func(a, b schema.GroupVersionKind) int { return strings.Compare(a.String(), b.String()) })
}

// moving are the kinds that the caches are told of again.
func (p *process) moving() []schema.GroupVersionKind {
	if !p.until.After(time.Now()) {
		p.held = nil
	}
	return slices.DeleteFunc(kindsIn(p.view), func(gvk schema.GroupVersionKind) bool {
		_, held := p.held[gvk]
		return held
	})
}

// news is how many writes by kind the caches show that they did not show in the pass before. Secrets are not read from them.
func (p *process) news() map[schema.GroupVersionKind]int {
	secrets := corev1.SchemeGroupVersion.WithKind("Secret")
	fresh := map[schema.GroupVersionKind]int{}
	for gvk, at := range p.shown {
		if gvk == secrets || p.view.Position()[gvk] == at {
			continue
		}
		writes, err := p.w.store.Events(gvk, at)
		must(p.w.t, err)
		if len(writes) > 0 {
			fresh[gvk] = len(writes)
		}
	}
	return fresh
}

// wakes is when something is to happen in the process the next time; false if nothing is.
func (p *process) wakes() (time.Time, bool) {
	due, waits := p.queue.next()
	if len(p.held) > 0 && (!waits || p.until.Before(due)) {
		return p.until, true
	}
	return due, waits
}
