package fields

import (
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	// replacedFor is how long a key lives on that another has replaced, where there is no rotation that says so.
	replacedFor = 2 * time.Minute
	// noOverlap lets a replaced key end as soon as the next one is published.
	noOverlap = "rotation: {interval: 720h}"
	// slack is for the whole seconds that times are kept in, and for a slow machine.
	slack = 10 * time.Second
)

func aKey() row { return row{leaf: leaf{kind: kindKey}} }

func keyRows() []row {
	return slices.Concat(keyNameRows(), keyRightRows(), keyEndRows(), rotationRows(), []row{
		aKey().of("workspaceRef.name", harness.Portkey, fixed(
			to("workspaceRef: {name: $workspace}", published), "workspaceRef: {name: another}", "workspaceRef: {name: null}", "workspaceRef")...),
		aKey().of("deletionPolicy", harness.Portkey,
			to("deletionPolicy: Retain"),
			to("deletionPolicy: Delete", deleted(removed)),
			to("deletionPolicy: Retain"),
			to("", deleted(removed)),
			to("deletionPolicy: Retain", deleted(alive))),
	}, limited{kind: kindKey, wrap: asItIs, usage: "usageLimits", first: []check{published}, keeps: []check{kept}, without: []check{replaced}}.rows())
}

func keyNameRows() []row {
	rows := []row{aKey().of("displayName", harness.Portkey,
		to("displayName: first", at("name", HavePrefix("first-")), published),
		to("displayName: second", at("name", HavePrefix("second-")), kept),
		to("", at("name", HavePrefix("apikey-")), kept))}
	// The others cannot rename a key.
	for _, vendor := range []string{harness.Guance, harness.Slaunchx, harness.Oceanbase} {
		rows = append(rows, aKey().of("displayName", vendor,
			to("displayName: first", at("name", HavePrefix("first-")), published),
			to("displayName: second", at("name", HavePrefix("second-")), replaced),
			to("", queued("spec.displayName")),
			to(noOverlap, at("name", HavePrefix("apikey-")), replacedAtOnce)))
	}
	return rows
}

func keyRightRows() []row {
	return []row{
		aKey().of("scopes[]", harness.Portkey,
			to("scopes: [logs.list]", at("scopes", ConsistOf("logs.list")), published),
			to("scopes: [logs.list, configs.list]", at("scopes", ConsistOf("logs.list", "configs.list")), kept),
			blocked("scopes: null", v1alpha1.ReasonScopesRequired, "spec.scopes").and(untouched)),
		aKey().of("scopes[]", harness.Slaunchx,
			to("scopes: ['payment:read']", at("scopes", ConsistOf("payment:read")), published),
			to("scopes: ['payment:read', 'payment:write']", at("scopes", ConsistOf("payment:read", "payment:write")), replaced),
			blocked("scopes: null", v1alpha1.ReasonScopesRequired, "spec.scopes").and(untouched)),
		aKey().of("mode", harness.Slaunchx, fixed(
			to("mode: Test", at("mode", "TEST"), published), "mode: Live", "", "mode is immutable: create another ApiKey")...),
		aKey().of("action", harness.Oceanbase,
			to("action: read", at("action", "read"), published),
			to("action: write", at("action", "write"), replaced),
			blocked("action: null", v1alpha1.ReasonActionRequired, "spec.action").and(untouched)),
		aKey().of("ipAllowlist[]", harness.Slaunchx,
			to("ipAllowlist: [10.0.0.0/8]", at("ipWhitelist", ConsistOf("10.0.0.0/8")), published),
			to("ipAllowlist: [10.0.0.0/8, 192.168.1.1]", at("ipWhitelist", ConsistOf("10.0.0.0/8", HavePrefix("192.168.1.1"))), replaced),
			to("", queued("spec.ipAllowlist")),
			to(noOverlap, at("ipWhitelist", Or(BeNil(), BeEmpty())), replacedAtOnce)),
		aKey().of("access", harness.Slaunchx,
			to("access: Enabled", at("disabled", false), published),
			to("access: Disabled", at("disabled", true), kept),
			to("", at("disabled", true), kept, untouched)),
	}
}

func keyEndRows() []row {
	end := aKey().of("expiresAt", harness.Portkey,
		to("expiresAt: $tomorrow", at("expiresAt", "$tomorrow"), status("expiresAt", "$tomorrow"), published),
		to("expiresAt: $later", at("expiresAt", "$later"), status("expiresAt", "$later"), kept),
		to("", at("expiresAt", nil), status("expiresAt", nil), replaced))
	end.prepare = func(s *stage) {
		s.values["tomorrow"] = time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
		s.values["later"] = time.Now().Add(72 * time.Hour).UTC().Format(time.RFC3339)
	}
	return []row{
		end,
		aKey().of("lifetime", harness.Portkey,
			to("lifetime: 24h", endsAfter(24*time.Hour), published),
			to("lifetime: 48h", endsAfter(48*time.Hour), kept),
			to("", at("expiresAt", nil), status("expiresAt", nil), replaced)),
	}
}

func rotationRows() []row {
	return []row{
		aKey().of("rotation.interval", harness.Portkey,
			to("rotation: {interval: 720h}", rotatesAfter(720*time.Hour), published),
			to("rotation: {interval: 240h}", rotatesAfter(240*time.Hour), kept),
			refused("rotation: {overlap: 1h}", "rotation.interval: Required value"),
			to("", status("rotatesAt", nil), kept)),
		aKey().of("rotation.overlap", harness.Portkey,
			to("rotation: {interval: 720h, overlap: 24h}", rotated, retires(24*time.Hour)),
			to("rotation: {interval: 720h, overlap: 12h}", retires(12*time.Hour)),
			to("rotation: {interval: 720h}", retired, rotated, retired)),
	}
}

