package e2e

import (
	"net/http"
	"regexp"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	emulated "github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func oceanbase() []scenario {
	s := about("key whose id comes later")
	tell := func(title string, run func(*World)) { s.at(harness.Oceanbase, title, run) }
	tell("an ApiKey in an imported project becomes Ready, and leaves nothing behind", importedComesAndGoes)
	tell("the value is in the Secret before the id is known", valueBeforeID)
	tell("a list that hides a key for long does not cost its value", hiddenForLong)
	tell("a template with the id is completed with it", templateWithID)
	tell("more keys than a page shows are found", manyPages)
	tell("Basic, and Digest by the class or by the vendor's challenge", authentication)
	tell("uid, product, organization and project go with every request", oceanbaseAddress)
	tell("names keep to the vendor's rule", oceanbaseNames)
	tell("without an action is refused before the vendor is asked", actionRequired)
	tell("what the vendor cannot honour is refused", oceanbaseUnsupported)
	tell("lost answer to the issue: one lives in the end", func(w *World) { lostKey(w, fault.Lost, 0) })
	tell("cut answer to the issue: one lives in the end", func(w *World) { lostKey(w, fault.Truncate, 0) })
	tell("lost answer to the issue, and the list hides it for a while", func(w *World) { lostKey(w, fault.Lost, 5*time.Second) })
	tell("lost answer to the issue, and the ApiKey is deleted", lostKeyDeleted)
	tell("deleted before its id was ever recorded is revoked", deletedBeforeIdentified)
	tell("a deleted Secret before its id was ever recorded: one lives in the end", secretLostBeforeIdentified)
	tell("removed at the vendor is replaced in the same Secret", keyRemoved)
	tell("a deleted Secret is made anew with a new key, and the old one is revoked", secretDeleted)
	tell("a policy that refuses the Secret costs no key", refusedByPolicy)
	tell("the write fails after a dry run that worked: no key stays alive", refusedAtWrite)
	tell("a wrong secret is a rejected credential, and a right one takes effect without a restart", wrongAccessKey)
	tell("errors with status 200 are errors", softErrors)
	tell("throttling passes by itself", throttledBriefly)
	tell("an outage changes nothing, and costs nothing", outageOfImported)
	return s.all
}

func valueBeforeID(w *World) {
	ws := w.readyWorkspace()
	w.lag(6 * time.Second)
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonIdentifying)
	secret := w.secret(key.Name)
	w.Expect(secret).NotTo(BeNil(), "the Secret comes first")
	for id, live := range w.liveKeys() {
		w.Expect(string(secret.Data["apiKey"])).To(Equal(live.Value))
		w.Expect(secret.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationKeyName, live.Name))
		w.Expect(secret.Data["keyID"]).NotTo(Equal([]byte(id)))
	}
	w.Expect(key.Status.KeyID).To(BeEmpty())
	w.h.WaitReady(w, key)
	w.published(key)
	w.expectSecret(ws, key)
	w.Expect(w.minted()).To(Equal(1))
}

// hiddenForLong is longer than any list is waited for elsewhere: here the value is safe, and there is no hurry.
func hiddenForLong(w *World) {
	ws := w.readyWorkspace()
	w.lag(20 * time.Second)
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonIdentifying)
	before := w.secret(key.Name).Data["apiKey"]
	w.pokeUntilReady(key)
	w.Expect(w.secret(key.Name).Data["apiKey"]).To(Equal(before), "nothing proves that the vendor has dropped it")
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func templateWithID(w *World) {
	ws := w.readyWorkspace()
	w.settings(map[string]any{"listLagCalls": 2})
	key := w.key("key", ws.Name, gen.SetApiKeySecret(v1alpha1.SecretTarget{
		Name: "elsewhere", ValueKey: "API_KEY", Template: map[string]v1alpha1.TemplateText{"config": "{{ .APIKey }} {{ .KeyID }} {{ .WorkspaceUUID }}"},
	}))
	w.pokeUntilReady(key)
	w.published(key)
	value := w.liveKeys()[key.Status.KeyID].Value
	w.Expect(string(w.secret("elsewhere").Data["config"])).To(Equal(value + " " + key.Status.KeyID + " " + ws.Status.UUID))
	w.Expect(w.minted()).To(Equal(1))
}

