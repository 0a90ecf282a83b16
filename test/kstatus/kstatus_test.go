package kstatus

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

func now() time.Time { return time.Unix(1000, 0) }

func is(kind string, status metav1.ConditionStatus) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: status, Reason: "Reason", Message: "a sentence", ObservedGeneration: 2, LastTransitionTime: metav1.NewTime(now()),
	}
}

// but is the condition, changed.
func but(c metav1.Condition, change func(*metav1.Condition)) metav1.Condition {
	change(&c)
	return c
}

func says(message string) metav1.Condition {
	return but(is("Ready", "True"), func(c *metav1.Condition) { c.Message = message })
}

func object(observed int64, conditions ...metav1.Condition) *v1alpha1.Workspace {
	return &v1alpha1.Workspace{
		ObjectMeta: metav1.ObjectMeta{Generation: 2},
		Status:     v1alpha1.WorkspaceStatus{ObservedGeneration: observed, Conditions: conditions},
	}
}

func TestWhatBreaksNoRule(t *testing.T) {
	early := func(c *metav1.Condition) { c.ObservedGeneration = 1 }
	for name, fine := range map[string]*v1alpha1.Workspace{
		"not seen yet":                  object(-1),
		"paused before it was seen":     object(-1, is("Paused", "True")),
		"Ready":                         object(2, is("Ready", "True"), is("AccountReady", "True"), is("Synced", "True")),
		"Ready, and an edit not made":   object(2, is("Ready", "True"), but(is("Synced", "False"), early)),
		"Ready, and edited since":       object(1, but(is("Ready", "True"), early)),
		"Ready, and paused":             object(2, is("Ready", "True"), is("Paused", "True")),
		"worked on":                     object(2, is("Ready", "False"), is("Reconciling", "True")),
		"waiting for a person":          object(2, is("Ready", "Unknown"), is("Stalled", "True")),
		"speaks of a key's own expiry":  object(2, says("the key ends on 2027-01-01")),
		"names what the vendor made":    object(2, says("the workspace 38c0bd8f-9326-4f4a-a7f9-1b9e40857b1a exists")),
		"a message as long as may be":   object(2, says(strings.Repeat("ü", maxMessage))),
		"the first moment of the clock": object(2, but(is("Ready", "True"), func(c *metav1.Condition) { c.LastTransitionTime = metav1.NewTime(time.Unix(1, 0)) })),
	} {
		if all := Violations(fine, now()); len(all) > 0 {
			t.Errorf("%s: %q", name, all)
		}
	}
}

// TestEveryRuleBites breaks each once; the words it is told by show that it was this one.
func TestEveryRuleBites(t *testing.T) {
	for words, broken := range map[string]*v1alpha1.Workspace{
		"the status is for generation 3":    object(3, but(is("Ready", "True"), func(c *metav1.Condition) { c.ObservedGeneration = 3 })),
		"Ready is for generation 1":         object(2, but(is("Ready", "True"), func(c *metav1.Condition) { c.ObservedGeneration = 1 })),
		"Ready is for generation 2":         object(1, is("Ready", "True")),
		"Synced is for generation 3":        object(2, is("Ready", "True"), but(is("Synced", "False"), func(c *metav1.Condition) { c.ObservedGeneration = 3 })),
		"Ready is there twice":              object(2, is("Ready", "True"), is("Ready", "True")),
		"there is no Ready":                 object(2, is("AccountReady", "True")),
		"no Ready although":                 object(-1, but(is("Stalled", "True"), func(c *metav1.Condition) { c.ObservedGeneration = -1 })),
		"at the same time":                  object(2, is("Ready", "False"), is("Reconciling", "True"), is("Stalled", "True")),
		"it is Ready, and":                  object(2, is("Ready", "True"), is("Stalled", "True")),
		"nobody knows whether to wait":      object(2, is("Ready", "False")),
		"Stalled is False":                  object(2, is("Ready", "True"), is("Stalled", "False")),
		"Reconciling is Unknown":            object(2, is("Ready", "False"), is("Reconciling", "Unknown")),
		`has the reason ""`:                 object(2, but(is("Ready", "True"), func(c *metav1.Condition) { c.Reason = "" })),
		`has the reason "not_camel"`:        object(2, but(is("Ready", "True"), func(c *metav1.Condition) { c.Reason = "not_camel" })),
		`Ready is ""`:                       object(2, is("Ready", ""), is("Stalled", "True")),
		"Ready has no time":                 object(2, but(is("Ready", "True"), func(c *metav1.Condition) { c.LastTransitionTime = metav1.Time{} })),
		"which is yet to come":              object(2, but(is("Ready", "True"), func(c *metav1.Condition) { c.LastTransitionTime = metav1.NewTime(now().Add(time.Second)) })),
		"says nothing":                      object(2, says(" ")),
		"more than 1024 characters":         object(2, says(strings.Repeat("ü", maxMessage+1))),
		"that nobody can read":              object(2, says("red \x1b[31m")),
		`nobody can read: "cut `:            object(2, says("cut \xff")),
		"shows an address":                  object(2, says("get https://vendor.test/v1: refused")),
		"one attempt to the next":           object(2, says("failed at 10:11:12")),
		`next: "failed, request ID 4711"`:   object(2, says("failed, request ID 4711")),
		`next: "failed (trace_id: 0af765)"`: object(2, says("failed (trace_id: 0af765)")),
	} {
		if all := strings.Join(Violations(broken, now()), "\n"); !strings.Contains(all, words) {
			t.Errorf("%q is not among what is wrong:\n%s", words, all)
		}
	}
}

// TestWithoutTypes is for those who read objects as they come.
func TestWithoutTypes(t *testing.T) {
	typed := object(2, is("Ready", "False"))
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		t.Fatal(err)
	}
	content["kind"] = "Workspace"
	untyped := &unstructured.Unstructured{Object: content}
	if got, want := Violations(untyped, now()), Violations(typed, now()); strings.Join(got, "\n") != strings.Join(want, "\n") || len(got) == 0 {
		t.Errorf("untyped: %q, typed: %q", got, want)
	}
}
