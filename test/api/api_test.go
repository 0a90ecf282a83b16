package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	kjson "sigs.k8s.io/json"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/cluster"
)

const namespace = "team"

// kind is one of the four, with the required part of its spec as the inside of a YAML flow mapping.
type kind struct {
	name, resource string
	namespaced     bool
	// statusless: it is written once, and nothing becomes of it.
	statusless bool
	base       string
	empty      func() object
}

// object is what the kinds have in common.
type object interface {
	runtime.Object
	metav1.Object
}

func workspaceClass() kind {
	return kind{
		name: "WorkspaceClass", resource: "workspaceclasses",
		base:  "provider: {portkey: {endpoint: https://api.portkey.ai/v1}}, credentialsRef: {name: admin, namespace: ops}",
		empty: func() object { return &v1alpha1.WorkspaceClass{} },
	}
}

func workspace() kind {
	return kind{name: "Workspace", resource: "workspaces", namespaced: true, empty: func() object { return &v1alpha1.Workspace{} }}
}

func apiKey() kind {
	return kind{name: "ApiKey", resource: "apikeys", namespaced: true, base: "workspaceRef: {name: w}", empty: func() object { return &v1alpha1.ApiKey{} }}
}

func orphan() kind {
	return kind{
		name: "Orphan", resource: "orphans", namespaced: true, statusless: true,
		base:  "object: {kind: ApiKey, namespace: team-a, name: ci, uid: 0f-1}, since: 2027-01-01T00:00:00Z, reason: Abandoned",
		empty: func() object { return &v1alpha1.Orphan{} },
	}
}

// suite is a control plane with the CRDs, and raw access to it.
type suite struct {
	config *rest.Config
	client rest.Interface
}

// TestAPI starts one control plane for all its parts: the start is what takes the time.
func TestAPI(t *testing.T) {
	crds, err := cluster.CRDDir()
	if err != nil {
		t.Fatal(err)
	}
	control, err := cluster.Start(t.Context(), cluster.Options{CRDDirs: []string{crds}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := control.Stop(); err != nil {
			t.Errorf("stop the control plane: %v", err)
		}
	})
	s := newSuite(t, control.Config())
	for k, cases := range allCases() {
		t.Run(k, func(t *testing.T) { s.submit(t, kinds()[k], cases) })
	}
	t.Run("discovery", s.discovery)
	t.Run("status", s.status)
	t.Run("printer columns", s.printerColumns)
	t.Run("apply twice", s.applyTwice)
	t.Run("builders", s.builders)
}

func kinds() map[string]kind {
	return map[string]kind{"WorkspaceClass": workspaceClass(), "Workspace": workspace(), "ApiKey": apiKey(), "Orphan": orphan()}
}

func newSuite(t *testing.T, config *rest.Config) *suite {
	t.Helper()
	core := kubernetes.NewForConfigOrDie(config)
	if _, err := core.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	raw := rest.CopyConfig(config)
	raw.APIPath = "/apis"
	raw.GroupVersion = &v1alpha1.GroupVersion
	raw.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.RESTClientFor(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &suite{config: config, client: client}
}

// testCase is a spec that is submitted, and every complaint the API server answers with.
type testCase struct {
	name string
	// before is the spec of an object that exists already: spec is then an update of it.
	before string
	// spec is the inside of a YAML flow mapping, to which the required part of the kind is added; with braces it is the whole spec.
	spec string
	// want are the complaints as "field: message"; none means that it is accepted.
	want []string
}

// submit submits the cases. What is accepted must be readable to the operator as well: an object that its informers cannot decode would stop them for everybody.
func (s *suite) submit(t *testing.T, k kind, cases []testCase) {
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			name := fmt.Sprintf("case-%d", i)
			answer, err := s.write(t.Context(), k, name, c)
			if diff := cmp.Diff(sorted(c.want), complaints(err)); diff != "" {
				t.Fatalf("the complaints about\n  %s\ndiffer (-want +got):\n%s", c.spec, diff)
			}
			if len(c.want) == 0 {
				s.roundTrip(t, k, answer)
			}
		})
	}
}

// write creates the case's object, or creates what was before it and updates that.
func (s *suite) write(ctx context.Context, k kind, name string, c testCase) ([]byte, error) {
	if c.before == "" {
		return s.create(ctx, k, manifest(k, name, "", c.spec))
	}
	created, err := s.create(ctx, k, manifest(k, name, "", c.before))
	if err != nil {
		return nil, fmt.Errorf("the object to update was refused: %w", err)
	}
	var meta metav1.PartialObjectMetadata
	if err := json.Unmarshal(created, &meta); err != nil {
		return nil, err
	}
	return s.update(ctx, k, name, manifest(k, name, meta.ResourceVersion, c.spec))
}

