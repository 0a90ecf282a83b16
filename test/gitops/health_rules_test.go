package gitops

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// with is a Workspace of generation 2 that was seen at another, and has these conditions.
func with(observed int64, conditions ...metav1.Condition) *v1alpha1.Workspace {
	return &v1alpha1.Workspace{
		ObjectMeta: metav1.ObjectMeta{Generation: 2},
		Status:     v1alpha1.WorkspaceStatus{ObservedGeneration: observed, Conditions: conditions},
	}
}

// going is one that was deleted.
func going(ws *v1alpha1.Workspace) *v1alpha1.Workspace {
	ws.DeletionTimestamp = new(metav1.Unix(900, 0))
	return ws
}

func is(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: "a sentence", ObservedGeneration: 2, LastTransitionTime: metav1.Unix(1000, 0),
	}
}

func untyped(t interface{ Fatal(args ...any) }, object any) *unstructured.Unstructured {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: content}
}

func TestWhatArgoCDShows(t *testing.T) {
	ready, paused := is("Ready", "True", "Available"), is("Paused", "True", "Paused")
	const unseen = "the operator has not seen the latest spec yet"
	argo := newArgoCD(t)
	for name, row := range map[string]struct {
		object *v1alpha1.Workspace
		want   Health
	}{
		"not seen yet":               {with(-1), Health{Progressing, unseen}},
		"edited since":               {with(1, ready), Health{Progressing, unseen}},
		"an edit that was refused":   {with(1, is("Ready", "False", "Refused"), is("Stalled", "True", "Refused")), Health{Progressing, unseen}},
		"usable":                     {with(2, ready, is("Synced", "True", "InSync")), Health{Healthy, "Available: a sentence"}},
		"usable, not as edited":      {with(2, is("Synced", "False", "NotApplied"), ready), Health{Healthy, "NotApplied: a sentence"}},
		"usable, nobody answers":     {with(2, is("AccountReady", "False", "VendorUnavailable"), ready), Health{Healthy, "VendorUnavailable: a sentence"}},
		"worked on":                  {with(2, is("Ready", "False", "Provisioning"), is("Reconciling", "True", "Provisioning")), Health{Progressing, "Provisioning: a sentence"}},
		"worked on, and usable":      {with(2, ready, is("Reconciling", "True", "Updating")), Health{Progressing, "Updating: a sentence"}},
		"waiting for a person":       {with(2, is("Ready", "False", "Refused"), is("Stalled", "True", "Refused")), Health{Degraded, "Refused: a sentence"}},
		"waiting for its account":    {with(2, is("AccountReady", "False", "No"), is("Stalled", "True", "No"), is("Ready", "False", "No")), Health{Degraded, "No: a sentence"}},
		"no reason to wait is known": {with(2, is("Ready", "False", "Unheard")), Health{Progressing, "Unheard: a sentence"}},
		"going":                      {going(with(2, is("Ready", "False", "InUse"), is("Reconciling", "True", "InUse"))), Health{Progressing, "InUse: a sentence"}},
		"going, nothing to say":      {going(with(-1)), Health{Progressing, "it is being deleted"}},
		"going, and stuck":           {going(with(2, is("Ready", "False", "Refused"), is("Stalled", "True", "Refused"))), Health{Progressing, "Refused: a sentence"}},
		"going, and paused":          {going(with(2, is("Ready", "True", "Available"), paused)), Health{Progressing, "Paused: a sentence"}},
		"paused":                     {with(2, ready, paused), Health{Suspended, "Paused: a sentence"}},
		"paused, and edited":         {with(1, ready, paused), Health{Suspended, "Paused: a sentence"}},
		"paused from the start":      {with(-1, paused), Health{Suspended, "Paused: a sentence"}},
		"paused no longer":           {with(2, ready, is("Paused", "False", "Resumed")), Health{Healthy, "Available: a sentence"}},
	} {
		got, err := argo.Health(t.Context(), untyped(t, row.object))
		if err != nil || got != row.want {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, row.want)
		}
		if differ, err := argo.Disagreement(t.Context(), row.object); err != nil || differ != "" {
			t.Errorf("%s: %s %v", name, differ, err)
		}
	}
}

