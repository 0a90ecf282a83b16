package workspaceclass

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	vendors "github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func reference(name string) v1alpha1.CredentialsReference {
	return v1alpha1.CredentialsReference{Namespace: "workspace-operator-system", Name: name}
}

// former is a Secret that the class has named before.
func former(name string, finalizers ...string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: "workspace-operator-system", Name: name, Finalizers: finalizers, CreationTimestamp: metav1.NewTime(time.Unix(1, 0)),
	}}
}

// TestWhatAClassHasNamedIsOnRecord until it is let go, so that whoever starts anew can let it go.
func TestWhatAClassHasNamedIsOnRecord(t *testing.T) {
	remembers := func(names ...string) gen.WorkspaceClassModifier {
		return func(class *v1alpha1.WorkspaceClass) {
			for _, name := range names {
				class.Status.Credentials = append(class.Status.Credentials, reference(name))
			}
		}
	}
	var many []string
	for i := range maxKept {
		many = append(many, fmt.Sprintf("former-%d", i))
	}
	var held []client.Object
	for _, name := range many {
		held = append(held, former(name, v1alpha1.FinalizerInUse))
	}
	for title, row := range map[string]struct {
		mods    []gen.WorkspaceClassModifier
		secrets []client.Object
		want    []string
	}{
		"the first":                        {nil, nil, []string{"credentials"}},
		"the same":                         {[]gen.WorkspaceClassModifier{remembers("credentials")}, nil, []string{"credentials"}},
		"one before it that is still held": {[]gen.WorkspaceClassModifier{remembers("former-0")}, held[:1], []string{"former-0", "credentials"}},
		"back to one before":               {[]gen.WorkspaceClassModifier{remembers("credentials", "former-0")}, held[:1], []string{"former-0", "credentials"}},
		"one that is gone":                 {[]gen.WorkspaceClassModifier{remembers("former-0", "credentials")}, nil, []string{"credentials"}},
		"one that was let go":              {[]gen.WorkspaceClassModifier{remembers("former-0")}, []client.Object{former("former-0", "another.example.org/finalizer")}, []string{"credentials"}},
		"more than are kept in mind":       {[]gen.WorkspaceClassModifier{remembers(many...)}, held, append(slices.Clone(many[1:]), "credentials")},
		"each namespace's own":             {[]gen.WorkspaceClassModifier{gen.SetWorkspaceClassCredentials("", "mine")}, nil, nil},
	} {
		t.Run(title, func(t *testing.T) {
			w := newWorld(t, gen.WorkspaceClass("prod", row.mods...), vendors.New("portkey", vendors.Everything()), row.secrets...)
			w.pass()
			class := w.pass()
			var got []string
			for _, each := range class.Status.Credentials {
				got = append(got, each.Name)
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("on record are %v, want %v", got, row.want)
			}
			if again := w.pass(); again.ResourceVersion != class.ResourceVersion {
				t.Error("another pass writes again")
			}
		})
	}
}

// TestWhatCannotBeReadIsRemembered.
func TestWhatCannotBeReadIsRemembered(t *testing.T) {
	w := newWorld(t, gen.WorkspaceClass("prod"), vendors.New("portkey", vendors.Everything()))
	below, ok := w.Live.(client.WithWatch)
	if !ok {
		t.Fatalf("Live is a %T", w.Live)
	}
	w.Live = interceptor.NewClient(below, interceptor.Funcs{
		Get: func(ctx context.Context, below client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			if key.Name == "former" {
				return errors.New("no")
			}
			return below.Get(ctx, key, obj, opts...)
		},
	})
	class := gen.WorkspaceClass("prod")
	class.Status.Credentials = []v1alpha1.CredentialsReference{reference("former")}
	if got, want := w.kept(t.Context(), class), []v1alpha1.CredentialsReference{reference("former"), reference("credentials")}; !slices.Equal(got, want) {
		t.Errorf("on record are %v, want %v", got, want)
	}
}
