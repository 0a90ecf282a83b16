package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// status checks who can write a status, and what.
func (s *suite) status(t *testing.T) {
	for name, k := range kinds() {
		if k.statusless {
			t.Run(name+" has none", func(t *testing.T) { s.statusIsNowhere(t, k) })
			continue
		}
		t.Run(name+" starts with observedGeneration -1", func(t *testing.T) { s.statusStarts(t, k) })
		t.Run(name+" has its status only from the subresource", func(t *testing.T) { s.statusIsApart(t, k) })
	}
	at := metav1.NewTime(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	for name, o := range fullObjects(at) {
		t.Run(name+" keeps a full status", func(t *testing.T) { s.statusIsKept(t, kinds()[name], o) })
	}
	t.Run("bounds", s.statusBounds)
	for name, k := range map[string]kind{"Workspace": workspace(), "ApiKey": apiKey()} {
		t.Run(name+" has a word for what became of a create call", func(t *testing.T) { s.attemptOutcomes(t, k) })
	}
}

// attemptOutcomes are what the operator records, none among them while the call may be under way.
func (s *suite) attemptOutcomes(t *testing.T, k kind) {
	o := fullObjects(metav1.NewTime(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)))[k.name]
	o.SetName("status-outcomes")
	stored := s.createTyped(t, k, o)
	fill(stored, o)
	for _, outcome := range []string{"", v1alpha1.AttemptLost, v1alpha1.AttemptRefused, v1alpha1.AttemptAccepted} {
		attemptOf(stored).Outcome = outcome
		answer, err := s.updateStatus(t, k, stored)
		if err != nil {
			t.Fatalf("the outcome %q is refused: %v", outcome, err)
		}
		if stored = decode(t, k, answer); attemptOf(stored).Outcome != outcome {
			t.Errorf("the outcome %q was stored as %q", outcome, attemptOf(stored).Outcome)
		}
	}
	attemptOf(stored).Outcome = "Ordered"
	_, err := s.updateStatus(t, k, stored)
	want := []string{`status.attempt.outcome: Unsupported value: "Ordered": supported values: "Lost", "Refused", "Accepted"`}
	if diff := cmp.Diff(want, complaints(err)); diff != "" {
		t.Errorf("the complaints differ (-want +got):\n%s", diff)
	}
}

func attemptOf(o object) *v1alpha1.Attempt {
	if ws, ok := o.(*v1alpha1.Workspace); ok {
		return ws.Status.Attempt
	}
	return o.(*v1alpha1.ApiKey).Status.Attempt
}

func (s *suite) statusStarts(t *testing.T, k kind) {
	created, err := s.create(t.Context(), k, manifest(k, "status-default", "", "{"+k.base+"}"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"observedGeneration": float64(-1)}, statusOf(t, created)); diff != "" {
		t.Errorf("kstatus would take a new object for one that is done (-want +got):\n%s", diff)
	}
}

// statusIsNowhere: there is no place to write one to.
func (s *suite) statusIsNowhere(t *testing.T, k kind) {
	created, err := s.create(t.Context(), k, manifest(k, "status-none", "", "{"+k.base+"}"))
	if err != nil {
		t.Fatal(err)
	}
	if got := statusOf(t, created); got != nil {
		t.Errorf("a new object has the status %v", got)
	}
	if _, err := s.updateStatus(t, k, decode(t, k, created)); !apierrors.IsNotFound(err) {
		t.Errorf("writing a status: got %v, want that there is nothing of the kind", err)
	}
}

