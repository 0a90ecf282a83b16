package crash

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/test/crash/store"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// memory is what has to be remembered of a history besides what the cluster and the vendor show.
type memory struct {
	// strangers are the vendor's objects that are somebody else's, and secrets are the Secrets of others, as they were at first.
	strangers []invariant.Thing
	secrets   []*corev1.Secret
	// lag is for how long the vendor's lists hide what is new.
	lag time.Duration
	// causes is how often the key of an ApiKey may have been replaced.
	causes map[types.UID]int
	// retained and denied are objects that were deleted with Retain, and those of which a person has said that what is unknown does not exist.
	retained, denied map[types.UID]bool
	// altered are the versions of Secrets that somebody else than the operator wrote, and those that he deleted.
	altered map[string]bool
	// unheard are the requests whose answer the operator never had, or not whole.
	unheard map[int64]bool
	// senders are who sent the requests.
	senders map[int64]string
	// wrong is what broke a promise.
	wrong []string

	// spectator sees every write, and versions is what it has seen.
	spectator *store.View
	versions  []invariant.Version
	// version and asked are how far the world had come at the last look.
	version uint64
	asked   int
	// looked is the version up to which statuses have been looked at.
	looked int64
}

// begin takes down what is there before the operator is.
func (m *memory) begin(w *World) {
	m.causes, m.retained, m.denied = map[types.UID]int{}, map[types.UID]bool{}, map[types.UID]bool{}
	m.altered, m.unheard, m.senders = map[string]bool{}, map[int64]bool{}, map[int64]string{}
	spectator, err := w.store.View(nil)
	must(w.t, err)
	m.spectator = spectator
	for _, thing := range w.everything() {
		if thing.ID != w.existing {
			m.strangers = append(m.strangers, thing)
		}
	}
}

// console has somebody change something in the vendor's console that is no business of the operator's.
func (m *memory) console(w *World, change func()) {
	before := w.everything()
	change()
	for _, thing := range w.everything() {
		at := slices.IndexFunc(m.strangers, func(stranger invariant.Thing) bool { return stranger.ID == thing.ID })
		switch {
		case at >= 0:
			m.strangers[at] = thing
		case !invariant.Has(before, thing.ID):
			m.strangers = append(m.strangers, thing)
		}
	}
}

// leave makes the vendor's object somebody else's, as it is now.
func (m *memory) leave(w *World, id string) {
	for _, thing := range w.everything() {
		if thing.ID == id {
			m.strangers = append(m.strangers, thing)
		}
	}
}

// versionOf is what the invariants are told of a write.
func versionOf(change store.Event) invariant.Version {
	return invariant.Version{Number: int64(change.Version), Gone: change.New == nil, Object: change.Stored()}
}

// said is all that the operator says: logs, events and errors. It is the recorder of events as well.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) add(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.WriteString(text)
	s.text.WriteByte('\n')
}

// Eventf implements events.EventRecorder.
func (s *said) Eventf(_, _ runtime.Object, kind, reason, action, note string, args ...any) {
	s.add(strings.Join([]string{kind, reason, action, fmt.Sprintf(note, args...)}, " "))
}
