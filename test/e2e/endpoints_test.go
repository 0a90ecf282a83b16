package e2e

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	. "github.com/onsi/gomega"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func endpoints() []scenario {
	s := about("endpoint")
	s.each("where nobody listens, and then somebody does", closedPort)
	s.each("https where nobody speaks TLS", notTLS)
	s.each("with a certificate of an authority nobody knows", untrusted)
	s.each("with a certificate for another host", otherHost)
	s.each("that redirects", func(w *World) {
		w.brokenFront("redirects", true, func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://elsewhere.test"+r.URL.Path, http.StatusTemporaryRedirect)
		})
	})
	s.each("that answers with a web page", func(w *World) {
		w.brokenFront("web page", true, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			rw.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(rw, "<html><body>It works!</body></html>")
		})
	})
	s.each("that answers with garbage", func(w *World) {
		w.brokenFront("not JSON", false, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(rw, "{\x00\x1b[31m garbage")
		})
	})
	s.each("that answers with 100 MB", hugeAnswer)
	s.each("that cuts its answers off", func(w *World) {
		w.brokenFront("cut off", false, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(rw, `{"data": [`)
		})
	})
	s.each("that closes the connection", func(w *World) {
		w.brokenFront("endpoint", false, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	})
	return s.all
}

// front stands before the emulator and is broken until it is healed. What it is asked while broken never reaches the vendor.
type front struct {
	*httptest.Server
	broken atomic.Pointer[http.HandlerFunc]
}

func newFront(w *World, vendors http.Handler, broken http.HandlerFunc) *front {
	f := &front{}
	f.broken.Store(&broken)
	f.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if broken := f.broken.Load(); broken != nil {
			(*broken)(rw, r)
			return
		}
		vendors.ServeHTTP(rw, r)
	}))
	w.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

func (f *front) heal() { f.broken.Store(nil) }

// provider is the scenario's vendor at another address.
func (w *World) provider(url string) v1alpha1.Provider {
	return (&harness.Vendors{URL: url}).Provider(w.vendor)
}

// brokenFront expects class and Workspace to say what is wrong, and everything to come right, once, when it is healed. certain tells whether the answer excludes that
// the vendor has created something.
func (w *World) brokenFront(words string, certain bool, broken http.HandlerFunc) {
	f := newFront(w, w.v.Emulator, broken)
	class := w.class(gen.SetWorkspaceClassProvider(w.provider(f.URL)))
	ws := w.unavailable(class, words)
	f.heal()
	w.comesRight(class, ws, certain)
}

// unavailable expects both to wait for the vendor for the given reason.
func (w *World) unavailable(class *v1alpha1.WorkspaceClass, words string) *v1alpha1.Workspace {
	w.working(class, v1alpha1.ReasonVendorUnavailable, words)
	ws := w.workspace("workspace", class)
	w.working(ws, v1alpha1.ReasonVendorUnavailable, words)
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionAccountReady, v1alpha1.ReasonVendorUnavailable)).To(BeTrue())
	w.Expect(w.created()).To(BeZero())
	return ws
}

// comesRight expects exactly one workspace in the end. At guance nobody can find out what became of a request that was not answered for certain.
func (w *World) comesRight(class *v1alpha1.WorkspaceClass, ws *v1alpha1.Workspace, certain bool) {
	w.pokeUntilReady(class)
	if w.vendor == harness.Guance && !certain {
		w.ask(ws)
		w.refused(ws, v1alpha1.ReasonOutcomeUnknown)
		w.Expect(w.created()).To(BeZero(), "it is not sent again")
		return
	}
	w.pokeUntilReady(ws)
	w.Expect(w.created()).To(Equal(1))
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
}

func closedPort(w *World) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.Expect(err).NotTo(HaveOccurred())
	address := listener.Addr().String()
	w.Expect(listener.Close()).To(Succeed())
	class := w.class(gen.SetWorkspaceClassProvider(w.provider("http://" + address)))
	ws := w.unavailable(class, "cannot be reached")
	w.allow(w.credentialOf(class), w.v.URL)
	w.point(class, w.v.URL)
	w.comesRight(class, ws, true)
}

// point corrects the endpoint of a class.
func (w *World) point(class *v1alpha1.WorkspaceClass, url string) {
	w.patch(class, map[string]any{"spec": map[string]any{"provider": w.provider(url)}})
}

func notTLS(w *World) {
	class := w.class(gen.SetWorkspaceClassProvider(w.provider(strings.Replace(w.v.URL, "http://", "https://", 1))))
	ws := w.unavailable(class, "does not speak TLS")
	w.point(class, w.v.URL)
	w.comesRight(class, ws, true)
}

func untrusted(w *World) {
	secure := harness.NewVendorsTLS(w, emulator.Options{})
	seen.add(secure)
	w.v = secure
	class := w.class(gen.SetWorkspaceClassCABundle(nil))
	ws := w.unavailable(class, "certificate is not trusted")
	w.patch(class, map[string]any{"spec": map[string]any{"caBundle": secure.CA}})
	w.comesRight(class, ws, true)
}

// otherHost uses that the test certificate is for 127.0.0.1 and example.com, and not for localhost.
func otherHost(w *World) {
	server := httptest.NewUnstartedServer(w.v.Emulator)
	server.StartTLS()
	w.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	wrong := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	class := w.class(gen.SetWorkspaceClassProvider(w.provider(wrong)), gen.SetWorkspaceClassCABundle(ca))
	ws := w.unavailable(class, "certificate is for another host name")
	w.allow(w.credentialOf(class), server.URL)
	w.point(class, server.URL)
	w.comesRight(class, ws, true)
}

// hugeAnswer counts what the operator lets the endpoint send: that bounds what it can keep in memory.
func hugeAnswer(w *World) {
	const huge = 100 << 20
	var most atomic.Int64
	f := newFront(w, w.v.Emulator, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		chunk := []byte(strings.Repeat(" ", 64<<10))
		sent := int64(0)
		for sent < huge {
			n, err := rw.Write(chunk)
			sent += int64(n)
			if err != nil {
				break
			}
		}
		most.Store(max(most.Load(), sent))
	})
	class := w.class(gen.SetWorkspaceClassProvider(w.provider(f.URL)))
	ws := w.unavailable(class, "MiB")
	w.Eventually(most.Load).Should(BeNumerically(">", 0))
	w.Expect(most.Load()).To(BeNumerically("<", 24<<20), "the connection is closed long before the end")
	f.heal()
	w.comesRight(class, ws, false)
}
