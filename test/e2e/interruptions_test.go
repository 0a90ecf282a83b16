package e2e

import (
	. "github.com/onsi/gomega"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// answerMillis is how late the answer to an issue comes, so that there is time to end the operator before.
const answerMillis = 3000

func interruptions() []scenario {
	s := about("interruption")
	s.each("while a key is being issued: after a restart exactly one lives", interrupted)
	return s.all
}

// interrupted ends the operator, as the kubelet would and then as a power cut would, while the vendor has issued a key and has not answered yet. The operator that the
// other scenarios used goes first; then it is started as a program, because it can be started in this process only once.
func interrupted(w *World) {
	program, err := w.h.BuildOperator(w.Context())
	w.Expect(err).NotTo(HaveOccurred())
	stopInProcess(w)
	running := w.start(program)
	ws := w.readyWorkspace()

	first := w.issueLate("first", ws)
	w.Expect(running.Stop()).To(Succeed(), "it stops cleanly in the middle of an issue")
	running = w.start(program)
	w.oneKey(first)

	second := w.issueLate("second", ws)
	running.Process.Kill()
	<-running.Process.Done()
	running = w.start(program)
	w.oneKey(second)
	w.Expect(w.liveKeys()).To(HaveLen(2), "one for each ApiKey")

	w.delete(first, second, ws)
	w.h.WaitGone(w, first, second, ws)
	w.nothingLeft()
	w.Expect(running.Stop()).To(Succeed())
}

// stopInProcess stops the operator of the suite, once.
func stopInProcess(w *World) {
	if operator == nil {
		return
	}
	w.Expect(operator.Stop()).To(Succeed())
	operator = nil
}

func (w *World) start(program string) *harness.Operator {
	running, err := w.h.StartOperator(w.Context(), program)
	w.Expect(err).NotTo(HaveOccurred())
	w.Cleanup(func() {
		select {
		case <-running.Process.Done():
		default:
			w.Expect(running.Stop()).To(Succeed())
		}
	})
	return running
}

// issueLate creates an ApiKey and returns when the vendor has its request and has not answered.
func (w *World) issueLate(name string, ws *v1alpha1.Workspace) *v1alpha1.ApiKey {
	method, route := w.issue()
	w.v.ForgetRequests()
	w.v.ClearFaults()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Delay, DelayMillis: answerMillis, Late: true, Times: 1})
	before := len(w.liveKeys())
	key := w.key(name, ws.Name)
	w.Eventually(func() int { return len(w.liveKeys()) }).Should(Equal(before+1), "the vendor to do the work")
	entries, _ := w.v.Requests(journal.Filter{Method: method, Route: route})
	w.Expect(entries).To(ConsistOf(HaveField("Done", false)), "the vendor has not answered yet")
	return key
}

func (w *World) oneKey(key *v1alpha1.ApiKey) {
	w.h.WaitReady(w, key)
	w.published(key)
	mine := 0
	for _, live := range w.liveKeys() {
		if hasAll(live.Name, []string{key.Name + "-"}) {
			mine++
		}
	}
	w.Expect(mine).To(Equal(1), "exactly one key of ApiKey %s lives", key.Name)
}