// TestNothingIsHealthyThatWasNotSeen: kstatus takes what has no status for well. Our API server never shows such an object; whoever makes one is not misled.
func TestNothingIsHealthyThatWasNotSeen(t *testing.T) {
	bare := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"generation": int64(1)}}}
	health, err := newArgoCD(t).Health(t.Context(), bare)
	if err != nil || health.Status != Progressing {
		t.Errorf("an object without a status is %+v %v, want Progressing", health, err)
	}
}

// TestArgoCDAgreesWithKstatusOnAnyStatus takes every status that breaks no rule.
func TestArgoCDAgreesWithKstatusOnAnyStatus(t *testing.T) {
	argo := newArgoCD(t)
	rapid.Check(t, func(t *rapid.T) {
		ws := anyStatus(t)
		if all := kstatus.Violations(ws, time.Now()); len(all) > 0 {
			t.Fatalf("the test makes what nobody would write: %q", all)
		}
		if differ, err := argo.Disagreement(context.Background(), ws); err != nil || differ != "" {
			t.Fatalf("%s %v\n%+v", differ, err, ws)
		}
	})
}

func anyStatus(t *rapid.T) *v1alpha1.Workspace {
	ws := &v1alpha1.Workspace{}
	ws.Generation = rapid.Int64Range(2, 3).Draw(t, "generation") // an observed generation of zero is left out of JSON
	ws.Status.ObservedGeneration = rapid.SampledFrom([]int64{-1, ws.Generation - 1, ws.Generation, ws.Generation}).Draw(t, "observed")
	if rapid.Bool().Draw(t, "deleted") {
		going(ws)
	}
	var all []metav1.Condition
	if ws.Status.ObservedGeneration > 0 {
		notReady := rapid.SampledFrom([]metav1.ConditionStatus{"False", "Unknown"}).Draw(t, "not Ready")
		all = rapid.SampledFrom([][]metav1.Condition{
			{is("Ready", "True", "Well")},
			{is("Ready", notReady, "Working"), is("Reconciling", "True", "Working")},
			{is("Ready", notReady, "Waiting"), is("Stalled", "True", "Waiting")},
		}).Draw(t, "summary")
	}
	for _, kind := range []string{"Synced", "AccountReady", "Paused"} {
		if status := rapid.SampledFrom([]metav1.ConditionStatus{"", "True", "False", "Unknown"}).Draw(t, kind); status != "" {
			all = append(all, is(kind, status, "Reason"))
		}
	}
	for i := range all {
		all[i].ObservedGeneration = ws.Status.ObservedGeneration
	}
	ws.Status.Conditions = rapid.Permutation(all).Draw(t, "order")
	return ws
}

// TestTheScriptIsAlone makes sure that it would fail here by what it cannot do in Argo CD.
func TestTheScriptIsAlone(t *testing.T) {
	for name, script := range map[string]string{
		"reads files":        `return {status = "Healthy", message = io.open("/etc/hostname"):read()}`,
		"runs programs":      `os.execute("true"); return {status = "Healthy"}`,
		"formats text":       `return {status = "Healthy", message = string.format("%d", 1)}`,
		"never ends":         `while true do end`,
		"fails":              `return {status = obj.no.such.field}`,
		"gives no table":     `return "Healthy"`,
		"gives nothing":      ``,
		"says another state": `return {status = "Fine"}`,
	} {
		argo, err := Compile(script)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		health, err := argo.Health(t.Context(), untyped(t, with(2)))
		if err == nil && health.Status != Unknown {
			t.Errorf("a script that %s gives %+v, want an error or Unknown", name, health)
		}
	}
	if _, err := Compile("return {"); err == nil {
		t.Error("what is no Lua is taken")
	}
}