func (s *suite) statusIsApart(t *testing.T, k kind) {
	const name, forged = "status-forged", "status: {observedGeneration: 1, lastHandledReconcileAt: forged}\n"
	want := map[string]any{"observedGeneration": float64(-1)}
	created, err := s.create(t.Context(), k, append(manifest(k, name, "", "{"+k.base+"}"), forged...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, statusOf(t, created)); diff != "" {
		t.Errorf("created with a status (-want +got):\n%s", diff)
	}
	version := decode(t, k, created).GetResourceVersion()
	updated, err := s.update(t.Context(), k, name, append(manifest(k, name, version, "{"+k.base+"}"), forged...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, statusOf(t, updated)); diff != "" {
		t.Errorf("updated with a status (-want +got):\n%s", diff)
	}
}

// statusIsKept writes a status with every field and reads the same back; what else stands in the object then is ignored.
func (s *suite) statusIsKept(t *testing.T, k kind, o object) {
	created := s.createTyped(t, k, o)
	written := created.DeepCopyObject().(object)
	written.SetLabels(map[string]string{"ignored": "yes"})
	fill(written, o)
	answer, err := s.updateStatus(t, k, written)
	if err != nil {
		t.Fatal(err)
	}
	stored := decode(t, k, answer)
	if diff := cmp.Diff(fieldOf(t, o, "status"), statusOf(t, answer)); diff != "" {
		t.Errorf("the stored status differs (-written +stored):\n%s", diff)
	}
	if stored.GetGeneration() != created.GetGeneration() || len(stored.GetLabels()) > 0 {
		t.Errorf("writing the status changed the rest: generation %d, labels %v", stored.GetGeneration(), stored.GetLabels())
	}
	again, err := s.updateStatus(t, k, stored)
	if err != nil {
		t.Fatal(err)
	}
	if second := decode(t, k, again); !equality.Semantic.DeepEqual(stored, second) {
		t.Errorf("writing the same status again changed the object (-first +second):\n%s", cmp.Diff(stored, second))
	}
}

// statusBounds are checked because a vendor's text ends in the status: what does not fit must be cut before, and the API server says so.
func (s *suite) statusBounds(t *testing.T) {
	k := workspace()
	created := s.createTyped(t, k, gen.Workspace("status-bounds")).(*v1alpha1.Workspace)
	created.Status.State = strings.Repeat("名", 257)
	created.Status.Environments = make([]v1alpha1.WorkspaceEnvironment, 65)
	_, err := s.updateStatus(t, k, created)
	want := []string{"status.environments: Too many: 65: must have at most 64 items", "status.state: Too long: may not be more than 256 bytes"}
	if diff := cmp.Diff(want, complaints(err)); diff != "" {
		t.Errorf("the complaints differ (-want +got):\n%s", diff)
	}
	k = kinds()["WorkspaceClass"]
	class := s.createTyped(t, k, gen.WorkspaceClass("status-bounds")).(*v1alpha1.WorkspaceClass)
	for i := range 17 {
		class.Status.Credentials = append(class.Status.Credentials, v1alpha1.CredentialsReference{Namespace: "platform", Name: fmt.Sprint("former-", i)})
	}
	_, err = s.updateStatus(t, k, class)
	if diff := cmp.Diff([]string{"status.credentials: Too many: 17: must have at most 16 items"}, complaints(err)); diff != "" {
		t.Errorf("the complaints differ (-want +got):\n%s", diff)
	}
}

// fill copies the status of one object to another of its kind.
func fill(to, from object) {
	switch to := to.(type) {
	case *v1alpha1.WorkspaceClass:
		to.Status = from.(*v1alpha1.WorkspaceClass).Status
	case *v1alpha1.Workspace:
		to.Status = from.(*v1alpha1.Workspace).Status
	case *v1alpha1.ApiKey:
		to.Status = from.(*v1alpha1.ApiKey).Status
	}
}

func (s *suite) createTyped(t *testing.T, k kind, o object) object {
	t.Helper()
	created, err := s.create(t.Context(), k, encode(t, o))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, k, created)
}

func (s *suite) updateStatus(t *testing.T, k kind, o object) ([]byte, error) {
	t.Helper()
	return s.do(t.Context(), s.client.Put().Name(o.GetName()).SubResource("status").SetHeader("Content-Type", "application/yaml"), k, encode(t, o))
}

func encode(t *testing.T, o object) []byte {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func fieldOf(t *testing.T, o object, name string) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(encode(t, o), &fields); err != nil {
		t.Fatal(err)
	}
	return fields[name].(map[string]any)
}

func statusOf(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var o struct {
		Status map[string]any `json:"status"`
	}
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return o.Status
}

// fullObjects have every field of their status set. The names are the kinds.
func fullObjects(at metav1.Time) map[string]object {
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAvailable, Message: "fine", LastTransitionTime: at}
	attempt := &v1alpha1.Attempt{StartedAt: at, EndedAt: &at, Outcome: v1alpha1.AttemptAccepted, Name: "ci-1"}
	return map[string]object{
		"WorkspaceClass": gen.WorkspaceClass("full", gen.SetWorkspaceClassStatus(v1alpha1.WorkspaceClassStatus{
			ObservedGeneration: 1, Provider: "portkey", Capabilities: []string{"workspace.create"},
			Credentials: []v1alpha1.CredentialsReference{{Namespace: "platform", Name: "former"}, {Namespace: "platform", Name: "present"}}, LastHandledReconcileAt: "1",
		}), gen.SetWorkspaceClassCondition(ready)),
		"Workspace": gen.Workspace("full", gen.SetWorkspaceStatus(v1alpha1.WorkspaceStatus{
			ObservedGeneration: 1, Provider: "guance", ClassName: "guance-prod", UUID: "wksp_1", Slug: "s", BillingState: "free", VersionType: "free", State: "active", AccountID: "a",
			Region: "r", TenancyModel: "dedicated", ProvisioningRunID: "p", Environments: []v1alpha1.WorkspaceEnvironment{{Name: "prod", ID: "1", State: "ready"}},
			CreatedAt: &at, UpdatedAt: &at, Attempt: attempt, LastHandledReconcileAt: "1",
		}), gen.SetWorkspaceCondition(ready)),
		"ApiKey": gen.ApiKey("full", gen.SetApiKeyWorkspace("team-a"), gen.SetApiKeyStatus(v1alpha1.ApiKeyStatus{
			ObservedGeneration: 1, KeyID: "key-1", DisplayName: "ci-1", State: "active", CreatedAt: &at, ExpiresAt: &at, RotatesAt: &at,
			Retiring: []v1alpha1.RetiringKey{{KeyID: "key-0", RevokeAt: at}}, Unresolved: []v1alpha1.UnresolvedKey{{Name: "ci-0", Since: at}},
			Binding: &v1alpha1.Binding{Name: "ci-key"}, Moving: "ci-old", Fingerprint: "f", Attempt: attempt, LastHandledReconcileAt: "1",
		}), gen.SetApiKeyCondition(ready)),
	}
}

