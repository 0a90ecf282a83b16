package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func rotation() []scenario {
	s := about("rotation")
	s.among(issuing(), "by annotation: another key is published, and the old one is revoked after the overlap", rotatesOnRequest)
	s.among(issuing(), "without an overlap revokes the old key at once", rotatesWithoutOverlap)
	s.among(issuing(), "whose old key cannot be revoked goes on until it is", revokesInTheEnd)
	s.among(issuing(), "asked for again in the overlap waits: two keys live at most", rotatesTwice)
	s.among(issuing(), "that was missed is made up for once, however often it was missed", rotatesLate)
	s.among(issuing(), "under a clock that was set back is put off by one interval at most", clockSetBack)
	s.among(issuing(), "while the vendor is away happens when it is back, once", rotatesAfterOutage)
	for _, vendor := range []string{harness.Portkey, harness.Guance} {
		s.at(vendor, "that the vendor refuses takes nothing away: Synced says why, and it is made up for", refusedRotation)
	}
	s.among(issuing(), "of an ApiKey that is deleted in the overlap: both keys are revoked", deletedInOverlap)
	s.among([]string{harness.Portkey, harness.Slaunchx}, "by the clock happens within the interval", rotatesByTheClock)
	s.among(listing(), "whose answer is lost: the old key stays published, the lost one is revoked, and another is issued", lostRotation)
	s.among(listing(), "that the list hides for a while loses nothing", hiddenRotation)
	s.at(harness.Slaunchx, "whose answer is lost: the old key stays published until a person says what became of the new one", unknownRotation)
	s.among(issuing(), "when nothing of it reaches the status: nothing is lost and nothing issued twice", unrecordedRotation)
	s.at(harness.Portkey, "in time for the end of a lifetime", rotatesBeforeTheEnd)
	s.at(harness.Portkey, "of a key that has ended", replacesEnded)
	s.at(harness.Portkey, fmt.Sprintf("of %d keys at once goes at the pace of the account", stormKeys), storm)
	return s.all
}

func rotatesOnRequest(w *World) {
	_, key := w.readyKey(rotating())
	w.Expect(key.Status.RotatesAt).NotTo(BeNil(), "status tells when")
	w.Expect(key.Status.RotatesAt.Time).To(And(BeTemporally(">=", key.Status.CreatedAt.Add(interval-interval/10-slack)), BeTemporally("<=", key.Status.CreatedAt.Add(interval))))
	since, secret, name := readySince(key), w.secret(key.Name), key.Status.DisplayName
	old := w.rotate(key)
	w.another(key, old)
	w.Expect(key.Status.LastHandledRotateAt).To(Equal(key.Annotations[v1alpha1.AnnotationRotateAt]))
	w.Expect(key.Status.Retiring).To(ConsistOf(HaveField("KeyID", old)))
	w.Expect(key.Status.Retiring[0].RevokeAt.Time).To(And(BeTemporally(">=", key.Status.CreatedAt.Add(overlap-3*slack)), BeTemporally("<=", time.Now().Add(overlap+slack))))
	w.Expect(w.liveKeys()).To(HaveKey(old), "who still has the old value can use it")
	w.Expect(w.secret(key.Name).UID).To(Equal(secret.UID), "it is the same Secret")
	w.Expect(w.secret(key.Name).Data["apiKey"]).NotTo(Equal(secret.Data["apiKey"]))
	w.said(key, corev1.EventTypeNormal, v1alpha1.ReasonRotated, name, key.Status.DisplayName, v1alpha1.AnnotationRotateAt, overlap.String())
	w.retired(key)
	w.Expect(w.liveKeys()).To(HaveLen(1), "the old key is revoked")
	if w.vendor != harness.Oceanbase { // there it is not Ready until the id is known
		w.Expect(readySince(key)).To(Equal(since), "it was Ready all the time")
	}
	w.Expect(key.Status.RotatesAt.Time).To(BeTemporally(">", key.Status.CreatedAt.Add(interval/2)), "the next one counts from this one")
	w.poke(key)
	w.Expect(w.minted()).To(Equal(2), "one annotation is one key")
}

func rotatesWithoutOverlap(w *World) {
	_, key := w.readyKey(gen.SetApiKeyRotation(interval, 0))
	old := w.rotate(key)
	w.another(key, old)
	w.retired(key)
	w.Expect(w.liveKeys()).To(And(HaveLen(1), Not(HaveKey(old))))
	w.Expect(w.minted()).To(Equal(2))
}

