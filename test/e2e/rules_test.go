package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// watcher looks at every version of every object of ours.
type watcher struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	found []string
}

func startWatcher(ctx context.Context, h *harness.Harness) *watcher {
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{cancel: cancel}
	for _, list := range []client.ObjectList{&v1alpha1.WorkspaceClassList{}, &v1alpha1.WorkspaceList{}, &v1alpha1.ApiKeyList{}} {
		w.done.Go(func() { w.follow(ctx, h, list) })
	}
	return w
}

func (w *watcher) stop() {
	w.cancel()
	w.done.Wait()
}

func (w *watcher) violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found
}

func (w *watcher) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = append(w.found, text)
}

// follow watches one kind from its beginning; the API server ends a watch now and then.
func (w *watcher) follow(ctx context.Context, h *harness.Harness, list client.ObjectList) {
	version := ""
	for ctx.Err() == nil {
		events, err := h.Client.Watch(ctx, list, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}})
		if err != nil {
			if ctx.Err() == nil {
				w.note("the watch ended: " + err.Error())
			}
			return
		}
		for event := range events.ResultChan() {
			object, isObject := event.Object.(client.Object)
			if event.Type == watch.Error || !isObject {
				w.note(fmt.Sprintf("the watch broke: %v", event.Object))
				return
			}
			version = object.GetResourceVersion()
			for _, broken := range broken(object) {
				w.note(fmt.Sprintf("%T %s/%s: %s\n%s", object, object.GetNamespace(), object.GetName(), broken, show(object)))
			}
		}
	}
}

// broken names the rules that a version of an object breaks. A status that has not caught up with the spec is none of them: kstatus compares the generations.
func broken(object client.Object) []string {
	conditions, observed := statusOf(object)
	var all []string
	for _, c := range conditions {
		all = append(all, brokenWords(c)...)
		if c.ObservedGeneration != observed && c.Type != v1alpha1.ConditionSynced && c.Type != v1alpha1.ConditionPublished && c.Type != v1alpha1.ConditionReady && c.Type != v1alpha1.ConditionPaused {
			all = append(all, fmt.Sprintf("%s is for generation %d and the status for %d", c.Type, c.ObservedGeneration, observed))
		}
	}
	return append(all, brokenSummary(object, conditions, observed)...)
}

// brokenSummary is about Ready and the two abnormal conditions.
func brokenSummary(object client.Object, conditions []metav1.Condition, observed int64) []string {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	reconciling := meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling)
	stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled)
	var all []string
	for _, abnormal := range []*metav1.Condition{reconciling, stalled} {
		if abnormal != nil && abnormal.Status != metav1.ConditionTrue {
			all = append(all, abnormal.Type+" is there and not True")
		}
	}
	switch {
	case ready == nil && observed < 0:
	case ready == nil:
		all = append(all, "there is no Ready although a generation was observed")
	case reconciling != nil && stalled != nil:
		all = append(all, "it is Reconciling and Stalled at the same time")
	case ready.Status == metav1.ConditionTrue && (reconciling != nil || stalled != nil):
		all = append(all, "it is Ready, and Reconciling or Stalled")
	case ready.Status != metav1.ConditionTrue && reconciling == nil && stalled == nil:
		all = append(all, "it is not Ready, and neither Reconciling nor Stalled: nobody knows whether to wait")
	case ready.Status == metav1.ConditionTrue && !usable(object):
		all = append(all, "it is Ready without what a user needs")
	}
	return all
}

func usable(object client.Object) bool {
	switch o := object.(type) {
	case *v1alpha1.Workspace:
		return o.Status.UUID != "" && o.Status.ClassName != "" && o.Status.Provider != ""
	case *v1alpha1.ApiKey:
		return o.Status.KeyID != "" && o.Status.Binding != nil && o.Status.Binding.Name != ""
	}
	return true
}

// brokenWords is about what people read.
func brokenWords(c metav1.Condition) []string {
	var all []string
	switch {
	case c.Message == "":
		all = append(all, c.Type+" says nothing")
	case strings.ContainsFunc(c.Message, unreadable):
		all = append(all, fmt.Sprintf("%s has control characters: %q", c.Type, c.Message))
	case strings.Contains(c.Message, "://127"):
		all = append(all, c.Type+" shows an address: "+c.Message)
	}
	return all
}

func unreadable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}

func statusOf(object client.Object) (conditions []metav1.Condition, observed int64) {
	switch o := object.(type) {
	case *v1alpha1.WorkspaceClass:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.Workspace:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.ApiKey:
		return o.Status.Conditions, o.Status.ObservedGeneration
	}
	return nil, 0
}
