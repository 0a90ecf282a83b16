package e2e

import (
	"strings"

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
	return s.all
}

// interrupted ends the operator, as the kubelet would and then as a power cut would, while the vendors have issued keys and have not answered yet. The operator that
// the other scenarios used goes first; then it is started as a program, because it can be started in this process only once.
func interrupted(w *World) {
	program, err := w.h.BuildOperator(w.Context())
	w.Expect(err).NotTo(HaveOccurred())
	stopInProcess(w)
	running := w.start(program)
	worlds := []*World{w.sibling(harness.Portkey), w.sibling(harness.Guance)}
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
	return &World{tb: w.tb, h: w.h, v: w.v, ns: w.h.Namespace(w), vendor: vendor}
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
