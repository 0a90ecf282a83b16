package e2e

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

func names() []scenario {
	s := about("text")
	s.each("of every kind in display names", everyKindOfName)
	s.each("that imitates another's mark gives no power over its key", imitation)
	s.each("of the vendor with control characters never reaches a person raw", vendorText)
	return s.all
}

func awkward() map[string]string {
	return map[string]string{
		"quotes":     `He said "it's" \ ` + "`so`",
		"slashes":    "a/b/../c\\d?e=f&g#h%2e",
		"chinese":    "团队 甲",
		"emoji":      "👩‍👩‍👧‍👦 family 🚀",
		"combining":  "e\u0301\u0302\u0303 zalgo",
		"rtl":        "שלום עולם",
		"markup":     "<script>alert(1)</script> {{ .APIKey }} ${HOME} $(id)",
		"sql":        "'; DROP TABLE keys; --",
		"spaces":     "  inner   spaces  ",
		"dashes":     "---",
		"mark":       "-" + strings.Repeat("0", 16) + "-1",
		"zero-width": "a\u200bb\ufeffc",
		"nbsp":       "a\u00a0b",
	}
}

func everyKindOfName(w *World) {
	class := w.class()
	var all []client.Object
	for name, text := range awkward() {
		ws := w.workspace(name, class, gen.SetWorkspaceDisplayName(text))
		all = append(all, ws, w.key(name, ws.Name, gen.SetApiKeyDisplayName(text)))
	}
	long := strings.Repeat("长", 256)
	ws := w.workspace("long", class, gen.SetWorkspaceDisplayName(long))
	all = append(all, ws, w.key("long", ws.Name, gen.SetApiKeyDisplayName(long[:3*128])))
	w.h.WaitReady(w, all...)
	workspaces := w.liveWorkspaces()
	for _, object := range all {
		switch o := object.(type) {
		case *v1alpha1.Workspace:
			w.Expect(workspaces[o.Status.UUID]).To(Equal(o.Spec.DisplayName), "the vendor has the name to the letter")
		case *v1alpha1.ApiKey:
			w.published(o)
			w.Expect(w.liveKeys()[o.Status.KeyID].Name).To(HaveSuffix("-" + provider.MarkFor(string(o.UID)).WithSerial(1).String()))
		}
	}
	for _, object := range all {
		w.ask(object)
	}
	w.poke(all...)
	w.Expect(w.minted()).To(Equal(len(all)/2), "each finds its own again")
	for i := range all {
		w.delete(all[len(all)-1-i])
	}
	w.h.WaitGone(w, all...)
	w.nothingLeft()
}

func imitation(w *World) {
	ws, victim := w.readyKey()
	mark := provider.MarkFor(string(victim.UID))
	var imitators []client.Object
	for i, text := range []string{
		victim.Status.DisplayName, "x-" + mark.WithSerial(2).String(), mark.WithSerial(1).String(), mark.Owner(),
		strings.Repeat("x", 50-2*19) + "-" + mark.WithSerial(1).String(), strings.Repeat("x", 128-19) + "-" + mark.WithSerial(1).String(),
	} {
		imitators = append(imitators, w.key(fmt.Sprintf("imitator-%d", i), ws.Name, gen.SetApiKeyDisplayName(text)))
	}
	w.h.WaitReady(w, imitators...)
	w.poke(append(imitators, victim)...)
	w.published(victim)
	w.Expect(w.liveKeys()).To(HaveLen(1+len(imitators)), "nobody takes another's key for a stray")
	w.delete(victim)
	w.h.WaitGone(w, victim)
	for _, key := range imitators {
		imitator, ok := key.(*v1alpha1.ApiKey)
		w.Expect(ok).To(BeTrue())
		w.published(imitator)
	}
	w.delete(imitators...)
	w.h.WaitGone(w, imitators...)
	w.Expect(w.liveKeys()).To(BeEmpty())
}

func vendorText(w *World) {
	ws := w.readyWorkspace()
	nasty := `\u001b[31mred\u001b[0m\u0007 bell\u0000 \u202egnihtemos\u2028 \r\n\u009b2J end`
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Status, Status: 400, Body: w.vendorError("400", "AB01", `ft.\u001b[2JError`, nasty)})
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonRefused, "red", "end")
	w.Expect(kstatus.Violations(key, time.Now())).To(BeEmpty())
	w.v.ClearFaults()
	w.pokeUntilReady(key)
	fields := map[string]string{"name": "a\x1b[31mb"}
	if w.vendor == harness.Guance {
		fields["billingState"] = "fr\x1b[31mee\u202e"
	}
	_, err := w.v.ChangeObject(w.vendor, "workspaces", ws.Status.UUID, fields)
	w.Expect(err).NotTo(HaveOccurred())
	w.poke(ws)
	w.Expect(strings.ContainsFunc(ws.Status.BillingState+ws.Status.Slug+ws.Status.State, kstatus.Unreadable)).To(BeFalse(), "%q", ws.Status.BillingState)
	events := &eventsv1.EventList{}
	w.Expect(w.h.Client.List(w.Context(), events, client.InNamespace(w.ns))).To(Succeed())
	w.Expect(events.Items).NotTo(BeEmpty())
	for _, event := range events.Items {
		w.Expect(strings.ContainsFunc(event.Note, kstatus.Unreadable)).To(BeFalse(), "%q", event.Note)
	}
}
