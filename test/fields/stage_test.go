package fields

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	apitypes "k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	patience = time.Minute
	interval = 100 * time.Millisecond
	// quiet is how long something is watched that must not happen.
	quiet = 2 * time.Second
)

// stage is where one row plays: a namespace and an emulator of its own.
type stage struct {
	*testing.T
	h  *harness.Harness
	ns string
	// v is the emulator that the class points at, other one that a row can point it at.
	v, other *harness.Vendors
	row      row
	// existing is a workspace at the vendor that was there before.
	existing string

	class *v1alpha1.WorkspaceClass
	ws    *v1alpha1.Workspace
	key   *v1alpha1.ApiKey
	// subject is the one of these whose spec has the leaf; object is the one that was created last.
	subject, object client.Object
	base            map[string]any
	gone            bool
	names           int

	// keyID is that of the key before the step; writes is how many requests the vendor had been sent by then to change something.
	keyID  string
	writes int
	// past are the ids of keys that others have replaced, the latest last.
	past []string
	// values is what $NAME stands for beside what the stage itself knows.
	values map[string]string
}

// play applies what the row says, step by step, and takes down what that did to the leaf.
func play(t *testing.T, h *harness.Harness, r row) *deeds {
	s := &stage{T: t, h: h, row: r, values: map[string]string{}}
	s.Cleanup(func() {
		if s.Failed() {
			s.Log(s.describe())
		}
	})
	s.set()
	done := &deeds{}
	for i, step := range r.steps {
		s.begin()
		s.Logf("step %d: %q", i+1, step.spec)
		spec := merged(s.base, s.parse(step.spec))
		err := s.apply(spec)
		switch {
		case step.refusal == "" && err != nil:
			s.Fatalf("step %d, %q: %v", i+1, step.spec, err)
		case step.refusal != "":
			s.Expect(err).To(MatchError(ContainSubstring(step.refusal)), "step %d, %q", i+1, step.spec)
		}
		for _, see := range step.see {
			see(s)
		}
		done.note(valuesAt(spec, r.path), err == nil)
	}
	return done
}

// set makes all that the first step needs.
func (s *stage) set() {
	start := s.row.vendors
	if start == nil {
		start = harness.NewVendors
	}
	s.v, s.ns = start(s, emulator.Options{}), s.h.Namespace(s)
	if harness.Importable(s.row.vendor) != "" {
		s.existing = s.importable()
	}
	if s.row.prepare != nil {
		s.row.prepare(s)
	}
	spec := s.row.class
	if s.row.kind == kindClass {
		spec = s.row.base
	}
	s.class = s.h.Class(s, s.v, s.row.vendor, gen.SetWorkspaceClassRateLimit(60000, 30000), func(c *v1alpha1.WorkspaceClass) {
		s.class = c // for $class
		restrict(s, &c.Spec, spec)
	})
	s.subject = s.class
	switch s.row.kind {
	case kindClass:
		s.object, s.base = s.class, s.specOf(s.class)
	case kindWorkspace:
		s.base = merged(s.workspaceSpec(), s.parse(s.row.base))
	case kindKey:
		s.Expect(s.create(kindWorkspace, s.workspaceSpec())).To(Succeed())
		s.h.WaitReady(s, s.ws)
		s.base = merged(s.keySpec(), s.parse(s.row.base))
	}
}

// begin takes down how things stand before a step.
func (s *stage) begin() {
	s.refresh()
	s.writes = s.changes()
	if s.key != nil {
		s.keyID = s.key.Status.KeyID
	}
}

// apply makes the object of the row, or replaces its spec.
func (s *stage) apply(spec map[string]any) error {
	if s.row.kind == kindWorkspace && (s.ws == nil || s.gone) || s.row.kind == kindKey && (s.key == nil || s.gone) {
		s.gone = false
		err := s.create(s.row.kind, spec)
		s.subject = s.object
		return err
	}
	s.object = s.subject
	data, err := json.Marshal([]map[string]any{{"op": "replace", "path": "/spec", "value": spec}})
	if err != nil {
		return err
	}
	// What comes back is the object with its new generation, so that nobody takes its old state for the new one.
	return s.h.Client.Patch(s.Context(), s.subject, client.RawPatch(apitypes.JSONPatchType, data))
}

