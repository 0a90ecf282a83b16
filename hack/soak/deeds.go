package main

import (
	"context"
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// deed is one thing a tenant does.
type deed struct {
	name   string
	number counter
	can    func(*visit) bool
	do     func(*visit, context.Context) error
}

func deeds() []deed {
	withKeys := func(v *visit) bool { return len(v.keys) > 0 }
	return []deed{
		{"edit the Workspace", edits, func(v *visit) bool { return v.existing == "" }, (*visit).editWorkspace},
		{"edit an ApiKey", edits, withKeys, (*visit).editKey},
		{"publish a key otherwise", edits, withKeys, (*visit).editSecret},
		{"rotate", rotations, withKeys, (*visit).rotate},
		{"rotate", rotations, withKeys, (*visit).rotate},
		{"lose a Secret", secretsLost, withKeys, (*visit).loseSecret},
		{"apply another ApiKey", others, func(v *visit) bool { return v.vendor != harness.Groundfloor && len(v.keys) < 4 }, (*visit).applyKey},
		{"delete an ApiKey", keysDeleted, withKeys, (*visit).deleteKey},
		{"replace everything", replacements, func(v *visit) bool { return v.r.IntN(3) == 0 }, (*visit).replaceAll},
	}
}

func (v *visit) choose() deed {
	var possible []deed
	for _, each := range deeds() {
		if each.can(v) {
			possible = append(possible, each)
		}
	}
	if len(possible) == 0 {
		return deeds()[len(deeds())-1] // which is always possible
	}
	return possible[v.r.IntN(len(possible))]
}

// patch sets fields; what is set twice is as if it had been set once.
func (v *visit) patch(ctx context.Context, obj client.Object, change map[string]any) error {
	text, err := json.Marshal(change)
	if err != nil {
		return err
	}
	return insist(ctx, func(ctx context.Context) error {
		return v.s.h.Client.Patch(ctx, obj, client.RawPatch(types.MergePatchType, text))
	})
}

func spec(fields map[string]any) map[string]any { return map[string]any{"spec": fields} }

func annotation(name, value string) map[string]any {
	return map[string]any{"metadata": map[string]any{"annotations": map[string]any{name: value}}}
}

func one[T any](v *visit, values ...T) T { return values[v.r.IntN(len(values))] }

func (v *visit) editWorkspace(ctx context.Context) error {
	fields := map[string]any{"description": one(v, "for work", "for play", "for show")}
	if v.vendor == harness.Groundfloor { // nothing else can be changed there
		fields = map[string]any{"access": one(v, v1alpha1.AccessActive, v1alpha1.AccessFrozen)}
	}
	return v.patch(ctx, v.workspace(), spec(fields))
}

// editKey changes what the vendor changes, or what only another key can have.
func (v *visit) editKey(ctx context.Context) error {
	key, err := v.read(ctx, v.anyKey())
	if err != nil {
		return err
	}
	fields, another := map[string]any{"displayName": one(v, "robot", "person")}, v.vendor != harness.Portkey
	switch v.vendor {
	case harness.Portkey:
		fields["scopes"] = one(v, []string{"logs.list"}, []string{"completions.write"}, []string{"completions.write", "logs.list"})
	case harness.Slaunchx:
		if v.r.IntN(2) == 0 {
			fields, another = map[string]any{"access": one(v, v1alpha1.Enabled, v1alpha1.Disabled)}, false
		}
	case harness.Oceanbase:
		fields["action"] = one(v, "read", "write")
	}
	if another {
		v.cause(key.UID)
	}
	return v.patch(ctx, key, spec(fields))
}

// editSecret gives the Secret another label or another name.
func (v *visit) editSecret(ctx context.Context) error {
	name := v.anyKey()
	fields := map[string]any{"labels": map[string]any{"stage": one(v, "test", "production")}}
	if v.r.IntN(2) == 0 {
		fields = map[string]any{"name": name + one(v, "", "-credential")}
	}
	return v.patch(ctx, v.key(name), spec(map[string]any{"secret": fields}))
}

func (v *visit) rotate(ctx context.Context) error {
	key, err := v.read(ctx, v.anyKey())
	if err != nil {
		return err
	}
	v.cause(key.UID)
	return v.patch(ctx, key, annotation(v1alpha1.AnnotationRotateAt, strconv.FormatUint(v.r.Uint64(), 10)))
}

// loseSecret deletes a published Secret, and none that has come in its place meanwhile.
func (v *visit) loseSecret(ctx context.Context) error {
	key, err := v.read(ctx, v.anyKey())
	if err != nil || key.Status.Binding == nil {
		return err
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: v.namespace, Name: key.Status.Binding.Name}}
	if err := insist(ctx, func(ctx context.Context) error {
		return v.s.h.Client.Get(ctx, client.ObjectKeyFromObject(secret), secret)
	}); err != nil {
		return err
	}
	if !metav1.IsControlledBy(secret, key) {
		return nil
	}
	v.lose(secret.UID, key.UID)
	uid := secret.UID
	_ = v.s.h.Client.Delete(ctx, secret, client.Preconditions{UID: &uid}) // done or not: it was taken down as done
	return nil
}
