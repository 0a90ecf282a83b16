package e2e

import (
	"strings"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// answerMillis is how late the answer to an issue comes, so that there is time to end the operator before.
const answerMillis = 3000

func interruptions() []scenario {
	s := about("interruption")
	s.at("all vendors", "while keys are being issued: after a restart exactly one lives for each ApiKey", interrupted)
	s.at(harness.Slaunchx, "while keys are being issued that no list shows: none is issued a second time", interruptedWithoutList)
	s.at(harness.Oceanbase, "while the id of a key is not known yet: it is found after a restart", interruptedWhileIdentifying)
	s.at("all vendors", "of a rotation before the Secret is written: the old key stays published, and one other takes its place", interruptedBeforeSecret)
	s.at("all vendors", "of a rotation before the status is written: the new key is not lost, and no third one issued", interruptedBeforeStatus)
	s.at(harness.Portkey, "for ever of the watch of Secrets: without the right to list them the resync repairs", withoutSecretWatch)
	s.at(harness.Groundfloor, "of a creation: after a restart there is one workspace", interruptedCreation)
	s.at(harness.Groundfloor, "of patience: what takes too long is said, and Ready when it is done after all", overdue)
	return s.all
}

// interrupted ends the operator, as the kubelet would and then as a power cut would, while the vendors have issued keys and have not answered yet. It is started as a
// program, because it can be started in this process only once.
func interrupted(w *World) {
	program := w.program()
	running := w.start(program)
	worlds := []*World{w.sibling(harness.Portkey), w.sibling(harness.Guance), w.sibling(harness.Oceanbase)}
	for _, w := range worlds {
		w.readyWorkspace()
	}
	issueLate(worlds, "first")
	w.Expect(running.Stop()).To(Succeed(), "it stops cleanly in the middle of an issue")
	running = w.start(program)
	oneKeyEach(worlds, "first")

	issueLate(worlds, "second")
	running.Process.Kill()
	<-running.Process.Done()
	running = w.start(program)
	oneKeyEach(worlds, "second")

	for _, w := range worlds {
		w.Expect(w.liveKeys()).To(HaveLen(2), "one for each ApiKey")
		w.deleteNamespace()
		w.nothingLeft()
	}
	w.Expect(running.Stop()).To(Succeed())
}

// sibling is the same scenario at a vendor of the same emulator, in a namespace of its own.
func (w *World) sibling(vendor string) *World {
	sibling := &World{Trial: w.Trial, h: w.h, v: w.v, ns: w.h.Namespace(w), vendor: vendor}
	sibling.prepare()
	return sibling
}

func (w *World) start(program string, arguments ...string) *harness.Operator {
	running, err := w.h.StartOperator(w.Context(), program, arguments...)
	w.Expect(err).NotTo(HaveOccurred())
	w.started = append(w.started, running)
	w.Cleanup(func() {
		select {
		case <-running.Process.Done():
		default:
			w.Expect(running.Stop()).To(Succeed())
		}
	})
	return running
}

// issueLate creates an ApiKey at each vendor and returns when all have been asked for a key and none has answered.
func issueLate(worlds []*World, name string) {
	worlds[0].v.ForgetRequests()
	worlds[0].v.ClearFaults()
	before := map[*World]int{}
	for _, w := range worlds {
		method, route := w.issue()
		w.fail(fault.Fault{Method: method, Route: route, Action: fault.Delay, DelayMillis: answerMillis, Late: true, Times: 1})
		before[w] = len(w.liveKeys())
		w.key(name, "workspace")
	}
	for _, w := range worlds {
		w.Eventually(func() int { return len(w.liveKeys()) }).Should(Equal(before[w]+1), "the vendor to do the work")
	}
	for _, w := range worlds {
		method, route := w.issue()
		entries, _ := w.v.Requests(journal.Filter{Vendor: w.vendor, Method: method, Route: route})
		w.Expect(entries).To(ConsistOf(HaveField("Done", false)), "the vendor has not answered yet")
	}
}

func oneKeyEach(worlds []*World, name string) {
	for _, w := range worlds {
		key := &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: name}}
		w.h.WaitReady(w, key)
		w.published(key)
		mine := 0
		for _, live := range w.liveKeys() {
			if strings.HasPrefix(live.Name, name+"-") {
				mine++
			}
		}
		w.Expect(mine).To(Equal(1), "exactly one key of ApiKey %s lives", name)
	}
}

