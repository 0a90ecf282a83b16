package e2e

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gitops"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// watcher looks at every version of every object of ours.
type watcher struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	argo   *gitops.ArgoCD

	mu    sync.Mutex
	found []string
}

func startWatcher(ctx context.Context, clusters ...*harness.Harness) (*watcher, error) {
	argo, err := gitops.NewArgoCD()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{cancel: cancel, argo: argo}
	for _, h := range clusters {
		for _, list := range []client.ObjectList{&v1alpha1.WorkspaceClassList{}, &v1alpha1.WorkspaceList{}, &v1alpha1.ApiKeyList{}} {
			w.done.Go(func() { w.follow(ctx, h, list) })
		}
	}
	return w, nil
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
			for _, broken := range w.broken(ctx, object) {
				w.note(fmt.Sprintf("%T %s/%s: %s\n%s", object, object.GetNamespace(), object.GetName(), broken, show(object)))
			}
		}
	}
}

// broken names what is wrong with a version of an object: the rules of kstatus that it breaks, what Argo CD would show otherwise, and what a Ready object lacks.
func (w *watcher) broken(ctx context.Context, object client.Object) []string {
	all := kstatus.Violations(object, time.Now())
	differ, err := w.argo.Disagreement(ctx, object)
	switch {
	case err != nil && ctx.Err() == nil:
		all = append(all, "Argo CD cannot tell how it is: "+err.Error())
	case differ != "":
		all = append(all, differ)
	}
	ready := harness.Condition(object, v1alpha1.ConditionReady)
	if ready != nil && ready.Status == metav1.ConditionTrue && !usable(object) {
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
