package e2e

import (
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

func refusals() []scenario {
	s := about("bad input")
	s.each("a class that does not exist, and then does", missingClass)
	s.at(harness.Portkey, "no default class, one, and two of which the newest wins", defaultClasses)
	s.each("a class that is not open to the namespace, and then is", closedClass)
	s.each("a credential Secret that is missing, malformed, empty, wrong, and then right", brokenCredentials)
	s.each("a credential that is replaced takes effect without a restart", replacedCredential)
	s.each("a credential that stops working does not take Ready away", rejectedLater)
	s.at(harness.Portkey, "what portkey cannot honour is refused", unsupportedAtPortkey)
	s.at(harness.Guance, "what guance cannot honour is refused", unsupportedAtGuance)
	s.at(harness.Portkey, "keys that portkey cannot make are refused", unsupportedKeys)
	s.at(harness.Guance, "keys that guance cannot make are refused", unsupportedKeys)
	s.at(harness.Portkey, "what the class's keyPolicy forbids is refused", forbiddenKeys)
	s.each("what the vendor refuses is said in its words, and Stalled", refusedByVendor)
	s.each("an exhausted quota, a missing permission", exhaustedAndForbidden)
	return s.all
}

func missingClass(w *World) {
	missing := gen.WorkspaceClass("missing-" + w.ns)
	ws := w.workspace("workspace", missing)
	w.refused(ws, v1alpha1.ReasonClassNotFound, missing.Name, "does not exist")
	w.get(ws)
	w.Expect(ws.Finalizers).To(BeEmpty(), "it can be deleted: nothing was begun")
	credentials, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	w.h.Create(w, harness.CredentialSecret(harness.OperatorNamespace, missing.Name, credentials[0]), gen.WorkspaceClassFrom(missing,
		gen.SetWorkspaceClassProvider(w.v.Provider(w.vendor)), gen.SetWorkspaceClassCredentials(harness.OperatorNamespace, missing.Name), gen.SetWorkspaceClassOpen()))
	w.h.WaitReady(w, ws)
	w.Expect(w.created()).To(Equal(1))
}

func closedClass(w *World) {
	label := "access-" + w.ns
	closed := w.class(func(c *v1alpha1.WorkspaceClass) { c.Spec.AllowedNamespaces = nil })
	none := w.class(func(c *v1alpha1.WorkspaceClass) {
		c.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromNone}
	})
	selecting := w.class(gen.SetWorkspaceClassSelector(map[string]string{label: "yes"}))
	waiting := map[*v1alpha1.Workspace]*v1alpha1.WorkspaceClass{}
	for name, class := range map[string]*v1alpha1.WorkspaceClass{"closed": closed, "none": none, "selecting": selecting} {
		ws := w.workspace(name, class)
		w.refused(ws, v1alpha1.ReasonClassNotAllowed, class.Name, w.ns)
		waiting[ws] = class
	}
	w.Expect(w.created()).To(BeZero())
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.ns}}
	w.patch(namespace, map[string]any{"metadata": map[string]any{"labels": map[string]any{label: "yes"}}})
	for _, class := range []*v1alpha1.WorkspaceClass{closed, none} {
		w.patch(class, map[string]any{"spec": map[string]any{"allowedNamespaces": map[string]any{"from": "All"}}})
	}
	for ws, class := range waiting {
		if class == selecting {
			w.pokeUntilReady(ws)
		}
		w.h.WaitReady(w, ws)
	}
	w.Expect(w.created()).To(Equal(3))
}

func brokenCredentials(w *World) {
	name := client.ObjectKey{Namespace: harness.OperatorNamespace, Name: "credentials-" + w.ns}
	class := w.class(gen.SetWorkspaceClassCredentials(name.Namespace, name.Name))
	credentials, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	right := credentials[0]
	ws := w.workspace("workspace", class)

	w.stopsAt(class, ws, v1alpha1.ReasonCredentialsNotFound, class.Name, `"apiKey"`)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}, StringData: map[string]string{"token": right}}
	w.h.Create(w, secret)
	w.stopsAt(class, ws, v1alpha1.ReasonCredentialsMalformed, class.Name, `"apiKey" is missing`)
	for value, words := range map[string]string{
		"": "is empty", "two\nlines": "line breaks", right + "\x00": "control characters", "\xff\xfe": "UTF-8",
	} {
		w.patch(secret, map[string]any{"data": map[string]any{"apiKey": []byte(value)}})
		w.stopsAt(class, ws, v1alpha1.ReasonCredentialsMalformed, words)
	}
	w.Expect(w.v.Counts()[w.vendor]).To(BeEmpty(), "the vendor is not asked with what can be no credential")
	w.patch(secret, map[string]any{"data": map[string]any{"apiKey": []byte("wrong")}})
	w.stopsAt(class, ws, v1alpha1.ReasonCredentialRejected)
	w.Expect(w.created()).To(BeZero())
	w.patch(secret, map[string]any{"data": map[string]any{"apiKey": []byte(right + "\n")}})
	w.pokeUntilReady(class, ws)
	w.Expect(w.created()).To(Equal(1))
}

