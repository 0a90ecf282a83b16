package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

// wrongUID is nobody's.
const wrongUID = "11111111-2222-4333-8444-555555555555"

// operation is one request, made from what its side has read before.
type operation struct {
	verb     string
	slot     int
	snapshot int // 0 is what was read last, 1 what was before that
	manager  string
	dryRun   bool
	lock     bool   // a patch with the version of what it was made from
	given    string // a precondition
	raw      string // a patch as text
	changes  []edit
}

// edit is a change with a name, for whoever reads a failure.
type edit struct {
	name  string
	apply func(*side, client.Object)
}

func (o operation) String() string {
	var names []string
	for _, c := range o.changes {
		names = append(names, c.name)
	}
	text := fmt.Sprintf("%s slot=%d snapshot=%d by=%s [%s]", o.verb, o.slot, o.snapshot, o.manager, strings.Join(names, ", "))
	for name, set := range map[string]bool{"dry-run": o.dryRun, "locked": o.lock, "given " + o.given: o.given != "", o.raw: o.raw != ""} {
		if set {
			text += " " + name
		}
	}
	return text
}

// sequence is a list of requests about a few objects.
type sequence struct {
	seed       uint64
	kinds      []specimen // by slot
	names      []string
	operations []operation
}

const slots = 2

// generate makes the sequence of a seed. Its objects have names that nobody else uses.
func generate(seed uint64) sequence {
	random := rand.New(rand.NewPCG(seed, 1))
	all := specimens()
	s := sequence{seed: seed}
	for i := range slots {
		s.kinds = append(s.kinds, all[random.IntN(len(all))])
		s.names = append(s.names, fmt.Sprintf("s%d-%c", seed, 'a'+i))
	}
	if random.IntN(4) > 0 {
		s.kinds[1] = s.kinds[0] // two of a kind
	}
	created := [slots]bool{}
	for range 4 + random.IntN(4) {
		slot := min(random.IntN(3), 1) * random.IntN(2)
		o := operation{slot: slot, manager: []string{"alpha", "alpha", "beta"}[random.IntN(3)], dryRun: random.IntN(8) == 0}
		if random.IntN(4) == 0 {
			o.snapshot = 1 + random.IntN(2)
		}
		s.fill(random, &o, created[slot])
		created[slot] = created[slot] || o.verb == "create" && !o.dryRun
		s.operations = append(s.operations, o)
	}
	return s
}

// renamed is the same about other objects.
func (s sequence) renamed() sequence {
	s.names = slices.Clone(s.names)
	for i := range s.names {
		s.names[i] += "-again"
	}
	return s
}

// fill decides what the request is.
func (s *sequence) fill(random *rand.Rand, o *operation, created bool) {
	kind := s.kinds[o.slot]
	verbs := []string{"create", "create", "create", "create", "create", "update", "patch", "delete"}
	if created {
		verbs = []string{"create", "update", "update", "update", "patch", "patch", "patch", "raw", "delete", "delete"}
		if len(kind.status) > 0 {
			verbs = append(verbs, "status-update", "status-patch", "status-patch", "status-patch")
		}
	}
	o.verb = verbs[random.IntN(len(verbs))]
	switch o.verb {
	case "delete":
		o.given = []string{"", "", "", "uid", "version", "both", "wrong uid", "wrong version"}[random.IntN(8)]
		return
	case "raw":
		raw := slices.Concat(rawPatches(), kind.raw)
		o.raw = raw[random.IntN(len(raw))]
		return
	}
	o.lock = random.IntN(2) == 0
	pool := metadataEdits()
	for i, apply := range kind.spec {
		pool = append(pool, edit{fmt.Sprintf("spec %d", i), func(_ *side, obj client.Object) { apply(obj) }})
	}
	for i, apply := range kind.status {
		change := edit{fmt.Sprintf("status %d", i), func(_ *side, obj client.Object) { apply(obj) }}
		pool = append(pool, change)
		if strings.HasPrefix(o.verb, "status") {
			pool = append(pool, change, change)
		}
	}
	for range random.IntN(4) {
		o.changes = append(o.changes, pool[random.IntN(len(pool))])
	}
	if strange := strangeEdits(); random.IntN(6) == 0 {
		o.changes = append(o.changes, strange[random.IntN(len(strange))])
	}
	if o.verb == "create" && random.IntN(10) == 0 {
		o.changes = append(o.changes, edit{"generated name", func(_ *side, obj client.Object) {
			obj.SetGenerateName(obj.GetName() + "-")
			obj.SetName("")
		}})
	}
}