// program builds the operator that can be started again and again.
func (w *World) program() string {
	program, err := w.h.BuildOperator(w.Context())
	w.Expect(err).NotTo(HaveOccurred())
	return program
}

// kill ends the operator as a power cut would and starts another.
func (w *World) kill(running *harness.Operator, program string) *harness.Operator {
	running.Process.Kill()
	<-running.Process.Done()
	return w.start(program)
}

// interruptedWithoutList is at a vendor that shows nobody which keys there are. A clean end leaves time to store the key; a power cut does not.
func interruptedWithoutList(w *World) {
	program := w.program()
	running := w.start(program)
	w.readyWorkspace()
	issueLate([]*World{w}, "first")
	w.Expect(running.Stop()).To(Succeed(), "it stops cleanly in the middle of an issue")
	running = w.start(program)
	oneKeyEach([]*World{w}, "first")
	w.Expect(w.minted()).To(Equal(1), "the key of a clean end is not lost")

	issueLate([]*World{w}, "second")
	running = w.kill(running, program)
	second := &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "second"}}
	w.refused(second, v1alpha1.ReasonOutcomeUnknown)
	w.Expect(second.Status.Unresolved).To(HaveLen(1))
	running = w.kill(running, program)
	for range 3 {
		w.poke(second)
	}
	w.refused(second, v1alpha1.ReasonOutcomeUnknown)
	w.Expect(w.count(slaunchxIssue).Requests).To(Equal(1), "it is never sent again")
	w.Expect(w.secret("second")).To(BeNil())
	w.deleteNamespace()
	w.Expect(w.liveKeys()).To(HaveLen(1), "what nobody knows the id of is left, and said")
	w.Expect(running.Stop()).To(Succeed())
}

func interruptedWhileIdentifying(w *World) {
	program := w.program()
	running := w.start(program)
	ws := w.readyWorkspace()
	w.lag(7 * time.Second)
	key := w.key("key", ws.Name)
	gone := w.key("gone", ws.Name)
	w.working(key, v1alpha1.ReasonIdentifying)
	w.working(gone, v1alpha1.ReasonIdentifying)
	running.Process.Kill()
	<-running.Process.Done()
	w.delete(gone)
	running = w.start(program)
	w.h.WaitReady(w, key)
	w.published(key)
	w.askUntilGone(gone)
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.Expect(w.minted()).To(Equal(2))
	w.Expect(running.Stop()).To(Succeed())
}

func interruptedCreation(w *World) {
	program := w.program()
	running := w.start(program)
	w.settings(map[string]any{"provisioningMillis": 3000})
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Delay, DelayMillis: answerMillis, Late: true, Times: 1})
	ws := w.workspace("workspace", w.class())
	w.Eventually(func() int { return len(w.liveWorkspaces()) }).Should(Equal(1), "the vendor to do the work")
	running = w.kill(running, program)
	w.pokeUntilReady(ws)
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))

	second := w.workspace("second", &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}})
	w.working(second, v1alpha1.ReasonProvisioning)
	running = w.kill(running, program)
	w.h.WaitReady(w, second)
	w.Expect(w.liveWorkspaces()).To(HaveLen(2))
	w.Expect(running.Stop()).To(Succeed())
}

// overdue gives the vendor less time than it takes: one workspace stops in the middle, the row of the other comes late.
func overdue(w *World) {
	program := w.program()
	running := w.start(program, "--provisioning-deadline", "5s")
	class := w.class()
	w.settings(map[string]any{"failStep": 2})
	stopped := w.workspace("stopped", class)
	w.working(stopped, v1alpha1.ReasonProvisioning)
	w.settings(map[string]any{"failStep": 1, "retryFailedMillis": 25000})
	late := w.workspace("late", class)
	w.working(late, v1alpha1.ReasonProvisioning)
	for _, ws := range []*v1alpha1.Workspace{stopped, late} {
		w.Expect(ws.Status.ProvisioningRunID).NotTo(BeEmpty())
		w.refused(ws, v1alpha1.ReasonProvisioningOverdue, ws.Status.ProvisioningRunID)
		w.poke(ws)
	}
	w.Expect(w.created()).To(Equal(2), "impatience creates nothing")
	w.change("workspaces", stopped.Status.UUID, map[string]any{"status": "active"})
	w.pokeUntilReady(stopped, late)
	w.Expect(w.liveWorkspaces()).To(HaveLen(2))
	w.Expect(w.count(groundfloorCreate).Requests).To(Equal(2))
	w.Expect(running.Stop()).To(Succeed())
}