// manyPages puts others' keys before and after ours, because no page of the documentation states the list's order.
func manyPages(w *World) {
	others := func() {
		for range 130 {
			_, err := w.v.CreateObject(w.vendor, "keys", map[string]any{"name": "somebody-elses"})
			w.Expect(err).NotTo(HaveOccurred())
		}
	}
	others()
	_, key := w.readyKey()
	w.published(key)
	others()
	w.poke(key)
	w.published(key)
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(HaveLen(2*130), "ours is revoked, the others' stay")
	w.Expect(w.liveKeys()).NotTo(HaveKey(key.Status.KeyID))
}

func authentication(w *World) {
	class := map[string]*v1alpha1.WorkspaceClass{
		"": w.class(), "Basic": w.class(gen.SetWorkspaceClassAuth("Basic")), "Digest": w.class(gen.SetWorkspaceClassAuth("Digest")),
	}
	for i, c := range []struct{ vendor, algorithm, class string }{
		{"basic", "MD5", ""}, {"basic", "MD5", "Basic"}, {"both", "MD5", ""}, {"both", "SHA-256", "Digest"}, {"digest", "MD5", "Digest"}, {"digest", "SHA-256", "Digest"}, {"digest", "MD5", ""},
	} {
		w.settings(map[string]any{"auth": c.vendor, "digestAlgorithm": c.algorithm, "nonceLifetimeSeconds": 1})
		id := w.importable("proj-auth-" + string(rune('a'+i)))
		ws := w.workspace("workspace-"+string(rune('a'+i)), class[c.class], gen.SetWorkspaceExternalID(id))
		key := w.key("key-"+string(rune('a'+i)), ws.Name)
		w.h.WaitReady(w, ws, key)
		w.published(key)
		w.Expect(w.minted()).To(Equal(i+1), "vendor %q, class %q: a challenge issues no key", c.vendor, c.class)
		w.delete(key, ws)
		w.h.WaitGone(w, key, ws)
		w.Expect(w.liveKeys()).To(BeEmpty())
	}
}

func oceanbaseAddress(w *World) {
	w.settings(map[string]any{"requireUID": true, "uid": "account-1", "products": []string{"tugraph"}})
	class := w.class(gen.SetWorkspaceClassUID("account-1"), gen.SetWorkspaceClassProduct("tugraph"))
	ws := w.workspace("workspace", class)
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, ws, key)
	w.published(key)
	w.delete(key)
	w.h.WaitGone(w, key)
	entries, _ := w.v.Requests(journal.Filter{Vendor: w.vendor})
	w.Expect(entries).NotTo(BeEmpty())
	for _, entry := range entries {
		w.Expect(entry.Query).To(ContainSubstring("uid=account-1"), entry.Method)
		w.Expect(entry.Header).To(And(
			HaveKeyWithValue(http.CanonicalHeaderKey("X-OB-Org-Id"), []string{emulated.DefaultOrganizationID}),
			HaveKeyWithValue(http.CanonicalHeaderKey("X-OB-Project-Id"), []string{w.existing})), entry.Method)
		if entry.Method == http.MethodPost {
			w.Expect(entry.Header).To(HaveKeyWithValue(http.CanonicalHeaderKey("X-Ob-Product"), []string{"tugraph"}))
		}
	}
	wrong := w.workspace("wrong", w.class(gen.SetWorkspaceClassUID("somebody")), gen.SetWorkspaceExternalID(w.importable("proj-second")))
	w.refused(wrong, v1alpha1.ReasonRefused)
}

func oceanbaseNames(w *World) {
	ws := w.readyWorkspace()
	rule := regexp.MustCompile(`^[\p{Han}A-Za-z0-9_-]{2,64}$`)
	keys := map[string]*v1alpha1.ApiKey{}
	for name, text := range awkward() {
		keys[name] = w.key(name, ws.Name, gen.SetApiKeyDisplayName(text))
	}
	keys["long"] = w.key("long", ws.Name, gen.SetApiKeyDisplayName("长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"))
	keys["short"] = w.key("s", ws.Name)
	for name, key := range keys {
		w.h.WaitReady(w, key)
		w.published(key)
		called := w.liveKeys()[key.Status.KeyID].Name
		w.Expect(called).To(MatchRegexp(rule.String()), name)
		w.Expect(called).To(HaveSuffix(provider.MarkFor(string(key.UID)).WithSerial(1).String()), name)
		w.Expect(key.Status.DisplayName).To(Equal(called))
	}
	w.Expect(w.liveKeys()[keys["chinese"].Status.KeyID].Name).To(HavePrefix("团队"))
	w.Expect(w.minted()).To(Equal(len(keys)))
}

