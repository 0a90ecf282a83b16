package e2e

import (
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func lifecycle() []scenario {
	s := about("lifecycle")
	s.each("a Workspace and an ApiKey become Ready, and leave nothing behind", comesAndGoes)
	s.each("the Secret is as spec.secret says", secretAsAsked)
	s.each("labels and annotations of an ApiKey are not copied to its Secret", copiesNoLabels)
	s.each("a template that cannot be rendered costs no key", badTemplate)
	s.each("with deletionPolicy Retain the key and the workspace stay at the vendor", retains)
	s.each("a paused ApiKey is left alone until it goes on, its deletion included", pauses)
	s.at(harness.Guance, "the admin key of a workspace is kept in the operator's namespace only", keepsAdminKey)
	s.at(harness.Portkey, "the workspace gets what the spec and the class's defaults say", createsAsAsked)
	s.at(harness.Guance, "the workspace gets what the spec says", createsAsDocumented)
	return s.all
}

func comesAndGoes(w *World) {
	ws, key := w.readyKey()
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}
	w.h.WaitReady(w, class)
	w.Expect(class.Status.Provider).To(Equal(w.vendor))
	w.Expect(class.Status.Capabilities).To(ContainElements("workspace.create", "key.issue", "key.revoke"))

	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.Expect(w.liveWorkspaces()).To(HaveKeyWithValue(ws.Status.UUID, ws.Name), "uuid names the vendor's workspace, which has the Workspace's name")
	w.Expect(ws.Status.Provider).To(Equal(w.vendor))
	w.Expect(ws.Status.ClassName).To(Equal(class.Name))
	w.Expect(ws.Status.CreatedAt).NotTo(BeNil())
	w.Expect(ws.Status.Attempt).To(BeNil())
	if w.vendor == harness.Guance {
		w.Expect(ws.Status.BillingState).To(Equal("free"))
	}
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionAccountReady, v1alpha1.ConditionSynced} {
		w.Expect(harness.Condition(ws, kind)).To(HaveField("Status", metav1.ConditionTrue), kind)
	}

	w.published(key)
	w.Expect(key.Status.Binding.Name).To(Equal(key.Name))
	w.Expect(key.Status.CreatedAt).NotTo(BeNil())
	w.Expect(key.Status.Fingerprint).NotTo(BeEmpty())
	w.Expect(key.Status.DisplayName).To(Equal(w.liveKeys()[key.Status.KeyID].Name))
	w.Expect(harness.HasReason(key, v1alpha1.ConditionPublished, v1alpha1.ReasonPublished)).To(BeTrue())
	w.expectSecret(ws, key)

	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty(), "the key is revoked")
	w.h.WaitGone(w, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: key.Name}})

	w.delete(ws)
	w.h.WaitGone(w, ws)
	if w.vendor == harness.Portkey {
		w.Expect(w.liveWorkspaces()).To(BeEmpty())
	} else {
		w.Expect(w.adminKeys(false)).To(BeEmpty(), "the admin key is revoked")
		w.Expect(w.liveWorkspaces()).To(HaveLen(1), "the vendor cannot delete workspaces")
	}
	w.delete(class)
	w.h.WaitGone(w, class)
}

// expectSecret looks at all that the published Secret promises.
func (w *World) expectSecret(ws *v1alpha1.Workspace, key *v1alpha1.ApiKey) {
	secret := w.secret(key.Name)
	w.Expect(secret.Type).To(Equal(corev1.SecretTypeOpaque))
	w.Expect(secret.Labels).To(Equal(map[string]string{"app.kubernetes.io/managed-by": "workspace-operator"}))
	w.Expect(secret.OwnerReferences).To(ConsistOf(*metav1.NewControllerRef(key, v1alpha1.GroupVersion.WithKind("ApiKey"))))
	w.Expect(secret.Data).To(Equal(map[string][]byte{
		"apiKey":        []byte(w.liveKeys()[key.Status.KeyID].Value),
		"keyID":         []byte(key.Status.KeyID),
		"workspaceUUID": []byte(ws.Status.UUID),
		"endpoint":      []byte(w.v.Endpoint(w.vendor)),
		"provider":      []byte(w.vendor),
	}))
}

