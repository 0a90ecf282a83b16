package e2e

import (
	"fmt"
	"sync"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func waiting() []scenario {
	s := about("an ApiKey")
	s.each("waits for a Workspace that does not exist yet", workspaceToCome)
	s.each("waits for a Workspace that is not Ready", workspaceNotReady)
	s.each("of two that name one Secret the older gets it", twoForOneSecret)
	s.each("of 20 at once that name one Secret one gets it", manyForOneSecret)
	s.each("deleted and made anew owns nothing of its predecessor's", madeAnew)
	return s.all
}

func workspaceToCome(w *World) {
	key := w.key("key", "workspace")
	w.refused(key, v1alpha1.ReasonWorkspaceNotFound, `"workspace"`)
	w.Expect(key.Finalizers).To(BeEmpty())
	ws := w.readyWorkspace()
	w.h.WaitReady(w, ws, key)
	w.Expect(w.minted()).To(Equal(1))
}

func workspaceNotReady(w *World) {
	class := w.class()
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Status, Status: 400, Body: w.vendorError("400", "AB01", "ft.ParameterError", "no")})
	ws := w.workspace("workspace", class)
	key := w.key("key", ws.Name)
	w.refused(ws, v1alpha1.ReasonRefused)
	w.working(key, v1alpha1.ReasonWorkspaceNotReady, ws.Name)
	w.poke(key)
	w.Expect(w.minted()).To(BeZero())
	w.v.ClearFaults()
	w.pokeUntilReady(ws)
	w.h.WaitReady(w, key)
	w.Expect(w.minted()).To(Equal(1))
}

func twoForOneSecret(w *World) {
	ws := w.readyWorkspace()
	older := w.key("older", ws.Name, gen.SetApiKeySecretName("shared"))
	w.h.WaitReady(w, older)
	younger := w.key("younger", ws.Name, gen.SetApiKeySecretName("shared"))
	w.refused(younger, v1alpha1.ReasonSecretConflict, `"shared"`)
	before := w.secret("shared")
	w.poke(younger, older)
	w.Expect(w.secret("shared")).To(Equal(before), "there is no ping-pong")
	w.Expect(w.minted()).To(Equal(1))
	w.published(older)
	w.delete(older)
	w.h.WaitGone(w, older, before)
	w.pokeUntilReady(younger)
	w.published(younger)
	w.Expect(w.minted()).To(Equal(2))
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

// manyForOneSecret creates them before their Workspace is Ready, so that all set off at the same moment.
func manyForOneSecret(w *World) {
	keys := make([]*v1alpha1.ApiKey, manyKeys)
	var creating sync.WaitGroup
	for i := range keys {
		keys[i] = w.newKey(fmt.Sprintf("key-%d", i), "workspace", gen.SetApiKeySecretName("shared"))
		creating.Go(func() {
			if err := w.h.Client.Create(w.Context(), keys[i]); err != nil {
				w.Error(err)
			}
		})
	}
	creating.Wait()
	w.readyWorkspace()
	ready := 0
	for _, key := range keys {
		harness.Wait(w, w.h, key, "an end to the race", func(seen *v1alpha1.ApiKey) bool {
			return harness.IsReady(seen) || harness.HasReason(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonSecretConflict)
		})
		if harness.IsReady(key) {
			ready++
			w.published(key)
		}
	}
	w.Expect(ready).To(Equal(1))
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.Expect(w.minted()).To(Equal(1), "the others have no key issued, not even for a moment")
}

func madeAnew(w *World) {
	ws, key := w.readyKey()
	w.Expect(w.h.Client.Delete(w.Context(), key, client.PropagationPolicy(metav1.DeletePropagationOrphan))).To(Succeed())
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty())
	left := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: key.Name}}
	w.get(left)
	w.Expect(left.OwnerReferences).To(BeEmpty(), "the garbage collector has orphaned it")
	second := w.key(key.Name, ws.Name)
	w.refused(second, v1alpha1.ReasonSecretConflict)
	w.Expect(w.minted()).To(Equal(1))
	w.delete(left)
	w.pokeUntilReady(second)
	w.published(second)
	w.Expect(second.Status.KeyID).NotTo(Equal(key.Status.KeyID))
}