// revokesInTheEnd has the vendor away when the overlap ends. Where it has no list, only the status still knows the key.
func revokesInTheEnd(w *World) {
	_, key := w.readyKey(rotating())
	old := w.rotate(key)
	w.another(key, old)
	w.fail(fault.Fault{Action: fault.Reset})
	w.Eventually(func() time.Duration { return time.Since(key.Status.Retiring[0].RevokeAt.Time) }).Should(BeNumerically(">", slack))
	w.poke(key)
	w.Expect(key.Status.Retiring).To(ConsistOf(HaveField("KeyID", old)), "it lives, whatever its time")
	w.Expect(harness.IsReady(key)).To(BeTrue())
	w.v.ClearFaults()
	w.ask(key)
	w.retired(key)
	w.Expect(w.liveKeys()).To(And(HaveLen(1), Not(HaveKey(old))))
	w.Expect(w.minted()).To(Equal(2))
}

func rotatesTwice(w *World) {
	_, key := w.readyKey(gen.SetApiKeyRotation(interval, 2*overlap))
	first := w.rotate(key)
	w.another(key, first)
	ends := key.Status.Retiring[0].RevokeAt.Time
	second := w.rotate(key)
	w.Consistently(w.minted).Should(Equal(2), "there is no third key while two live")
	w.another(key, second)
	w.Expect(key.Status.CreatedAt.Time).To(BeTemporally(">=", ends.Add(-slack)), "it is issued when the first is gone")
	w.Expect(w.liveKeys()).To(And(HaveLen(2), Not(HaveKey(first)), HaveKey(second)))
	w.retired(key)
	w.Expect(w.minted()).To(Equal(3))
}

// rotatesLate sets the time of issue back, as if nobody had looked for days.
func rotatesLate(w *World) {
	_, key := w.readyKey(rotating())
	old := key.Status.KeyID
	w.issuedAt(key, time.Now().Add(-50*interval))
	w.ask(key)
	w.another(key, old)
	w.said(key, corev1.EventTypeNormal, v1alpha1.ReasonRotated, "spec.rotation.interval")
	w.Expect(key.Status.RotatesAt.Time).To(BeTemporally(">", time.Now().Add(interval/2)))
	w.retired(key)
	w.poke(key)
	w.Expect(w.minted()).To(Equal(2))
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

// issuedAt has the key's Secret tell another time of issue, by which the rotation goes.
func (w *World) issuedAt(key *v1alpha1.ApiKey, at time.Time) {
	w.annotate(w.secret(key.Status.Binding.Name), v1alpha1.AnnotationIssuedAt, at.UTC().Format(time.RFC3339))
}

// clockSetBack has the key issued in what is now the future.
func clockSetBack(w *World) {
	_, key := w.readyKey(rotating())
	old := key.Status.KeyID
	w.issuedAt(key, time.Now().Add(50*interval))
	w.patchStatus(key, `{"rotatesAt":null}`)
	w.poke(key)
	w.Expect(key.Status.RotatesAt).NotTo(BeNil())
	w.Expect(key.Status.RotatesAt.Time).To(BeTemporally("<=", time.Now().Add(interval+slack)))
	at := key.Status.RotatesAt.Time
	w.poke(key)
	w.Expect(key.Status.RotatesAt.Time).To(Equal(at), "it does not move away")
	w.Expect(w.minted()).To(Equal(1), "it is no reason for another key")
	w.patchStatus(key, fmt.Sprintf(`{"rotatesAt":%q}`, time.Now().Add(-slack).UTC().Format(time.RFC3339)))
	w.ask(key)
	w.another(key, old)
	w.retired(key)
	w.Expect(w.minted()).To(Equal(2))
}

func rotatesAfterOutage(w *World) {
	_, key := w.readyKey(rotating())
	w.settled(key)
	before := w.secret(key.Name)
	w.fail(fault.Fault{Action: fault.Reset})
	old := w.rotate(key)
	w.pokeUntil(key, "AccountReady to be False", func(seen client.Object) bool {
		return harness.Condition(seen, v1alpha1.ConditionAccountReady).Status == metav1.ConditionFalse
	})
	w.Expect(harness.IsReady(key)).To(BeTrue(), "the published key works")
	w.Expect(w.secret(key.Name).Data).To(Equal(before.Data))
	w.v.ClearFaults()
	w.another(key, old)
	w.retired(key)
	w.Expect(w.minted()).To(Equal(2))
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func refusedRotation(w *World) {
	_, key := w.readyKey(rotating())
	w.settled(key)
	since := readySince(key)
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Status, Status: http.StatusForbidden, Body: w.vendorError("403", "AB03", "ft.NoPermission", "you may not")})
	old := w.rotate(key)
	w.spared(key, v1alpha1.ReasonPermissionDenied)
	w.said(key, corev1.EventTypeWarning, v1alpha1.ReasonPermissionDenied, "you may not")
	w.v.ClearFaults()
	w.ask(key)
	w.another(key, old)
	w.retired(key)
	w.Expect(readySince(key)).To(Equal(since), "it was Ready all the time")
	w.Expect(w.minted()).To(Equal(2))
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func deletedInOverlap(w *World) {
	_, key := w.readyKey(gen.SetApiKeyRotation(interval, 40*time.Minute))
	old := w.rotate(key)
	w.another(key, old)
	w.Expect(w.liveKeys()).To(HaveLen(2))
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty())
}

