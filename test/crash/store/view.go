package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Position is how far the caches of an operator have got: by kind, the version of the latest write they have seen. A kind that is not in it is at the
// newest.
type Position map[schema.GroupVersionKind]uint64

// Event is what a watch tells of one write. Its objects are those of the store, without managedFields: whoever gets it must not change them.
type Event struct {
	Type    watch.EventType
	Version uint64
	// Old is the object before; nil if it was created. What was deleted has the version of its deletion.
	Old client.Object
	// New is the object after; nil if it was deleted.
	New client.Object

	stored *version
}

// Stored is the object that the event is about with its managedFields, which no cache of an operator has. It must not be changed.
func (e Event) Stored() client.Object { return e.stored.object }

// Object is the object that the event is about, as a handler gets it.
func (e Event) Object() client.Object {
	if e.New == nil {
		return e.Old
	}
	return e.New
}

func (c change) event() Event {
	switch {
	case c.old == nil:
		return Event{Type: watch.Added, Version: c.version, New: c.next.cached, stored: c.next}
	case c.next == nil:
		last := shallow(c.old.cached)
		last.SetResourceVersion(formatVersion(c.version))
		return Event{Type: watch.Deleted, Version: c.version, Old: last, stored: c.old}
	default:
		return Event{Type: watch.Modified, Version: c.version, Old: c.old.cached, New: c.next.cached, stored: c.next}
	}
}

// View reads as the caches of an operator do that have seen the writes up to a position. It moves forward only, each kind on its own. Unlike a store it is for
// one goroutine at a time.
type View struct {
	store *Store
	at    Position
	seen  map[*kind]map[types.NamespacedName]*version
}

var errCompacted = errors.New("the history is compacted")

// View makes a view at a position, as the caches of an operator that has just started may have any. It fails for a position before what is compacted.
func (s *Store) View(at Position) (*View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &View{store: s, at: Position{}, seen: map[*kind]map[types.NamespacedName]*version{}}
	for gvk := range at {
		if _, known := s.kinds[gvk]; !known {
			return nil, fmt.Errorf("there is no kind %s", gvk)
		}
	}
	for _, k := range s.order {
		of := s.content[k]
		position, given := at[k.gvk]
		if !given || position >= s.version {
			v.at[k.gvk], v.seen[k] = s.version, maps.Clone(of.objects)
			continue
		}
		if position < of.based {
			return nil, fmt.Errorf("%s at version %d: %w up to version %d", k.gvk.Kind, position, errCompacted, of.based)
		}
		v.at[k.gvk], v.seen[k] = of.based, maps.Clone(of.base)
		for _, c := range of.log {
			if c.version > position {
				break
			}
			v.apply(k, c)
		}
		v.at[k.gvk] = position
	}
	return v, nil
}

func (v *View) apply(k *kind, c change) {
	v.at[k.gvk] = c.version
	if c.next == nil {
		delete(v.seen[k], c.key)
		return
	}
	v.seen[k][c.key] = c.next
}

// On is the same view of a clone of its store.
func (v *View) On(clone *Store) *View {
	on := &View{store: clone, at: maps.Clone(v.at), seen: map[*kind]map[types.NamespacedName]*version{}}
	for k, objects := range v.seen {
		on.seen[k] = maps.Clone(objects)
	}
	return on
}

// Position is where the view is.
func (v *View) Position() Position { return maps.Clone(v.at) }

// after are the changes to a kind after a version, and whether they are all still known.
func (of *shelf) after(number uint64) ([]change, bool) {
	first := sort.Search(len(of.log), func(i int) bool { return of.log[i].version > number })
	return of.log[first:], number >= of.based
}

// Next moves one kind forward by one event and returns it. Where the history is compacted the kind moves to the newest state, and all that differs comes
// as events.
func (v *View) Next(gvk schema.GroupVersionKind) []Event {
	return v.forward(gvk, 1)
}

// CatchUp moves kinds, or all if none is named, to the newest state, and returns the events in between, in the order of the writes.
func (v *View) CatchUp(gvks ...schema.GroupVersionKind) []Event {
	if len(gvks) == 0 {
		for _, k := range v.store.order {
			gvks = append(gvks, k.gvk)
		}
	}
	var events []Event
	for _, gvk := range gvks {
		events = append(events, v.forward(gvk, -1)...)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return compareVersions(a.Version, b.Version) })
	return events
}

func compareVersions(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// forward moves by at most so many events; -1 is all.
func (v *View) forward(gvk schema.GroupVersionKind, most int) []Event {
	s := v.store
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.kinds[gvk]
	if !known {
		return nil
	}
	changes, whole := s.content[k].after(v.at[gvk])
	if !whole {
		changes, most = s.content[k].since(v.seen[k], s.version), -1
	}
	if most >= 0 && len(changes) > most {
		changes = changes[:most]
	}
	events := make([]Event, len(changes))
	for i, c := range changes {
		events[i] = c.event()
		v.apply(k, c)
	}
	if most < 0 {
		v.at[gvk] = s.version
	}
	return events
}

// since is what a new list shows to whoever knows an old state.
func (of *shelf) since(old map[types.NamespacedName]*version, number uint64) []change {
	var changes []change
	for _, v := range sorted(old) {
		if _, found := of.objects[v.key]; !found {
			changes = append(changes, change{version: number, key: v.key, old: v})
		}
	}
	for _, v := range sorted(of.objects) {
		if was := old[v.key]; was != v {
			changes = append(changes, change{version: v.number, key: v.key, old: was, next: v})
		}
	}
	return changes
}

// Behind is how many events of a kind the view has not seen.
func (v *View) Behind(gvk schema.GroupVersionKind) int {
	s := v.store
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.kinds[gvk]
	if !known {
		return 0
	}
	changes, whole := s.content[k].after(v.at[gvk])
	if !whole {
		return len(s.content[k].since(v.seen[k], s.version))
	}
	return len(changes)
}

// Events are those of one kind after a version, in their order.
func (s *Store) Events(gvk schema.GroupVersionKind, after uint64) ([]Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.kinds[gvk]
	if !known {
		return nil, fmt.Errorf("there is no kind %s", gvk)
	}
	changes, whole := s.content[k].after(after)
	if !whole {
		return nil, errCompacted
	}
	events := make([]Event, len(changes))
	for i, c := range changes {
		events[i] = c.event()
	}
	return events, nil
}

// Get implements client.Reader. Like an informer's cache it has no managedFields, and what is missing is NotFound by the kind's name.
func (v *View) Get(ctx context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k, err := v.store.kindOf(obj)
	if err != nil {
		return err
	}
	if !k.namespaced {
		key.Namespace = ""
	}
	found, ok := v.seen[k][key]
	if !ok {
		return apierrors.NewNotFound(schema.GroupResource{Group: k.gvk.Group, Resource: k.gvk.Kind}, key.Name)
	}
	return deliver(found.cached, obj)
}

// List implements client.Reader. With client.UnsafeDisableDeepCopy the caller must not change what it gets.
func (v *View) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k, err := v.store.kindOf(list)
	if err != nil {
		return err
	}
	options := (&client.ListOptions{}).ApplyOptions(opts)
	if err := checkSelector(options); err != nil {
		return err
	}
	var found []client.Object
	for _, one := range sorted(v.seen[k]) {
		if selects(options, one) {
			found = append(found, one.cached)
		}
	}
	setListKind(list, k)
	list.SetResourceVersion(formatVersion(v.at[k.gvk]))
	return fill(list, k, found, options.UnsafeDisableDeepCopy != nil && *options.UnsafeDisableDeepCopy, deliver)
}
