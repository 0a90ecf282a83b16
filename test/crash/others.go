package crash

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// What the operator must leave alone, because it is somebody else's or has been left to somebody.

// makeKey is made by hand in the vendor's console, in the same workspace. It is called as a key of ours, but for the mark, which is that of an ApiKey of another cluster.
func makeKey(w *World) {
	workspace := "workspaceID"
	if w.vendor == harness.Guance {
		workspace = "workspaceUUID"
	}
	name := keyName + "-" + provider.MarkFor("an ApiKey of another cluster").WithSerial(1).String()
	w.memory.console(w, func() {
		_, err := w.emulator.CreateObject(w.vendor, "keys", map[string]any{"name": name, workspace: w.workspace().Status.UUID})
		must(w.t, err)
	})
}

// makeSecret takes the name that the ApiKey's Secret is to have.
func makeSecret(w *World) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: keyName}, Data: map[string][]byte{"password": []byte("of a database")}}
	w.create(secret)
	w.memory.secrets = append(w.memory.secrets, secret)
}

// letKeyGo deletes an ApiKey that is to leave its key: from then on that is nobody's here.
func letKeyGo(w *World) {
	edit(w, w.key(), func(key *v1alpha1.ApiKey) { key.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
	key := w.key()
	w.memory.retained[key.UID] = true
	w.memory.leave(w, key.Status.KeyID)
	w.delete(key)
}

// letWorkspaceGo deletes a Workspace that was taken over, and leaves what was there before it.
func letWorkspaceGo(w *World) {
	ws := w.workspace()
	w.memory.retained[ws.UID] = true
	w.memory.leave(w, w.existing)
	w.delete(ws)
}

// lag is for how long the lists hide what is new, where they do: less than the operator waits.
const lag = 8 * time.Second

// showLate has the vendor's lists hide what is new.
func showLate(w *World) {
	w.memory.lag = lag
	must(w.t, w.emulator.SetSettings(w.vendor, map[string]any{"listLagMillis": lag.Milliseconds()}))
}