func secretAsAsked(w *World) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name, gen.SetApiKeySecret(v1alpha1.SecretTarget{
		Name: "elsewhere", ValueKey: "API_KEY",
		Template: map[string]v1alpha1.TemplateText{
			"config.yaml": "key: {{ .APIKey }}\nid: {{ .KeyID }}\nworkspace: {{ .WorkspaceUUID }}\n",
			"vendor":      `{{ if eq .Provider "none" }}no{{ else }}{{ .Provider }} at {{ .Endpoint }}{{ end }}`,
		},
		Labels:      map[string]v1alpha1.LabelValue{"team": "a"},
		Annotations: map[string]v1alpha1.AnnotationValue{"example.org/note": "kept"},
	}))
	w.h.WaitReady(w, key)
	w.Expect(key.Status.Binding.Name).To(Equal("elsewhere"))
	w.published(key)
	secret := w.secret("elsewhere")
	value := w.liveKeys()[key.Status.KeyID].Value
	w.Expect(secret.Data).NotTo(HaveKey("apiKey"), "valueKey stands in the place of apiKey")
	w.Expect(string(secret.Data["config.yaml"])).To(Equal("key: " + value + "\nid: " + key.Status.KeyID + "\nworkspace: " + ws.Status.UUID + "\n"))
	w.Expect(string(secret.Data["vendor"])).To(Equal(w.vendor + " at " + string(secret.Data["endpoint"])))
	w.Expect(secret.Labels).To(And(HaveKeyWithValue("team", "a"), HaveKeyWithValue("app.kubernetes.io/managed-by", "workspace-operator")))
	w.Expect(secret.Annotations).To(HaveKeyWithValue("example.org/note", "kept"))
	w.Expect(w.secret(key.Name)).To(BeNil(), "nothing is made under the ApiKey's own name")
}

func copiesNoLabels(w *World) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name, gen.SetApiKeyMeta(
		gen.Label("app.kubernetes.io/instance", "argo"), gen.Annotation("argocd.argoproj.io/tracking-id", "argo:key")))
	w.h.WaitReady(w, key)
	secret := w.secret("key")
	w.Expect(secret.Labels).NotTo(HaveKey("app.kubernetes.io/instance"))
	w.Expect(secret.Annotations).NotTo(HaveKey("argocd.argoproj.io/tracking-id"))
}

func badTemplate(w *World) {
	ws := w.readyWorkspace()
	for name, text := range map[string]v1alpha1.TemplateText{
		"unknown": "{{ .Password }}", "unclosed": "{{ .APIKey ", "looping": "{{ range 1000000000 }}x{{ end }}", "growing": `{{ printf "%1000000000d" 1 }}`,
	} {
		key := w.key(name, ws.Name, gen.SetApiKeySecret(v1alpha1.SecretTarget{Template: map[string]v1alpha1.TemplateText{"config": text}}))
		w.refused(key, v1alpha1.ReasonTemplateInvalid, `spec.secret.template["config"]`)
	}
	w.Expect(w.minted()).To(BeZero())
	key := &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "unknown"}}
	w.patch(key, map[string]any{"spec": map[string]any{"secret": map[string]any{"template": map[string]any{"config": "{{ .APIKey }}"}}}})
	w.h.WaitReady(w, key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func retains(w *World) {
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionRetain))
	key := w.key("key", ws.Name, gen.SetApiKeyDeletionPolicy(v1alpha1.DeletionRetain))
	w.h.WaitReady(w, ws, key)
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(HaveKey(key.Status.KeyID))
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))
	if w.vendor == harness.Guance {
		w.Expect(w.adminKeys(false)).To(BeEmpty(), "nobody is left to hold the admin key")
		w.Expect(w.adminSecrets(ws)).To(BeEmpty())
	}
}

func pauses(w *World) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name, gen.SetApiKeyMeta(gen.Annotation(v1alpha1.AnnotationPaused, "true")))
	witness := w.key("witness", ws.Name)
	w.h.WaitReady(w, witness)
	w.pausedAt(key, key.Generation)
	w.Expect(key.Status.Conditions).To(HaveLen(1), "nothing is known of it yet")
	w.Expect(key.Status.ObservedGeneration).To(BeEquivalentTo(-1))
	w.Expect(key.Finalizers).To(BeEmpty())
	w.Expect(w.minted()).To(Equal(1), "the witness's")
	w.annotate(key, v1alpha1.AnnotationPaused, nil)
	w.h.WaitReady(w, key)
	w.Expect(harness.Condition(key, v1alpha1.ConditionPaused)).To(BeNil())

	w.annotate(key, v1alpha1.AnnotationPaused, "true")
	w.patch(key, map[string]any{"spec": map[string]any{"displayName": "edited"}})
	w.annotate(key, v1alpha1.AnnotationRotateAt, "now")
	w.pausedAt(key, key.Generation)
	w.Expect(harness.Condition(key, v1alpha1.ConditionReady)).To(HaveField("Status", metav1.ConditionTrue), "how it stood is what is known of it")
	w.delete(key)
	w.pausedAt(key, key.Generation, "deletion")
	w.poke(witness)
	w.Expect(w.minted()).To(Equal(2))
	w.Expect(w.liveKeys()).To(HaveLen(2), "its deletion waits as well")
	w.annotate(key, v1alpha1.AnnotationPaused, nil)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