func manifest(k kind, name, resourceVersion, spec string) []byte {
	switch {
	case strings.HasPrefix(spec, "{"), spec == "null": // complete
	case k.base == "":
		spec = "{" + spec + "}"
	default:
		spec = "{" + k.base + ", " + spec + "}"
	}
	return fmt.Appendf(nil, "apiVersion: %s\nkind: %s\nmetadata: {name: %q, resourceVersion: %q}\nspec: %s\n", v1alpha1.GroupVersion, k.name, name, resourceVersion, spec)
}

func (s *suite) create(ctx context.Context, k kind, body []byte) ([]byte, error) {
	return s.do(ctx, s.client.Post().SetHeader("Content-Type", "application/yaml"), k, body)
}

func (s *suite) update(ctx context.Context, k kind, name string, body []byte) ([]byte, error) {
	return s.do(ctx, s.client.Put().Name(name).SetHeader("Content-Type", "application/yaml"), k, body)
}

func (s *suite) do(ctx context.Context, request *rest.Request, k kind, body []byte) ([]byte, error) {
	result := request.NamespaceIfScoped(namespace, k.namespaced).Resource(k.resource).Param("fieldValidation", "Strict").SetHeader("Accept", "application/json").Body(body).Do(ctx)
	if err := result.Error(); err != nil {
		return nil, err
	}
	return result.Raw()
}

// complaints are the causes of a refusal, or its whole message where it has none.
func complaints(err error) []string {
	if err == nil {
		return nil
	}
	status, ok := err.(apierrors.APIStatus)
	if !ok || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return []string{err.Error()}
	}
	var found []string
	for _, cause := range status.Status().Details.Causes {
		if cause.Field != "<nil>" { // names no field, and says no more than those that do
			found = append(found, cause.Field+": "+cause.Message)
		}
	}
	return sorted(found)
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// roundTrip reads what the API server stored with the Go types, writes it back as they print it, and expects nothing to be lost or refused on the way.
func (s *suite) roundTrip(t *testing.T, k kind, stored []byte) {
	t.Helper()
	first := decode(t, k, stored)
	encoded, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("the Go types cannot encode what they decoded: %v", err)
	}
	if diff := cmp.Diff(spec(t, stored), spec(t, encoded)); diff != "" {
		t.Errorf("the Go types lose or change something (-stored +Go):\n%s", diff)
	}
	again, err := s.update(t.Context(), k, first.GetName(), encoded)
	if err != nil {
		t.Fatalf("the API server refuses what the Go types made of an accepted object: %v", err)
	}
	second := decode(t, k, again)
	second.SetResourceVersion(first.GetResourceVersion())
	second.SetGeneration(first.GetGeneration())
	second.SetManagedFields(first.GetManagedFields())
	if !equality.Semantic.DeepEqual(first, second) {
		t.Errorf("written back it is another object (-first +second):\n%s", cmp.Diff(first, second))
	}
}

func decode(t *testing.T, k kind, data []byte) object {
	t.Helper()
	o := k.empty()
	strict, err := kjson.UnmarshalStrict(data, o)
	if err != nil || len(strict) > 0 {
		t.Fatalf("the Go types cannot decode an accepted object: %v %v\n%s", err, strict, data)
	}
	return o
}

// spec is the spec in one spelling, however its times and durations were written.
func spec(t *testing.T, data []byte) any {
	t.Helper()
	var o struct {
		Spec map[string]any `json:"spec"`
	}
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return normal(o.Spec)
}

func normal(value any) any {
	switch v := value.(type) {
	case map[string]any:
		result := map[string]any{}
		for key, item := range v {
			if n := normal(item); n != nil {
				result[key] = n
			}
		}
		if len(result) == 0 {
			return nil // the Go types omit what is empty
		}
		return result
	case []any:
		if len(v) == 0 {
			return nil
		}
		result := make([]any, len(v))
		for i, item := range v {
			result[i] = normal(item)
		}
		return result
	case string:
		if d, err := time.ParseDuration(v); err == nil {
			return d.String()
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.UTC().Truncate(time.Second).Format(time.RFC3339)
		}
	}
	return value
}