func actionRequired(w *World) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name, gen.SetApiKeyAction(""))
	w.refused(key, v1alpha1.ReasonActionRequired, "spec.action")
	w.Expect(key.Finalizers).To(BeEmpty())
	w.Expect(w.count(oceanbaseIssue).Requests).To(BeZero())
	w.patch(key, map[string]any{"spec": map[string]any{"action": "read"}})
	w.h.WaitReady(w, key)
	w.published(key)
	w.Expect(w.v.Oceanbase().Keys[0].Action).To(Equal("read"))
}

func oceanbaseUnsupported(w *World) {
	ws, key := w.readyKey()
	for name, c := range map[string]struct {
		mod   gen.ApiKeyModifier
		field string
	}{
		"scopes": {gen.SetApiKeyScopes(anyScope), "spec.scopes"},
		"mode":   {gen.SetApiKeyMode("Test"), "spec.mode"},
		"ips":    {gen.SetApiKeyIPAllowlist("10.0.0.0/8"), "spec.ipAllowlist"},
		"access": {gen.SetApiKeyAccess(v1alpha1.Disabled), "spec.access"},
		"usage":  {gen.SetApiKeyUsageLimits(v1alpha1.UsageLimit{CreditLimit: 1}), "spec.usageLimits"},
		"life":   {gen.SetApiKeyLifetime(time.Hour), "spec.lifetime"},
	} {
		refused := w.key(name, ws.Name, c.mod)
		w.refused(refused, v1alpha1.ReasonUnsupported, c.field, w.vendor)
		w.Expect(refused.Finalizers).To(BeEmpty())
	}
	w.published(key)
	w.Expect(w.writes()).To(Equal(1))
}

func deletedBeforeIdentified(w *World) {
	ws := w.readyWorkspace()
	w.lag(5 * time.Second)
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonIdentifying)
	w.delete(key)
	w.askUntilGone(key)
	w.Expect(w.minted()).To(Equal(1))
	w.Expect(w.liveKeys()).To(BeEmpty(), "it is revoked by the id that the list shows in the end")
}

func secretLostBeforeIdentified(w *World) {
	ws := w.readyWorkspace()
	w.lag(5 * time.Second)
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonIdentifying)
	w.delete(w.secret(key.Name))
	w.pokeUntilReady(key)
	w.published(key)
	w.Eventually(w.liveKeys).Should(HaveLen(1), "the key that nobody holds is revoked")
	w.Expect(w.minted()).To(Equal(2))
}

func wrongAccessKey(w *World) {
	class := w.class()
	w.credential(class.Name, emulatedAccessKey(w)+"-wrong")
	ws := w.workspace("workspace", class)
	w.refused(ws, v1alpha1.ReasonCredentialRejected)
	w.credential(class.Name, emulatedAccessKey(w))
	w.h.WaitReady(w, ws)
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, key)
	w.published(key)
	secret := &corev1.Secret{}
	secret.Namespace, secret.Name = harness.OperatorNamespace, class.Name
	w.patch(secret, map[string]any{"data": map[string]any{"accessKeySecret": nil}})
	second := w.workspace("second", class, gen.SetWorkspaceExternalID(w.importable("proj-second")))
	w.refused(second, v1alpha1.ReasonCredentialsMalformed, "accessKeySecret")
}

func emulatedAccessKey(w *World) string {
	credentials, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	return credentials[0]
}

func softErrors(w *World) {
	ws := w.readyWorkspace()
	w.settings(map[string]any{"softErrors": true})
	w.fail(fault.Fault{
		Method: http.MethodPost, Action: fault.Status, Status: 200, Times: 1,
		Body: `{"success":false,"errorCode":"INVALID_PARAMETER","errorMessage":"the colour is wrong","requestId":"r"}`,
	})
	key := w.key("key", ws.Name)
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty())
}