// pausedAt waits until the condition says that the object is paused, of this generation or a later one.
func (w *World) pausedAt(key *v1alpha1.ApiKey, generation int64, words ...string) {
	harness.Wait(w, w.h, key, "the pause to be said", func(seen *v1alpha1.ApiKey) bool {
		paused := harness.Condition(seen, v1alpha1.ConditionPaused)
		return paused != nil && paused.Status == metav1.ConditionTrue && paused.Reason == v1alpha1.ReasonPaused &&
			paused.ObservedGeneration >= generation && hasAll(paused.Message, append(words, v1alpha1.AnnotationPaused))
	})
}

// adminSecrets are the Secrets of the operator's namespace that were made for the Workspace.
func (w *World) adminSecrets(ws *v1alpha1.Workspace) []corev1.Secret {
	all := &corev1.SecretList{}
	w.Expect(w.h.Client.List(w.Context(), all, client.InNamespace(harness.OperatorNamespace))).To(Succeed())
	var found []corev1.Secret
	for _, secret := range all.Items {
		if secret.Annotations[v1alpha1.AnnotationWorkspace] == ws.Namespace+"/"+ws.Name {
			found = append(found, secret)
		}
	}
	return found
}

func keepsAdminKey(w *World) {
	ws, key := w.readyKey()
	admins := w.adminKeys(false)
	w.Expect(admins).To(HaveLen(1))
	kept := w.adminSecrets(ws)
	w.Expect(kept).To(HaveLen(1))
	for id, admin := range admins {
		w.Expect(admin.Workspace).To(Equal(ws.Status.UUID))
		w.Expect(kept[0].Data).To(HaveKeyWithValue("keyID", []byte(id)))
		w.Expect(kept[0].Data).To(HaveKeyWithValue("apiKey", []byte(admin.Value)))
		all := &corev1.SecretList{}
		w.Expect(w.h.Client.List(w.Context(), all)).To(Succeed())
		for _, secret := range all.Items {
			if secret.Namespace == harness.OperatorNamespace {
				continue
			}
			for name, value := range secret.Data {
				w.Expect(string(value)).NotTo(ContainSubstring(admin.Value), "Secret %s/%s key %s", secret.Namespace, secret.Name, name)
			}
		}
	}
	w.delete(key, ws)
	w.h.WaitGone(w, key, ws)
	w.Expect(w.adminKeys(false)).To(BeEmpty())
	w.Expect(w.adminSecrets(ws)).To(BeEmpty())
}

func createsAsAsked(w *World) {
	class := w.class(gen.SetWorkspaceClassDefaults(v1alpha1.WorkspaceDefaults{
		Metadata:   map[string]v1alpha1.MetadataValue{"environment": "default", "cost": "42"},
		RateLimits: []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 123}},
	}))
	ws := w.workspace("workspace", class,
		gen.SetWorkspaceDisplayName("Team A"), gen.SetWorkspaceDescription("what for"),
		gen.AddWorkspaceMetadata("environment", "production"), gen.AddWorkspaceMetadata("foo", "bar"),
		gen.SetWorkspaceUsageLimits(v1alpha1.UsageLimit{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}))
	w.h.WaitReady(w, ws)
	state := w.v.Portkey()
	made := state.Workspaces[len(state.Workspaces)-1]
	w.Expect(made.ID).To(Equal(ws.Status.UUID))
	w.Expect(made.Name).To(Equal("Team A"))
	w.Expect(*made.Description).To(Equal("what for"))
	w.Expect(made.Metadata).To(And(HaveKeyWithValue("environment", "production"), HaveKeyWithValue("foo", "bar"), HaveKeyWithValue("cost", "42")))
	w.Expect(made.UsageLimits).To(HaveLen(1))
	w.Expect(*made.UsageLimits[0].CreditLimit).To(BeEquivalentTo(10))
	w.Expect(made.RateLimits).To(HaveLen(1))
	w.Expect(*made.RateLimits[0].Value).To(BeEquivalentTo(123))
	w.Expect(ws.Spec.Metadata).NotTo(HaveKey("cost"), "the operator never writes spec")
	w.Expect(ws.Status.Slug).To(Equal(made.Slug))
}

func createsAsDocumented(w *World) {
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceDisplayName("ws_create_test"), gen.SetWorkspaceDescription("test"),
		gen.SetWorkspaceLanguage("en"), gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing", AccessKeyName: "test_ak"}))
	w.h.WaitReady(w, ws)
	state := w.v.Guance()
	made := state.Workspaces[len(state.Workspaces)-1]
	w.Expect(made.Name).To(Equal("ws_create_test"))
	w.Expect(made.Desc).To(Equal("test"))
	w.Expect(made.Language).To(Equal("en"))
	w.Expect(made.MenuStyle).To(Equal("Testing"))
	for _, admin := range w.adminKeys(false) {
		w.Expect(admin.Name).To(Equal("test_ak"))
	}
}