// create makes an object with exactly this spec, which becomes the one that is looked at.
func (s *stage) create(kind string, spec map[string]any) error {
	s.names++
	made := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	made.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	made.SetNamespace(s.ns)
	made.SetName(fmt.Sprintf("%s-%d", strings.ToLower(kind), s.names))
	if err := s.h.Client.Create(s.Context(), made); err != nil {
		return err
	}
	if kind == kindKey {
		s.key = &v1alpha1.ApiKey{}
		s.object = s.key
	} else {
		s.ws = &v1alpha1.Workspace{}
		s.object = s.ws
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(made.Object, s.object)
}

// workspaceSpec is the spec of a Workspace that needs nothing more to become Ready.
func (s *stage) workspaceSpec() map[string]any {
	return s.specOf(harness.NewWorkspace(s.row.vendor, s.ns, "any", s.class.Name, gen.SetWorkspaceExternalID(s.existing)))
}

// keySpec is the same of an ApiKey.
func (s *stage) keySpec() map[string]any {
	return s.specOf(harness.NewKey(s.row.vendor, s.ns, "any", s.ws.Name))
}

func (s *stage) specOf(object client.Object) map[string]any {
	all, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	s.Expect(err).NotTo(HaveOccurred())
	spec, _, err := unstructured.NestedMap(all, "spec")
	s.Expect(err).NotTo(HaveOccurred())
	return spec
}

// importable makes a workspace at the vendor, as a person would at its console, and returns its id.
func (s *stage) importable() string { return s.importableAt(s.v) }

func (s *stage) importableAt(v *harness.Vendors) string {
	fields := map[string]any{"name": console}
	if known := harness.Importable(s.row.vendor); known != "" {
		s.names++
		fields["id"] = fmt.Sprintf("%s-%s-%d", known, s.ns, s.names)
	}
	made, err := v.CreateObject(s.row.vendor, "workspaces", fields)
	s.Expect(err).NotTo(HaveOccurred())
	text, err := json.Marshal(made)
	s.Expect(err).NotTo(HaveOccurred())
	var object struct{ ID, UUID string }
	s.Expect(json.Unmarshal(text, &object)).To(Succeed())
	return object.ID + object.UUID
}

// console is the name of what was made at the vendor's console.
const console = "made in the console"

// restrict merges YAML into the spec of a class.
func restrict(s *stage, spec *v1alpha1.WorkspaceClassSpec, text string) {
	all, err := json.Marshal(merged(s.specOf(&v1alpha1.WorkspaceClass{Spec: *spec}), s.parse(text)))
	s.Expect(err).NotTo(HaveOccurred())
	*spec = v1alpha1.WorkspaceClassSpec{}
	s.Expect(json.Unmarshal(all, spec)).To(Succeed())
}

func (s *stage) parse(text string) map[string]any {
	object := map[string]any{}
	s.Expect(yaml.Unmarshal([]byte(s.expand(text)), &object)).To(Succeed(), text)
	return object
}

// expand puts what the run knows in the place of $name: of the class, of the latest Workspace and the latest ApiKey, of the namespace; existing is the id of a workspace that
// is at the vendor; endpoint and other are the emulators' addresses; value is the live key.
func (s *stage) expand(text string) string {
	var known []string
	for name, value := range s.values {
		known = append(known, "$"+name, value)
	}
	known = append(known, "$namespace", s.ns, "$existing", s.existing, "$endpoint", s.v.Endpoint(s.row.vendor))
	if s.class != nil {
		known = append(known, "$class", s.class.Name)
	}
	if s.ws != nil {
		known = append(known, "$workspace", s.ws.Name)
	}
	if s.key != nil {
		known = append(known, "$key", s.key.Name)
	}
	if s.other != nil {
		known = append(known, "$other", s.other.Endpoint(s.row.vendor))
	}
	return strings.NewReplacer(known...).Replace(text)
}

// merged is a merge patch on a copy.
func merged(base, patch map[string]any) map[string]any {
	result := runtime.DeepCopyJSON(base)
	for name, value := range patch {
		below, isObject := value.(map[string]any)
		under, hasObject := result[name].(map[string]any)
		switch {
		case value == nil:
			delete(result, name)
		case isObject && hasObject:
			result[name] = merged(under, below)
		default:
			result[name] = value
		}
	}
	return result
}

// Expect is gomega's.
func (s *stage) Expect(actual any, extra ...any) types.Assertion {
	s.Helper()
	return NewWithT(s).Expect(actual, extra...)
}

// Eventually is gomega's, with patience.
func (s *stage) Eventually(actual any) types.AsyncAssertion {
	s.Helper()
	return NewWithT(s).Eventually(actual).WithTimeout(patience).WithPolling(interval)
}

// Consistently is gomega's, for a short time.
func (s *stage) Consistently(actual any) types.AsyncAssertion {
	s.Helper()
	return NewWithT(s).Consistently(actual).WithTimeout(quiet).WithPolling(interval)
}

// secret reads a Secret of the stage's namespace; nil if there is none.
func (s *stage) secret(name string) *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.ns, Name: name}}
	err := s.h.Client.Get(s.Context(), client.ObjectKeyFromObject(secret), secret)
	if client.IgnoreNotFound(err) != nil {
		s.Fatal(err)
	}
	if err != nil {
		return nil
	}
	return secret
}
