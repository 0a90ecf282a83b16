package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	workspaceName = "workspace"
	baitName      = "theirs"
	// gonePatience is how long a tenant waits for what he has deleted, to apply it anew.
	gonePatience = 40 * time.Second
	// readyPatience is how long he waits for what he has applied.
	readyPatience = 30 * time.Second
)

// visit is a tenant in one namespace, from its beginning to its end.
type visit struct {
	*place
	s *soak
	r *rand.Rand
	// keys are those there should be, keysMade and workspacesMade how many there ever were.
	keys                     []string
	keysMade, workspacesMade int
}

// namespacePrefix tells whose vendor a namespace is.
func namespacePrefix(vendor string) string { return "soak-" + vendor + "-" }

// tenant lives in one namespace after another.
func (s *soak) tenant(ctx context.Context, vendor, name string, r *rand.Rand) {
	for number := 1; ctx.Err() == nil; number++ {
		v := &visit{place: newPlace(vendor, fmt.Sprintf("%s%s-%d", namespacePrefix(vendor), name, number)), s: s, r: r}
		if err := v.live(ctx); err != nil && ctx.Err() == nil {
			s.report.failed(fmt.Errorf("in namespace %s: %w", v.namespace, err))
			return
		}
	}
}

func (v *visit) live(ctx context.Context) error {
	if err := v.begin(ctx); err != nil {
		return err
	}
	for range 4 + v.r.IntN(9) {
		if v.r.IntN(2) == 0 {
			v.awaitReady(ctx) // or do the next thing in the middle of the last
		}
		if !pause(ctx, rand64(v.r, 6*time.Second)) {
			return ctx.Err()
		}
		next := v.choose()
		v.s.report.count(next.number)
		// What somebody is about to change may be gone by then.
		if err := next.do(v, ctx); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("%s: %w", next.name, err)
		}
	}
	return v.end(ctx)
}

// begin makes a namespace with somebody else's Secret, a Workspace and its ApiKeys.
func (v *visit) begin(ctx context.Context) error {
	imports := harness.Importable(v.vendor) != ""
	if imports {
		v.existing = v.namespace
	}
	v.s.places.add(v.place)
	v.s.report.count(namespaces)
	if imports {
		if err := v.makeByHand(ctx); err != nil {
			return err
		}
	}
	bait := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: v.namespace, Name: baitName, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}},
		Data:       map[string][]byte{v1alpha1.SecretKeyKeyID: []byte("theirs"), v1alpha1.SecretKeyAPIKey: []byte("theirs")},
	}
	for _, obj := range []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v.namespace}}, bait} {
		if err := v.create(ctx, obj); err != nil {
			return err
		}
	}
	if err := insist(ctx, func(ctx context.Context) error { return v.s.h.Client.Get(ctx, client.ObjectKeyFromObject(bait), bait) }); err != nil {
		return err
	}
	v.lay(bait)
	if err := v.applyWorkspace(ctx); err != nil {
		return err
	}
	for range v.r.IntN(3) {
		if err := v.applyKey(ctx); err != nil {
			return err
		}
	}
	return nil
}

// makeByHand has somebody make the vendor's workspace. That it is refused says that it is there: the emulator was killed before it could say so.
func (v *visit) makeByHand(ctx context.Context) error {
	fields := map[string]any{"id": v.existing, "name": "made in the console"}
	return insist(ctx, func(ctx context.Context) error {
		if err := v.s.vendors.make(ctx, v.vendor, "workspaces", fields, nil); !errors.Is(err, errRefused) {
			return err
		}
		return nil
	})
}