// value is what the vendor issued as the live key.
func (s *stage) value() string {
	s.refresh()
	seen := s.find("keys", s.key.Status.KeyID)
	s.Expect(seen).NotTo(BeNil(), "the vendor's key with the id in status, %q", s.key.Status.KeyID)
	s.Expect(seen["deletedAt"]).To(BeNil(), "the live key lives")
	for _, name := range []string{"secret", "sk"} {
		if value, ok := seen[name].(string); ok {
			return value
		}
	}
	return ""
}

// published: the Secret holds the very value that the vendor issued under the id in status.
func published(s *stage) {
	value := s.value()
	secret := s.secret(s.key.Status.Binding.Name)
	s.Expect(secret).NotTo(BeNil(), "the Secret")
	s.Expect(string(secret.Data[v1alpha1.SecretKeyAPIKey])).To(And(Not(BeEmpty()), Equal(value)), "the value in the Secret and the one that was issued")
	s.Expect(string(secret.Data[v1alpha1.SecretKeyKeyID])).To(Equal(s.key.Status.KeyID), "the id in the Secret and in status")
}

// kept: it still is the same key.
func kept(s *stage) {
	s.refresh()
	s.Expect(s.key.Status.KeyID).To(Equal(s.keyID), "the key's id: the vendor can make the change to the key that is there")
	published(s)
}

// replaced: there is another key, and the old one lives on long enough for everybody to take the new one from the Secret.
func replaced(s *stage) {
	s.changed(s.keyID)
	retires(replacedFor)(s)
}

// changed waits until another key is published.
func (s *stage) changed(from string) {
	harness.Wait(s, s.h, s.key, "another key than "+from, func(seen *v1alpha1.ApiKey) bool {
		return seen.Status.KeyID != from && seen.Status.KeyID != "" && harness.IsReady(seen)
	})
	published(s)
	s.past = append(s.past, from)
}

// rotated asks for another key, and waits for it.
func rotated(s *stage) {
	s.refresh()
	from := s.key.Status.KeyID
	s.h.Annotate(s, s.key, v1alpha1.AnnotationRotateAt, from)
	s.changed(from)
}

// retires: the key of before lives, and is to be revoked when the overlap has passed since the present one was issued.
func retires(overlap time.Duration) check {
	return func(s *stage) {
		old := s.past[len(s.past)-1]
		harness.Wait(s, s.h, s.key, "the key "+old+" to be on its way out after "+overlap.String(), func(seen *v1alpha1.ApiKey) bool {
			return len(seen.Status.Retiring) == 1 && seen.Status.Retiring[0].KeyID == old &&
				near(seen.Status.Retiring[0].RevokeAt.Time, seen.Status.CreatedAt.Add(overlap))
		})
		s.Expect(alive(s, s.find("keys", old))).To(BeTrue(), "the key of before lives until then")
	}
}

func near(a, b time.Time) bool { return a.Sub(b).Abs() < slack }

// retired: all that others have replaced is revoked, and status has no more of it.
func retired(s *stage) {
	status("retiring", nil)(s)
	for _, id := range s.past {
		s.Eventually(func() bool { return removed(s, s.find("keys", id)) }).Should(BeTrue(), "key %s, which has been replaced, is revoked", id)
	}
}

// queued: at most two keys live at a time, so that what only a third can have is said to wait for the end of the first.
func queued(field string) check {
	return func(s *stage) {
		harness.Wait(s, s.h, s.key, "the edit of "+field+" to be said to wait", func(seen *v1alpha1.ApiKey) bool {
			synced := harness.Condition(seen, v1alpha1.ConditionSynced)
			return synced != nil && synced.Status != metav1.ConditionTrue && strings.Contains(synced.Message, field)
		})
		sameID(s)
	}
}

// replacedAtOnce: there is another key, and without an overlap nothing is left of those it replaced.
func replacedAtOnce(s *stage) {
	s.changed(s.keyID)
	retired(s)
}

// endsAfter: the key ends this long after its issue, at the vendor too.
func endsAfter(lifetime time.Duration) check {
	return func(s *stage) {
		harness.Wait(s, s.h, s.key, "the key to end after "+lifetime.String(), func(seen *v1alpha1.ApiKey) bool {
			return seen.Status.ExpiresAt != nil && near(seen.Status.ExpiresAt.Time, seen.Status.CreatedAt.Add(lifetime))
		})
		text, _ := s.atVendor("expiresAt").(string)
		end, err := time.Parse(time.RFC3339, text)
		s.Expect(err).NotTo(HaveOccurred())
		s.Expect(end).To(BeTemporally("~", s.key.Status.CreatedAt.Add(lifetime), slack), "the end at the vendor")
	}
}

// rotatesAfter: the next key is due within the last tenth of the interval. Keys that were issued together are not all replaced at once.
func rotatesAfter(interval time.Duration) check {
	return func(s *stage) {
		harness.Wait(s, s.h, client.Object(s.key), "the next key to be due after about "+interval.String(), func(object client.Object) bool {
			seen, ok := object.(*v1alpha1.ApiKey)
			if !ok || seen.Status.RotatesAt == nil {
				return false
			}
			after := seen.Status.RotatesAt.Sub(seen.Status.CreatedAt.Time)
			return after >= interval-interval/10-time.Second && after <= interval
		})
	}
}