// rotatesByTheClock has the shortest interval there is.
func rotatesByTheClock(w *World) {
	_, key := w.readyKey(gen.SetApiKeyRotation(time.Minute, overlap))
	old, at := key.Status.KeyID, key.Status.RotatesAt.Time
	w.another(key, old)
	w.Expect(key.Status.CreatedAt.Time).To(BeTemporally(">=", at.Add(-slack)), "not before status said")
	w.retired(key)
	w.Expect(w.minted()).To(Equal(2))
}

func lostRotation(w *World) {
	_, key := w.readyKey(rotating())
	w.settled(key)
	since, before := readySince(key), w.secret(key.Name)
	w.loseIssue()
	old := w.rotate(key)
	w.Eventually(w.minted).Should(Equal(2))
	w.Expect(w.secret(key.Name).Data).To(Equal(before.Data), "the old key stays published")
	w.another(key, old)
	w.retired(key)
	if w.vendor != harness.Oceanbase {
		w.Expect(readySince(key)).To(Equal(since), "it was Ready all the time")
	}
	w.Expect(w.minted()).To(Equal(3))
	w.Expect(w.liveKeys()).To(HaveLen(1), "the lost key and the old one are revoked")
	w.Expect(key.Status.Attempt).To(BeNil())
}

func hiddenRotation(w *World) {
	_, key := w.readyKey(rotating())
	w.settled(key)
	w.lag(5 * time.Second)
	old := w.rotate(key)
	w.another(key, old)
	for range 3 {
		w.poke(key)
	}
	w.retired(key)
	w.Expect(w.minted()).To(Equal(2))
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func unknownRotation(w *World) {
	_, key := w.readyKey(rotating())
	since, before := readySince(key), w.secret(key.Name)
	w.loseIssue()
	old := w.rotate(key)
	harness.Wait(w, w.h, key, "the unknown outcome to be said", func(seen *v1alpha1.ApiKey) bool {
		synced := harness.Condition(seen, v1alpha1.ConditionSynced)
		return len(seen.Status.Unresolved) == 1 && synced.Status == metav1.ConditionFalse && synced.Reason == v1alpha1.ReasonOutcomeUnknown
	})
	name := key.Status.Unresolved[0].Name
	w.said(key, corev1.EventTypeWarning, v1alpha1.ReasonOutcomeUnknown, name, v1alpha1.AnnotationDoesNotExist)
	w.poke(key)
	w.Expect(w.minted()).To(Equal(2), "it is never sent again by itself")
	w.Expect(harness.IsReady(key)).To(BeTrue())
	w.Expect(w.secret(key.Name).Data).To(Equal(before.Data))
	for id, live := range w.liveKeys() {
		if live.Name == name {
			w.Expect(w.v.RemoveObject(w.vendor, "keys", id)).To(Succeed())
		}
	}
	w.denies(key)
	w.another(key, old)
	w.Expect(key.Status.Unresolved).To(BeEmpty())
	w.retired(key)
	w.Expect(readySince(key)).To(Equal(since))
	w.Expect(w.minted()).To(Equal(3))
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

// unrecordedRotation keeps the status from being written but for the announcement of a call, as a crash after the Secret was written would.
func unrecordedRotation(w *World) {
	_, key := w.readyKey(gen.SetApiKeyRotation(interval, 2*overlap))
	w.settled(key)
	policy, binding := w.statusPolicy()
	old := w.rotate(key)
	w.Eventually(w.minted).Should(Equal(2))
	w.Eventually(func() string { return w.secret(key.Name).Annotations[v1alpha1.AnnotationRotatedFor] }).ShouldNot(BeEmpty(), "the Secret holds the new key")
	w.get(key)
	w.Expect(key.Status.KeyID).To(Equal(old), "status does not know it")
	w.delete(binding, policy)
	w.pokeUntil(key, "the new key to be on record", func(seen client.Object) bool {
		k, ok := seen.(*v1alpha1.ApiKey)
		return ok && harness.IsReady(k) && k.Status.KeyID != old
	})
	w.published(key)
	w.retired(key)
	w.poke(key)
	w.Expect(key.Status.LastHandledRotateAt).To(Equal(key.Annotations[v1alpha1.AnnotationRotateAt]))
	w.Expect(w.minted()).To(Equal(2), "the annotation has been answered")
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func rotatesBeforeTheEnd(w *World) {
	_, key := w.readyKey(gen.SetApiKeyLifetime(2*interval), rotating())
	old := key.Status.KeyID
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("~", key.Status.CreatedAt.Add(2*interval), 5*slack))
	w.settled(key)
	// Of a key that ends sooner than the interval says, the overlap is kept free.
	soon := time.Now().Add(overlap + 20*time.Second).UTC().Truncate(time.Second)
	w.patch(key, map[string]any{"spec": map[string]any{"lifetime": nil, "rotation": nil, "expiresAt": soon.Format(time.RFC3339)}})
	harness.Wait(w, w.h, key, "the end to be applied", func(seen *v1alpha1.ApiKey) bool {
		return harness.IsReady(seen) && seen.Status.ExpiresAt.Time.Equal(soon)
	})
	w.Expect(key.Status.KeyID).To(Equal(old), "the end of a live key can be changed")
	w.patch(key, map[string]any{"spec": map[string]any{
		"expiresAt": nil, "lifetime": "3h", "rotation": map[string]any{"interval": interval.String(), "overlap": overlap.String()},
	}})
	harness.Wait(w, w.h, key, "the lifetime to be applied", func(seen *v1alpha1.ApiKey) bool {
		return harness.IsReady(seen) && seen.Status.ExpiresAt.After(soon)
	})
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("~", key.Status.CreatedAt.Add(3*interval), 5*slack))
	w.Expect(w.minted()).To(Equal(1))
	w.another(key, w.rotate(key))
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("~", key.Status.CreatedAt.Add(3*interval), 5*slack), "each key has a lifetime of its own")
	w.retired(key)
}

