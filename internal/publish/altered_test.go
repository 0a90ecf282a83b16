package publish

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// A cluster may change what is written, as a mutating admission policy does.

func TestWhatTheClusterChangesIsSaid(t *testing.T) {
	for name, row := range map[string]struct {
		policy func(*corev1.Secret)
		says   []string
	}{
		"nothing":                {func(*corev1.Secret) {}, nil},
		"it adds of its own":     {func(s *corev1.Secret) { s.Labels["cost"], s.Annotations["example.org/by"] = "1", "policy" }, nil},
		"a label":                {func(s *corev1.Secret) { s.Labels["team"] = "x" }, []string{`label "team"`}},
		"it takes a label":       {func(s *corev1.Secret) { delete(s.Labels, "team") }, []string{`label "team"`}},
		"an annotation of ours":  {func(s *corev1.Secret) { delete(s.Annotations, v1alpha1.AnnotationKeyName) }, []string{`annotation "` + v1alpha1.AnnotationKeyName + `"`}},
		"a key":                  {func(s *corev1.Secret) { s.Data["config"] = []byte("another") }, []string{`key "config"`}},
		"it takes one, adds one": {func(s *corev1.Secret) { delete(s.Data, "config"); s.Data["more"] = nil }, []string{`key "config", key "more"`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, nil)
			s.policy = row.policy
			draft, err := Compose(templated(), Found{}, content(), issuedAt())
			if err != nil {
				t.Fatal(err)
			}
			wantAltered(t, draft.Rehearse(t.Context(), s), row.says)

			s = newServer(t, []client.Object{nameless(t)})
			s.policy = row.policy
			wantAltered(t, Again(t.Context(), s, s, templated(), find(t, s, templated()), around("key-9")), row.says)
			if !slices.Equal(s.writes, []string{"update"}) {
				t.Errorf("writes: %v, want one", s.writes)
			}
		})
	}
}

// TestWhatAPolicyMakesOfItsOwnIsNoConcernOfOurs: it writes something else at each
// write, beside what the spec asks for.
func TestWhatAPolicyMakesOfItsOwnIsNoConcernOfOurs(t *testing.T) {
	written := 0
	maintained := func(s *corev1.Secret) {
		written++
		s.Labels["example.org/revision"], s.Annotations["example.org/revision"] = strconv.Itoa(written), strconv.Itoa(written)
	}
	secret := nameless(t, maintained)
	secret.Annotations["example.org/once"] = "gone with the next write"
	s := newServer(t, []client.Object{secret})
	s.policy = func(s *corev1.Secret) { maintained(s); delete(s.Annotations, "example.org/once") }
	draft, err := Compose(templated(), find(t, s, templated()), content(), issuedAt())
	if err != nil {
		t.Fatal(err)
	}
	wantAltered(t, draft.Rehearse(t.Context(), s), nil)
	wantAltered(t, Again(t.Context(), s, s, templated(), find(t, s, templated()), around("key-9")), nil)
	if stale, err := find(t, s, templated()).Stale(templated(), around("")); stale || err != nil {
		t.Errorf("it would be written again: %v, %v", stale, err)
	}
	s.policy = func(s *corev1.Secret) { maintained(s); s.Labels["team"] = "x" }
	wantAltered(t, Again(t.Context(), s, s, templated(), find(t, s, templated()), around("")), []string{`label "team"`})
}

func wantAltered(t *testing.T, err error, says []string) {
	t.Helper()
	hold, ok := errors.AsType[*plan.Impasse](err)
	if says == nil && err == nil {
		return
	}
	if !ok || says == nil || hold.State != plan.Blocked || hold.Reason != v1alpha1.ReasonSecretRefused || strings.Contains(hold.Message, canary) {
		t.Fatalf("got %v, want it to say %v", err, says)
	}
	for _, words := range says {
		if !strings.Contains(hold.Message, words) {
			t.Errorf("got %q, want it to say %s", hold.Message, words)
		}
	}
}

// TestAKeyDoesNotMoveToWhereItWouldBeAltered: it would lie in two Secrets.
func TestAKeyDoesNotMoveToWhereItWouldBeAltered(t *testing.T) {
	s := newServer(t, []client.Object{ours(t, calledBefore)})
	s.policy = func(s *corev1.Secret) { s.Labels[v1alpha1.LabelManagedBy] = "somebody" }
	wantAltered(t, Again(t.Context(), s, s, moving(), find(t, s, moving()), around("")), []string{v1alpha1.LabelManagedBy})
	if s.named(t, "after") != nil || s.named(t, "before") == nil {
		t.Errorf("after %v: before=%v after=%v", s.writes, s.named(t, "before") != nil, s.named(t, "after") != nil)
	}
}

// TestAKeyThatIsStoredStaysSo, whatever the cluster makes of its Secret: it is
// shown once.
func TestAKeyThatIsStoredStaysSo(t *testing.T) {
	s := newServer(t, nil)
	s.policy = func(s *corev1.Secret) { s.Labels["team"] = "x" }
	if err := draft(t, Found{}).Write(t.Context(), s, s); err != nil {
		t.Fatal(err)
	}
	s.holds(t)
}

// TestASecretThatIsLeftGoesBeforeTheKeyMovesOn: two at most hold it.
func TestASecretThatIsLeftGoesBeforeTheKeyMovesOn(t *testing.T) {
	key := moving()
	key.Status.Binding.Name, key.Status.Moving = "first", "before"
	s := newServer(t, []client.Object{ours(t, calledBefore), ours(t, func(s *corev1.Secret) { s.Name, s.UID = "first", "secret-0" })})
	found, err := Clear(t.Context(), s, key, find(t, s, key))
	if err != nil || found.Name != "first" || found.Other() != "" || s.named(t, "before") != nil {
		t.Fatalf("found in %q beside %q, %v", found.Name, found.Other(), err)
	}
	if err := Again(t.Context(), s, s, key, found, around("")); err != nil || !slices.Equal(s.writes, []string{"delete", "dry create", "create", "delete"}) {
		t.Errorf("got %v after %v", err, s.writes)
	}
	if s.named(t, "first") != nil || s.named(t, "before") != nil || s.named(t, "after") == nil {
		t.Error("the key is not where it should be, or somewhere else as well")
	}
}