// create creates an object of a name of its own: one that is there already is what an answer that was lost had been about.
func (v *visit) create(ctx context.Context, obj client.Object) error {
	err := insist(ctx, func(ctx context.Context) error { return v.s.h.Client.Create(ctx, obj) })
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (v *visit) applyWorkspace(ctx context.Context) error {
	v.workspacesMade++
	mods := []gen.WorkspaceModifier{}
	if v.existing != "" {
		mods = append(mods, gen.SetWorkspaceExternalID(v.existing))
	} else { // no two have the same name, so that a person can tell them apart
		mods = append(mods, gen.SetWorkspaceDisplayName(fmt.Sprintf("%s %d", v.namespace, v.workspacesMade)))
	}
	v.s.report.count(workspacesApplied)
	return v.create(ctx, harness.NewWorkspace(v.vendor, v.namespace, workspaceName, className(v.vendor), mods...))
}

func (v *visit) applyKey(ctx context.Context) error {
	if v.vendor == harness.Groundfloor {
		return nil // it has none
	}
	v.keysMade++
	name := fmt.Sprintf("key-%d", v.keysMade)
	overlaps := []time.Duration{0, 0, 0, 5 * time.Second, 20 * time.Second}
	mods := []gen.ApiKeyModifier{gen.SetApiKeySecretName(name), gen.SetApiKeyRotation(1000*time.Hour, overlaps[v.r.IntN(len(overlaps))])}
	v.keys = append(v.keys, name)
	v.s.report.count(keysApplied)
	return v.create(ctx, harness.NewKey(v.vendor, v.namespace, name, workspaceName, mods...))
}

// end leaves the namespace: in order, or all at once.
func (v *visit) end(ctx context.Context) error {
	if v.r.IntN(2) == 0 {
		if err := v.removeAll(ctx); err != nil {
			return err
		}
		pause(ctx, rand64(v.r, 5*time.Second))
	}
	v.leave()
	v.s.report.count(namespacesDeleted)
	return v.remove(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v.namespace}})
}

func (v *visit) removeAll(ctx context.Context) error {
	objects := []client.Object{v.workspace()}
	for _, name := range v.keys {
		objects = append(objects, v.key(name))
	}
	v.r.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
	v.keys = nil
	for _, obj := range objects {
		if err := v.remove(ctx, obj); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) remove(ctx context.Context, obj client.Object) error {
	return client.IgnoreNotFound(insist(ctx, func(ctx context.Context) error { return v.s.h.Client.Delete(ctx, obj) }))
}

// gone waits a while for the Workspace to be so; false if it takes longer than anybody here waits.
func (v *visit) gone(ctx context.Context) bool {
	err := until(ctx, gonePatience, "the Workspace to go", func(ctx context.Context) (bool, error) {
		err := v.s.h.Client.Get(ctx, client.ObjectKeyFromObject(v.workspace()), &v1alpha1.Workspace{})
		return apierrors.IsNotFound(err), err
	})
	return err == nil
}

// awaitReady waits a while for everything to be as it was asked for. It may well take longer than anybody here waits.
func (v *visit) awaitReady(ctx context.Context) {
	_ = until(ctx, readyPatience, "everything to be Ready", func(ctx context.Context) (bool, error) {
		objects := []client.Object{v.workspace()}
		for _, name := range v.keys {
			objects = append(objects, v.key(name))
		}
		for _, obj := range objects {
			if err := v.s.h.Client.Get(ctx, client.ObjectKeyFromObject(obj), obj); err != nil || !harness.IsReady(obj) {
				return false, err
			}
		}
		return true, nil
	})
}

func (v *visit) workspace() *v1alpha1.Workspace {
	return &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: v.namespace, Name: workspaceName}}
}

func (v *visit) key(name string) *v1alpha1.ApiKey {
	return &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: v.namespace, Name: name}}
}

// read reads an ApiKey as it is.
func (v *visit) read(ctx context.Context, name string) (*v1alpha1.ApiKey, error) {
	key := v.key(name)
	return key, insist(ctx, func(ctx context.Context) error { return v.s.h.Client.Get(ctx, client.ObjectKeyFromObject(key), key) })
}

// anyKey is the name of one there should be.
func (v *visit) anyKey() string { return v.keys[v.r.IntN(len(v.keys))] }

func (v *visit) deleteKey(ctx context.Context) error {
	name := v.anyKey()
	v.keys = slices.DeleteFunc(v.keys, func(each string) bool { return each == name })
	return v.remove(ctx, v.key(name))
}

// replaceAll deletes everything and applies it anew.
func (v *visit) replaceAll(ctx context.Context) error {
	number := len(v.keys)
	if err := v.removeAll(ctx); err != nil {
		return err
	}
	if !v.gone(ctx) {
		return nil // and lives on with an empty namespace
	}
	all := []error{v.applyWorkspace(ctx)}
	for range number {
		all = append(all, v.applyKey(ctx))
	}
	return errors.Join(all...)
}