func replacesEnded(w *World) {
	end := time.Now().Add(25 * time.Second).UTC().Truncate(time.Second)
	_, key := w.readyKey(gen.SetApiKeyExpiresAt(end))
	old := key.Status.KeyID
	w.refused(key, v1alpha1.ReasonExpired, "past its end", "spec.expiresAt")
	w.Expect(time.Now()).To(BeTemporally(">=", end))
	w.rotate(key)
	w.poke(key)
	w.Expect(w.minted()).To(Equal(1), "none is issued that would be past its end at once")
	w.patch(key, map[string]any{"spec": map[string]any{"expiresAt": end.Add(24 * time.Hour).Format(time.RFC3339)}})
	w.another(key, old)
	w.retired(key)
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("==", end.Add(24*time.Hour)))
	w.Expect(w.minted()).To(Equal(2))
}

const (
	stormKeys = 40
	// perMinute is what the account may ask for, and vendorsPerMinute what the vendor grants: a little more than that, with the burst.
	perMinute, burst, vendorsPerMinute = 300, 10, 320
)

func storm(w *World) {
	w.settings(map[string]any{"requestsPerMinute": vendorsPerMinute})
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassRateLimit(perMinute, burst)))
	w.h.WaitReady(w, ws)
	keys, before := make([]*v1alpha1.ApiKey, stormKeys), make([]string, stormKeys)
	var creating sync.WaitGroup
	for i := range keys {
		keys[i] = w.newKey(fmt.Sprintf("key-%d", i), ws.Name, rotating())
		creating.Go(func() {
			if err := w.h.Client.Create(w.Context(), keys[i]); err != nil {
				w.Error(err)
			}
		})
	}
	creating.Wait()
	for _, key := range keys {
		w.h.WaitReady(w, key)
	}
	due := map[time.Time]bool{}
	for i, key := range keys {
		due[key.Status.RotatesAt.Time] = true
		before[i] = w.rotate(key)
	}
	w.Expect(len(due)).To(BeNumerically(">", stormKeys/2), "what was issued together does not fall due together")
	for i, key := range keys {
		w.another(key, before[i])
	}
	for _, key := range keys {
		w.retired(key)
	}
	w.Expect(w.liveKeys()).To(HaveLen(stormKeys))
	w.Expect(w.minted()).To(Equal(2 * stormKeys))
	for route, count := range w.v.Counts()[w.vendor] {
		w.Expect(count.Statuses).NotTo(HaveKey(fmt.Sprint(http.StatusTooManyRequests)), route)
	}
}
