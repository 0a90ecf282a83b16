package e2e

import (
	"context"
	"time"

	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// rotatingKeys has an ApiKey in the world of each vendor, ready to be rotated.
func rotatingKeys(worlds []*World) map[*World]*v1alpha1.ApiKey {
	keys := map[*World]*v1alpha1.ApiKey{}
	for _, w := range worlds {
		_, keys[w] = w.readyKey(rotating())
	}
	for _, w := range worlds {
		w.settled(keys[w])
	}
	return keys
}

func (w *World) siblings() []*World {
	var worlds []*World
	for _, vendor := range issuing() {
		worlds = append(worlds, w.sibling(vendor))
	}
	return worlds
}

// interruptedBeforeSecret ends the operator while the vendors have issued the next key and have not answered yet: its value is lost.
func interruptedBeforeSecret(w *World) {
	program := w.program()
	running := w.start(program)
	worlds := w.siblings()
	keys, old := rotatingKeys(worlds), map[*World]string{}
	for _, w := range worlds {
		method, route := w.issue()
		w.fail(fault.Fault{Method: method, Route: route, Action: fault.Delay, DelayMillis: 3 * answerMillis, Late: true, Times: 1})
		old[w] = w.rotate(keys[w])
	}
	for _, w := range worlds {
		w.Eventually(func() int { return len(w.liveKeys()) }).Should(Equal(2), "the vendor to do the work")
	}
	for _, w := range worlds {
		w.Expect(w.minted()).To(Equal(1), "the vendor has not answered yet")
	}
	running = w.kill(running, program)
	for _, w := range worlds {
		key := keys[w]
		if w.vendor == harness.Slaunchx {
			harness.Wait(w, w.h, key, "the unknown outcome to be said", func(seen *v1alpha1.ApiKey) bool { return len(seen.Status.Unresolved) == 1 })
			w.Expect(key.Status.KeyID).To(Equal(old[w]))
			w.published(key)
			w.Expect(harness.IsReady(key)).To(BeTrue())
			w.poke(key)
			w.Expect(w.minted()).To(Equal(2), "it is never sent again by itself")
			w.removeLost(key)
			w.denies(key)
		}
		w.another(key, old[w])
		w.retired(key)
		w.Expect(w.minted()).To(Equal(3), "the lost one is made up for, once")
		w.Expect(w.liveKeys()).To(HaveLen(1))
		w.Expect(w.brokenPromises()).To(BeEmpty())
	}
	w.Expect(running.Stop()).To(Succeed())
}

// interruptedBeforeStatus ends the operator when the Secret holds the next key and the status does not know it.
func interruptedBeforeStatus(w *World) {
	program := w.program()
	running := w.start(program)
	worlds := w.siblings()
	keys, old, lift := rotatingKeys(worlds), map[*World]string{}, map[*World][]client.Object{}
	for _, w := range worlds {
		policy, binding := w.statusPolicy()
		lift[w] = []client.Object{binding, policy}
		old[w] = w.rotate(keys[w])
	}
	for _, w := range worlds {
		w.Eventually(func() string { return w.secret(keys[w].Name).Annotations[v1alpha1.AnnotationRotatedFor] }).ShouldNot(BeEmpty(), "the Secret holds the new key")
	}
	running.Process.Kill()
	<-running.Process.Done()
	for _, w := range worlds {
		w.get(keys[w])
		w.Expect(keys[w].Status.KeyID).To(Equal(old[w]), "status does not know it")
		w.delete(lift[w]...)
	}
	running = w.start(program)
	for _, w := range worlds {
		w.pokeUntil(keys[w], "the new key to be on record", func(seen client.Object) bool {
			key, ok := seen.(*v1alpha1.ApiKey)
			return ok && harness.IsReady(key) && key.Status.KeyID != old[w]
		})
		w.published(keys[w])
		w.retired(keys[w])
		w.Expect(w.minted()).To(Equal(2), "the next key was issued once")
		w.Expect(w.liveKeys()).To(HaveLen(1))
		w.Expect(w.brokenPromises()).To(BeEmpty())
	}
	w.Expect(running.Stop()).To(Succeed())
}

// withoutSecretWatch takes the right to list Secrets away, as config/least-privilege does.
func withoutSecretWatch(w *World) {
	program := w.program()
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "workspace-operator-secret-watch"}}
	w.get(binding)
	w.delete(binding)
	w.Cleanup(func() {
		binding.ResourceVersion = ""
		if err := w.h.Client.Create(context.Background(), binding); err != nil {
			w.Error(err)
		}
	})
	running := w.start(program, "--watch-secrets=false")
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassResyncInterval(3*time.Second)))
	key := w.key("key", ws.Name, rotating())
	w.h.WaitReady(w, ws, key)
	w.another(key, w.rotate(key))
	w.retired(key)
	old := key.Status.KeyID
	w.delete(w.secret(key.Name))
	w.another(key, old)
	w.Expect(w.liveKeys()).To(HaveLen(1), "the lost key is revoked")
	w.patch(w.secret(key.Name), map[string]any{"data": map[string]any{"provider": nil}})
	w.Eventually(func() map[string][]byte { return w.secret(key.Name).Data }).Should(HaveKey("provider"))
	w.published(key)
	w.Expect(running.Log()).NotTo(ContainSubstring("forbidden"))
	w.Expect(running.Stop()).To(Succeed())
}
