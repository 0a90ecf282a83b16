package oceanbase

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// guard is a vendor that wants to be answered by RFC 7616, reckoned here anew.
type guard struct {
	// nonce is the current one.
	nonce string
	// algorithm is MD5 where it is empty.
	algorithm string
	// old leaves out the quality of protection, as RFC 2069 did.
	old bool
	// lasts is how many answers a nonce is good for; 0 is any number, -1 none.
	lasts int
	// silent does not say that a nonce is stale.
	silent bool
	// takesBasic wants no Digest.
	takesBasic bool
	// refuses takes no answer at all.
	refuses bool
	// challenge is sent in place of the guard's own; "-" is none.
	challenge string
	// then is the status of an answer after the guard; -1 hangs up.
	then int

	mu      sync.Mutex
	used    int
	changed int
	log     []string
	bodies  []string
}

func (g *guard) session(t *testing.T, settings map[string]string) provider.Session {
	t.Helper()
	return open(t, g.account(t, settings))
}

func (g *guard) account(t *testing.T, settings map[string]string) provider.Account {
	t.Helper()
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	transport, err := rest.NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	account := documented()
	account.Endpoint, account.Transport = server.URL+"/base/", transport
	for key, value := range settings {
		account.Settings[key] = value
	}
	return account
}

// asked are the requests so far, and how many changes came of them.
func (g *guard) asked() (log, bodies []string, changed int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.log, g.bodies, g.changed
}

// expect fails the test unless these were the requests.
func (g *guard) expect(t *testing.T, want ...string) {
	t.Helper()
	log, _, _ := g.asked()
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// alter changes the guard's ways, and begins a new log.
func (g *guard) alter(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.log, g.bodies = nil, nil
	change()
}

// ServeHTTP notes what was asked, and answers.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	g.bodies = append(g.bodies, string(body))
	shown, accepted, stale := g.examine(r)
	status := http.StatusOK
	switch {
	case !accepted:
		status = http.StatusUnauthorized
	case g.then != 0:
		status = g.then
	case r.Method != http.MethodGet:
		g.changed++
	}
	g.log = append(g.log, fmt.Sprintf("%s %s %d", r.Method, shown, status))
	if status < 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case status == http.StatusUnauthorized:
		g.ask(w.Header(), stale)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, refusal("E401", "no"))
	case status != http.StatusOK:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, refusal("E1", "no"))
	default:
		_, _ = io.WriteString(w, success(`{"apiKey":"sk_canary","list":[]}`))
	}
}

func (g *guard) ask(header http.Header, stale bool) {
	switch {
	case g.challenge == "-":
		return
	case g.challenge != "":
		header.Set("WWW-Authenticate", g.challenge)
		return
	}
	challenge := fmt.Sprintf(`Digest realm="OceanBase \"Cloud\"", nonce=%q, opaque="kept"`, g.nonce)
	if !g.old {
		challenge += `, qop="auth-int, auth"`
	}
	if g.algorithm != "" {
		challenge += ", algorithm=" + g.algorithm
	}
	if stale && !g.silent {
		challenge += ", stale=true"
	}
	header.Add("WWW-Authenticate", `Basic realm="OceanBase"`)
	header.Add("WWW-Authenticate", challenge)
}

// examine tells what a request shows, and whether that is enough.
func (g *guard) examine(r *http.Request) (shown string, accepted, stale bool) {
	authorization := r.Header.Get("Authorization")
	switch {
	case authorization == "":
		return "-", false, false
	case strings.HasPrefix(authorization, "Basic "):
		return "Basic", authorization == basic() && g.takesBasic && !g.refuses, false
	}
	said := map[string]string{}
	for _, member := range regexp.MustCompile(`(\w+)=("((?:[^"\\]|\\.)*)"|[^,\s]+)`).FindAllStringSubmatch(authorization, -1) {
		said[member[1]] = strings.ReplaceAll(strings.Trim(member[2], `"`), `\"`, `"`)
	}
	var count int
	_, _ = fmt.Sscanf(said["nc"], "%x", &count)
	shown = fmt.Sprintf("Digest %s %d", said["nonce"], count)
	if g.lasts != 0 && g.used >= g.lasts || said["nonce"] != g.nonce {
		g.nonce, g.used = g.nonce+"+", 0
		return shown, false, true
	}
	g.used++
	return shown, !g.refuses && said["opaque"] == "kept" && said["uri"] == r.RequestURI && said["response"] == g.expected(r, said), false
}

// expected is the response by section 3.4.1 of the RFC.
func (g *guard) expected(r *http.Request, said map[string]string) string {
	hash := func(parts ...string) string {
		text := []byte(strings.Join(parts, ":"))
		if g.algorithm == "SHA-256" {
			sum := sha256.Sum256(text)
			return hex.EncodeToString(sum[:])
		}
		sum := md5.Sum(text)
		return hex.EncodeToString(sum[:])
	}
	first, second := hash(ak, `OceanBase "Cloud"`, sk), hash(r.Method, r.RequestURI)
	if g.old {
		return hash(first, g.nonce, second)
	}
	if said["qop"] != "auth" || said["cnonce"] == "" || len(said["nc"]) != 8 {
		return "an answer that lacks something"
	}
	return hash(first, g.nonce, said["nc"], said["cnonce"], "auth", second)
}
