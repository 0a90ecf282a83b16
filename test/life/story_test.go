package life

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// The names in every story. The Secret is somebody else's.
const (
	workspaceName = "workspace"
	foreignSecret = "taken"
)

// story is what is done at one vendor, and what has been asked for in the end.
type story struct {
	vendor string
	first  cast
	steps  []step
	last   cast
}

// cast is all that people have asked for, as it stands at one moment.
type cast struct {
	class     v1alpha1.WorkspaceClassSpec // its defaults and its keyPolicy
	workspace *v1alpha1.Workspace
	keys      []*v1alpha1.ApiKey
}

func (c cast) copy() cast {
	copied := cast{class: *c.class.DeepCopy(), workspace: c.workspace.DeepCopy()}
	for _, key := range c.keys {
		copied.keys = append(copied.keys, key.DeepCopy())
	}
	return copied
}

func (c cast) objects() []client.Object {
	all := []client.Object{c.workspace}
	for _, key := range c.keys {
		all = append(all, key)
	}
	return all
}

// step is one thing that happens.
type step struct {
	text string
	// rested: it happens only once everything before has come to rest. Otherwise the operator may be anywhere.
	rested bool
	act    func(*world)
}

// String is the story as a person reads it.
func (s story) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "A story at %s:\n   0 %s\n", s.vendor, describe(s.first))
	for i, each := range s.steps {
		after := ""
		if each.rested {
			after = "at rest, "
		}
		fmt.Fprintf(&text, "  %2d %s%s\n", i+1, after, each.text)
	}
	fmt.Fprintf(&text, "  so that in the end there should be %s\n", describe(s.last))
	return text.String()
}

// GoString is how rapid writes a story down; the failure shows it as a person reads it.
func (s story) GoString() string { return "a story at " + s.vendor }

func describe(c cast) string {
	all := []string{"a Workspace " + compact(c.workspace.Spec)}
	for _, key := range c.keys {
		all = append(all, fmt.Sprintf("an ApiKey %q %s", key.Name, compact(key.Spec)))
	}
	return strings.Join(append(all, "class defaults "+compact(c.class.Defaults)+", keyPolicy "+compact(c.class.KeyPolicy)), "; ")
}

// plot is a story while it is made up.
type plot struct {
	*rapid.T
	vendor string
	now    cast
	steps  []step
	// paused are the objects with the annotation.
	paused map[string]bool
}

// move is something that can happen, if it can by now.
type move struct {
	name string
	can  func(*plot) bool
	make func(*plot)
}

// stories makes them up.
func stories(vendor string) *rapid.Generator[story] {
	return rapid.Custom(func(t *rapid.T) story { return compose(t, vendor) })
}

func compose(t *rapid.T, vendor string) story {
	p := &plot{T: t, vendor: vendor, paused: map[string]bool{}}
	p.now = p.opening()
	s := story{vendor: vendor, first: p.now.copy()}
	for range rapid.IntRange(4, 8).Draw(t, "steps") {
		possible := slices.DeleteFunc(moves(), func(m move) bool { return !m.can(p) })
		rapid.SampledFrom(possible).Draw(t, "move").make(p)
	}
	for _, name := range slices.Sorted(maps.Keys(p.paused)) {
		p.pause(name, false)
	}
	s.steps, s.last = p.steps, p.now.copy()
	return s
}

// moves are all that can happen.
func moves() []move {
	return slices.Concat(workspaceMoves(), keyMoves(), secretMoves(), vendorMoves(), classMoves())
}

// then adds a step.
func (p *plot) then(text string, rested bool, act func(*world)) {
	p.steps = append(p.steps, step{text: text, rested: rested, act: act})
}

// maybe is a toss.
func (p *plot) maybe(what string) bool { return rapid.Bool().Draw(p.T, what) }

// one draws one of several.
func one[V any](p *plot, what string, of ...V) V { return rapid.SampledFrom(of).Draw(p.T, what) }

// key draws one of the ApiKeys.
func (p *plot) key() *v1alpha1.ApiKey { return one(p, "key", p.now.keys...) }

func (p *plot) hasKeys() bool { return p.vendor != harness.Groundfloor && len(p.now.keys) > 0 }

// opening is what is asked for at first. At groundfloor an ApiKey is there to be refused.
func (p *plot) opening() cast {
	c := cast{workspace: harness.NewWorkspace(p.vendor, "", workspaceName, "")}
	for _, field := range workspaceFields(p.vendor) {
		if field.name != "access" && p.maybe("set "+field.name) {
			field.set(p, c.workspace)
		}
	}
	number := rapid.IntRange(1, 2).Draw(p.T, "keys")
	if p.vendor == harness.Groundfloor {
		number = 1
	}
	for i := range number {
		c.keys = append(c.keys, p.newKey([]string{"ci", "web"}[i]))
	}
	return c
}

// newKey is an ApiKey as it is at first, with what its vendor demands. Its overlap is short, so that a replaced key is gone by the end of the story.
func (p *plot) newKey(name string) *v1alpha1.ApiKey {
	key := harness.NewKey(p.vendor, "", name, workspaceName)
	key.Spec.Rotation = p.rotation()
	if p.vendor == harness.Slaunchx {
		key.Spec.Mode = one(p, "mode", "", "Live", "Test")
	}
	for _, field := range keyFields(p.vendor) {
		if field.first && p.maybe("set "+field.name) {
			field.set(p, key)
		}
	}
	return key
}

func (p *plot) rotation() *v1alpha1.Rotation {
	rotation := &v1alpha1.Rotation{Interval: metav1.Duration{Duration: 1000 * time.Hour}}
	if overlap := one(p, "overlap", 0, time.Second, 3*time.Second); overlap > 0 {
		rotation.Overlap = &metav1.Duration{Duration: overlap}
	}
	return rotation
}

// find is the object of this name in the cast.
func (p *plot) find(name string) client.Object {
	if name == workspaceName {
		return p.now.workspace
	}
	return p.now.keys[slices.IndexFunc(p.now.keys, func(k *v1alpha1.ApiKey) bool { return k.Name == name })]
}

// asks adds a step in which somebody applies the object as the plot has it by now.
func (p *plot) asks(text string, rested bool, object client.Object, causes int) {
	wanted, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		p.Fatalf("the copy of %T is no object", object)
	}
	p.then(text, rested, func(w *world) {
		w.cause(wanted, causes)
		w.apply(wanted)
	})
}

// pause sets or removes the annotation.
func (p *plot) pause(name string, on bool) {
	object, text := p.find(name), name+" goes on"
	if on {
		text = name + " is paused"
		p.paused[name] = true
		metav1.SetMetaDataAnnotation(metaOf(object), v1alpha1.AnnotationPaused, "true")
	} else {
		delete(p.paused, name)
		delete(object.GetAnnotations(), v1alpha1.AnnotationPaused)
	}
	p.asks(text, false, object, 0)
}

func metaOf(object client.Object) *metav1.ObjectMeta {
	switch o := object.(type) {
	case *v1alpha1.Workspace:
		return &o.ObjectMeta
	case *v1alpha1.ApiKey:
		return &o.ObjectMeta
	}
	return nil
}