// stopsAt asks both for a pass and expects them to stop at the reason.
func (w *World) stopsAt(class *v1alpha1.WorkspaceClass, ws *v1alpha1.Workspace, reason string, words ...string) {
	for _, object := range []client.Object{class, ws} {
		w.ask(object)
		w.refused(object, reason, words...)
	}
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionAccountReady, reason)).To(BeTrue(), "AccountReady says so too")
}

func replacedCredential(w *World) {
	ws := w.readyWorkspace()
	w.Expect(w.v.SetCredentials(w.vendor, "another-credential")).To(Succeed())
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, Name: ws.Spec.ClassName}}
	w.patch(secret, map[string]any{"data": map[string]any{"apiKey": []byte("another-credential")}})
	second := w.workspace("second", &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}})
	key := w.key("key", second.Name)
	w.h.WaitReady(w, second, key)
}

// rejectedLater takes the owner's credential back at the vendor. At guance a workspace is managed with a key of its own, so only the class notices.
func rejectedLater(w *World) {
	ws, key := w.readyKey()
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}
	right, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(w.v.SetCredentials(w.vendor, "another-credential")).To(Succeed())
	w.ask(class)
	w.refused(class, v1alpha1.ReasonCredentialRejected)
	for _, object := range []client.Object{ws, key} {
		if w.vendor == harness.Portkey {
			w.pokeUntil(object, "AccountReady to say so", func(seen client.Object) bool {
				return harness.HasReason(seen, v1alpha1.ConditionAccountReady, v1alpha1.ReasonCredentialRejected)
			})
		}
		w.poke(object)
		w.Expect(harness.IsReady(object)).To(BeTrue(), "what was promised still holds")
	}
	w.Expect(w.v.SetCredentials(w.vendor, right...)).To(Succeed())
	w.pokeUntilReady(class, ws, key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func unsupportedAtPortkey(w *World) {
	class := w.class()
	for name, mod := range map[string]gen.WorkspaceModifier{
		"region":      gen.SetWorkspaceRegion("us-east-1"),
		"language":    gen.SetWorkspaceLanguage("en"),
		"access":      gen.SetWorkspaceAccess(v1alpha1.AccessFrozen),
		"guance":      gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing"}),
		"guanceempty": gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{}),
	} {
		w.refused(w.workspace(name, class, mod), v1alpha1.ReasonUnsupported, "spec.")
	}
	region := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "region"}}
	w.refused(region, v1alpha1.ReasonUnsupported, "spec.region", "portkey")
	defaults := w.workspace("defaults", w.class(gen.SetWorkspaceClassDefaults(v1alpha1.WorkspaceDefaults{Region: "us-east-1"})))
	w.refused(defaults, v1alpha1.ReasonUnsupported, "region", "portkey")
	w.Expect(w.created()).To(BeZero())
	access := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "access"}}
	w.patch(access, map[string]any{"spec": map[string]any{"access": nil}})
	w.h.WaitReady(w, access)
}

func unsupportedAtGuance(w *World) {
	class := w.class()
	for name, c := range map[string]struct {
		mod   gen.WorkspaceModifier
		field string
	}{
		"metadata": {gen.AddWorkspaceMetadata("a", "b"), "spec.metadata"},
		"slug":     {gen.SetWorkspaceSlug("team"), "spec.slug"},
		"usage":    {gen.SetWorkspaceUsageLimits(v1alpha1.UsageLimit{CreditLimit: 1}), "spec.usageLimits"},
		"rate":     {gen.SetWorkspaceRateLimits(v1alpha1.RateLimit{Type: "Requests", Unit: "PerDay"}), "spec.rateLimits"},
		"access":   {gen.SetWorkspaceAccess(v1alpha1.AccessActive), "spec.access"},
		"region":   {gen.SetWorkspaceRegion("cn"), "spec.region"},
		"delete":   {gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionDelete), "spec.deletionPolicy"},
	} {
		ws := w.workspace(name, class, c.mod)
		w.refused(ws, v1alpha1.ReasonUnsupported, c.field, "guance")
		w.Expect(ws.Finalizers).To(BeEmpty())
	}
	w.Expect(w.created()).To(BeZero())
	policy := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "delete"}}
	w.patch(policy, map[string]any{"spec": map[string]any{"deletionPolicy": nil}})
	w.h.WaitReady(w, policy)
}

