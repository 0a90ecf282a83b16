package engine

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

const (
	ourFinalizer = `{"f:metadata":{"f:finalizers":{".":{},"v:\"workspace-operator.io/vendor-object\"":{}}}}`
	ourLabel     = `{"f:metadata":{"f:labels":{".":{},"f:workspace-operator.io/vendor-object":{}}}}`
	theirs       = `{"f:metadata":{"f:finalizers":{".":{},"v:\"somebody.else/finalizer\"":{}}}}`
)

// TestRestored: our finalizer stands on an object that we never gave it to. The
// API server says who gave it, and when.
func TestRestored(t *testing.T) {
	created := time.Unix(1000, 0)
	entry := func(manager, subresource string, after time.Duration, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{
			Manager: manager, Subresource: subresource, Operation: metav1.ManagedFieldsOperationUpdate,
			Time: new(metav1.NewTime(created.Add(after))), FieldsV1: metav1.NewFieldsV1(fields),
		}
	}
	timeless := entry(FieldManager, "", 0, ourFinalizer)
	timeless.Time = nil
	fieldless := entry(FieldManager, "", 0, ourFinalizer)
	fieldless.FieldsV1 = nil
	given := entry(FieldManager, "", time.Second, ourFinalizer)
	for name, row := range map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    bool
	}{
		"we gave it":                                  {[]metav1.ManagedFieldsEntry{entry("kubectl", "", 0, ourLabel), given}, false},
		"we gave it in the second it was made":        {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", 0, ourFinalizer)}, false},
		"we gave it, and others theirs":               {[]metav1.ManagedFieldsEntry{entry("other", "", 0, theirs), given}, false},
		"the one who restored it did":                 {[]metav1.ManagedFieldsEntry{entry("velero", "", 0, ourFinalizer)}, true},
		"we wrote its status only":                    {[]metav1.ManagedFieldsEntry{entry("velero", "", 0, ourFinalizer), entry(FieldManager, "status", time.Second, ourFinalizer)}, true},
		"we wrote something else":                     {[]metav1.ManagedFieldsEntry{entry("velero", "", 0, ourFinalizer), entry(FieldManager, "", time.Second, ourLabel)}, true},
		"we gave it another":                          {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", time.Second, theirs)}, true},
		"what says that we gave it came along":        {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", -time.Hour, ourFinalizer)}, true},
		"it came along, and we gave it again":         {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", -time.Hour, ourFinalizer), given}, false},
		"we gave it at no time":                       {[]metav1.ManagedFieldsEntry{timeless}, true},
		"we gave something that nobody wrote down":    {[]metav1.ManagedFieldsEntry{fieldless}, true},
		"what was written down cannot be read":        {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", time.Second, `{"f:metadata":`)}, true},
		"what was written down is of another shape":   {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", time.Second, `{"f:metadata":{"f:finalizers":["x"]}}`)}, true},
		"nobody knows who wrote what: from the cache": {nil, false},
	} {
		ws := held()
		ws.CreationTimestamp, ws.ManagedFields = metav1.NewTime(created), row.entries
		if got := Restored(ws); got != row.want {
			t.Errorf("%s: got %t, want %t", name, got, row.want)
		}
		ws.Finalizers = []string{"somebody.else/finalizer"}
		if Restored(ws) {
			t.Errorf("%s, but it does not carry our finalizer: it is taken for restored", name)
		}
	}
	if want := `v:"` + v1alpha1.Finalizer + `"`; want != `v:"workspace-operator.io/vendor-object"` {
		t.Errorf("these tests are about another finalizer than %s", want)
	}
}