// rawPatches are what no typed object can say.
func rawPatches() []string {
	return []string{
		`{}`,
		`{"metadata":{}}`,
		`{"metadata":{"annotations":null,"labels":null}}`,
		`{"metadata":{"annotations":{"a":null,"b":null}}}`,
		`{"metadata":{"annotations":{}}}`,
		`{"metadata":{"finalizers":[]}}`,
		`{"metadata":{"finalizers":null}}`,
		`{"metadata":{"resourceVersion":null}}`,
		`{"metadata":{"resourceVersion":"1"}}`,
		`{"metadata":{"uid":"` + wrongUID + `"}}`,
		`{"metadata":{"generation":40,"creationTimestamp":"2020-01-01T00:00:00Z"}}`,
		`{"metadata":{"name":"another"}}`,
		`{"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"}}`,
		`{"status":{"observedGeneration":9}}`,
		`{"status":null}`,
	}
}

func metadataEdits() []edit {
	annotate := func(key, value string) edit {
		return edit{"annotate " + key + "=" + value, func(_ *side, obj client.Object) {
			set := map[string]string{key: value}
			for k, v := range obj.GetAnnotations() {
				if k != key {
					set[k] = v
				}
			}
			obj.SetAnnotations(set)
		}}
	}
	finalizer := func(name string) []edit {
		return []edit{
			{"add finalizer " + name, func(_ *side, obj client.Object) { controllerutil.AddFinalizer(obj, name) }},
			{"remove finalizer " + name, func(_ *side, obj client.Object) { controllerutil.RemoveFinalizer(obj, name) }},
		}
	}
	edits := append(finalizer("example.com/one"), finalizer("example.com/two")...)
	edits = append(edits, finalizer("example.com/one")...)
	return append(edits,
		annotate("a", "1"), annotate("a", "2"), annotate("b", "1"),
		edit{"no annotations", func(_ *side, obj client.Object) { obj.SetAnnotations(nil) }},
		edit{"label", func(_ *side, obj client.Object) { obj.SetLabels(map[string]string{"l": "1"}) }},
		edit{"no labels", func(_ *side, obj client.Object) { obj.SetLabels(nil) }},
		edit{"owner", func(s *side, obj client.Object) { obj.SetOwnerReferences([]metav1.OwnerReference{s.owner(false)}) }},
		edit{"controller twice", func(s *side, obj client.Object) {
			obj.SetOwnerReferences([]metav1.OwnerReference{s.owner(true), s.owner(true)})
		}},
		edit{"no owner", func(_ *side, obj client.Object) { obj.SetOwnerReferences(nil) }},
	)
}

// strangeEdits are what a client should not do.
func strangeEdits() []edit {
	return []edit{
		{"no version", func(_ *side, obj client.Object) { obj.SetResourceVersion("") }},
		{"old version", func(_ *side, obj client.Object) { obj.SetResourceVersion("1") }},
		{"wrong uid", func(_ *side, obj client.Object) { obj.SetUID(wrongUID) }},
		{"no uid", func(_ *side, obj client.Object) { obj.SetUID("") }},
		{"generation", func(_ *side, obj client.Object) { obj.SetGeneration(77) }},
		{"creation", func(_ *side, obj client.Object) { obj.SetCreationTimestamp(metav1.Unix(1700000000, 0)) }},
		{"deletion", func(_ *side, obj client.Object) { obj.SetDeletionTimestamp(new(metav1.Unix(1700000000, 0))) }},
		{"no deletion", func(_ *side, obj client.Object) {
			obj.SetDeletionTimestamp(nil)
			obj.SetDeletionGracePeriodSeconds(nil)
		}},
		{"no managed fields", func(_ *side, obj client.Object) { obj.SetManagedFields(nil) }},
		{"reset managed fields", func(_ *side, obj client.Object) { obj.SetManagedFields([]metav1.ManagedFieldsEntry{{}}) }},
		{"another's fields", func(s *side, obj client.Object) {
			obj.SetManagedFields([]metav1.ManagedFieldsEntry{{
				Manager: "gamma", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: s.version(obj), Time: new(metav1.Unix(1700000000, 0)),
				FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{".":{},"f:a":{}}}}`),
			}})
		}},
		{"bad finalizer", func(_ *side, obj client.Object) { obj.SetFinalizers([]string{"no good name!"}) }},
		{"bad label", func(_ *side, obj client.Object) { obj.SetLabels(map[string]string{"a b": "c"}) }},
	}
}