func unsupportedKeys(w *World) {
	ws := w.readyWorkspace()
	type refusal struct {
		mod    gen.ApiKeyModifier
		reason string
		field  string
	}
	bad := map[string]refusal{
		"mode":   {gen.SetApiKeyMode("Test"), v1alpha1.ReasonUnsupported, "spec.mode"},
		"action": {gen.SetApiKeyAction("read"), v1alpha1.ReasonUnsupported, "spec.action"},
		"ips":    {gen.SetApiKeyIPAllowlist("10.0.0.0/8"), v1alpha1.ReasonUnsupported, "spec.ipAllowlist"},
		"access": {gen.SetApiKeyAccess(v1alpha1.Disabled), v1alpha1.ReasonUnsupported, "spec.access"},
	}
	if w.vendor == harness.Portkey {
		bad["scopes"] = refusal{gen.SetApiKeyScopes(), v1alpha1.ReasonScopesRequired, "spec.scopes"}
	} else {
		bad["scopes"] = refusal{gen.SetApiKeyScopes(anyScope), v1alpha1.ReasonUnsupported, "spec.scopes"}
		bad["lifetime"] = refusal{gen.SetApiKeyLifetime(time.Hour), v1alpha1.ReasonUnsupported, "spec.lifetime"}
	}
	for name, c := range bad {
		key := w.key(name, ws.Name, c.mod)
		w.refused(key, c.reason, c.field)
		w.Expect(key.Finalizers).To(BeEmpty())
		w.delete(key)
		w.h.WaitGone(w, key)
	}
	w.Expect(w.minted()).To(BeZero())
}

func forbiddenKeys(w *World) {
	class := w.class(gen.SetWorkspaceClassKeyPolicy(v1alpha1.KeyPolicy{
		AllowedScopes: []string{"logs.*"}, MaxLifetime: &metav1.Duration{Duration: time.Hour},
	}))
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	eternal := w.key("eternal", ws.Name)
	long := w.key("long", ws.Name, gen.SetApiKeyLifetime(2*time.Hour))
	scope := w.key("scope", ws.Name, gen.SetApiKeyLifetime(time.Hour), gen.SetApiKeyScopes("logs.list", "configs.list"))
	good := w.key("good", ws.Name, gen.SetApiKeyLifetime(time.Hour))
	w.refused(eternal, v1alpha1.ReasonNotAllowed, "spec.lifetime", "1h")
	w.refused(long, v1alpha1.ReasonNotAllowed, "spec.lifetime", "1h")
	w.refused(scope, v1alpha1.ReasonNotAllowed, "spec.scopes", "configs.list", "logs.*")
	w.h.WaitReady(w, good)
	w.Expect(good.Status.ExpiresAt).NotTo(BeNil())
	w.Expect(good.Status.ExpiresAt.Time).To(BeTemporally("~", time.Now().Add(time.Hour), time.Minute))
	w.Expect(w.minted()).To(Equal(1))
}

// vendorError is the vendor's own form of an error.
func (w *World) vendorError(status, portkeyCode, guanceCode, message string) string {
	if w.vendor == harness.Portkey {
		return `{"success":false,"data":{"message":"` + message + `","errorCode":"` + portkeyCode + `"}}`
	}
	return `{"code":` + status + `,"content":{},"errorCode":"` + guanceCode + `","message":"` + message + `","success":false,"traceId":"TRACE-0123456789"}`
}

func refusedByVendor(w *World) {
	ws := w.readyWorkspace()
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Status, Status: 400, Body: w.vendorError("400", "AB01", "ft.ParameterError", "the colour is wrong")})
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonRefused, "the colour is wrong")
	w.Expect(w.liveKeys()).To(BeEmpty())
	w.v.ClearFaults()
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func exhaustedAndForbidden(w *World) {
	class := w.class()
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Status, Status: 403, Body: w.vendorError("403", "AB03", "ft.NoPermission", "you may not")})
	ws := w.workspace("workspace", class)
	w.refused(ws, v1alpha1.ReasonPermissionDenied, "you may not")
	if w.vendor == harness.Portkey {
		w.v.ClearFaults()
		w.fail(fault.Fault{Method: method, Route: route, Action: fault.Status, Status: 402, Body: w.vendorError("402", "AB09", "", "out of money")})
		w.pokeUntil(ws, "the quota to be exhausted", func(seen client.Object) bool {
			return harness.HasReason(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonQuotaExhausted)
		})
	}
	w.v.ClearFaults()
	w.pokeUntilReady(ws)
	w.Expect(w.created()).To(Equal(1))
}