// printerColumns are what `kubectl get` and `kubectl get -o wide` print.
func (s *suite) printerColumns(t *testing.T) {
	at := metav1.NewTime(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	tests := map[string]struct{ columns, wide, row string }{
		"WorkspaceClass": {"NAME PROVIDER READY AGE", "", "columns portkey True"},
		"Workspace":      {"NAME READY REASON CLASS UUID BILLING AGE", "", "columns True Available guance-prod wksp_1 free"},
		"ApiKey":         {"NAME READY REASON WORKSPACE SECRET EXPIRES AGE", "KEY ID", "columns True Available team-a ci-key 2027-01-01T00:00:00Z"},
		"Orphan":         {"NAME PROVIDER CLASS KIND NAMESPACE OBJECT VENDOR NAME ID REASON SINCE", "WORKSPACE MESSAGE", "columns portkey portkey-prod ApiKey team-a ci ci-mark-1 key-1 Abandoned"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			k, o := kinds()[name], printed(at)[name]
			o.SetName("columns")
			written := s.createTyped(t, k, o)
			if !k.statusless {
				fill(written, o)
				if _, err := s.updateStatus(t, k, written); err != nil {
					t.Fatal(err)
				}
			}
			table := s.table(t, k, "columns")
			var columns, wide []string
			for _, column := range table.ColumnDefinitions {
				if column.Priority == 0 {
					columns = append(columns, strings.ToUpper(column.Name))
				} else {
					wide = append(wide, column.Name)
				}
			}
			if got := strings.Join(columns, " "); got != test.columns {
				t.Errorf("columns: got %s, want %s", got, test.columns)
			}
			if got := strings.Join(wide, " "); got != test.wide {
				t.Errorf("further columns of -o wide: got %q, want %q", got, test.wide)
			}
			if got := fmt.Sprintln(table.Rows[0].Cells...); !strings.HasPrefix(got, test.row+" ") {
				t.Errorf("row: got %s, want it to begin with %s", got, test.row)
			}
		})
	}
}

// printed are objects of which every column says something.
func printed(at metav1.Time) map[string]object {
	all := fullObjects(at)
	all["Orphan"] = gen.Orphan("full", gen.SetOrphanSpec(func(spec *v1alpha1.OrphanSpec) {
		spec.ID, spec.Name, spec.WorkspaceUUID, spec.Message, spec.Since = "key-1", "ci-mark-1", "ws-1", "revoke it", at
	}))
	return all
}

func (s *suite) table(t *testing.T, k kind, name string) *metav1.Table {
	t.Helper()
	answer, err := s.client.Get().NamespaceIfScoped(namespace, k.namespaced).Resource(k.resource).Name(name).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").Do(t.Context()).Raw()
	if err != nil {
		t.Fatal(err)
	}
	table := &metav1.Table{}
	if err := json.Unmarshal(answer, table); err != nil {
		t.Fatal(err)
	}
	return table
}
