package engine

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func classes() []provider.Class {
	return []provider.Class{
		provider.Transient, provider.Throttled, provider.Conflict, provider.NotFound, provider.Unauthorized,
		provider.Forbidden, provider.Exhausted, provider.Invalid, provider.Unsupported,
	}
}

func vendorErr(class provider.Class) *provider.Error {
	return &provider.Error{Class: class, Op: "create workspace", Message: "the vendor says no", RequestID: "req-1", Err: errors.New("https://vendor/secret")}
}

func TestVerdict(t *testing.T) {
	const vendorSays = "create workspace: the vendor says no"
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "workspaces"}, "ws", errors.New("changed"))
	told := func(class provider.Class, after time.Duration) error {
		err := vendorErr(class)
		err.RetryAfter = after
		return err
	}
	for _, row := range []struct {
		name    string
		err     error
		state   plan.State
		reason  string
		message string
		after   time.Duration
		backoff bool
	}{
		{"the vendor is away", vendorErr(provider.Transient), plan.Working, v1alpha1.ReasonVendorUnavailable, vendorSays, 0, true},
		{"the vendor is away and says for how long", told(provider.Transient, time.Hour), plan.Working, v1alpha1.ReasonVendorUnavailable, vendorSays, time.Hour, false},
		{"too many requests", vendorErr(provider.Throttled), plan.Working, v1alpha1.ReasonThrottled, vendorSays, 30 * time.Second, false},
		{"too many requests, with a Retry-After", told(provider.Throttled, 7*time.Second), plan.Working, v1alpha1.ReasonThrottled, vendorSays, 7 * time.Second, false},
		{"the object is in the wrong state", vendorErr(provider.Conflict), plan.Working, v1alpha1.ReasonVendorConflict, vendorSays, 0, true},
		{"the object is gone", vendorErr(provider.NotFound), plan.Blocked, v1alpha1.ReasonVendorObjectMissing, vendorSays, 5 * time.Minute, false},
		{"the credential is refused", vendorErr(provider.Unauthorized), plan.Blocked, v1alpha1.ReasonCredentialRejected, vendorSays, 30 * time.Second, false},
		{"the credential may not do this", vendorErr(provider.Forbidden), plan.Blocked, v1alpha1.ReasonPermissionDenied, vendorSays, 5 * time.Minute, false},
		{"the quota is used up", vendorErr(provider.Exhausted), plan.Blocked, v1alpha1.ReasonQuotaExhausted, vendorSays, 5 * time.Minute, false},
		{"the request is refused as it is", vendorErr(provider.Invalid), plan.Blocked, v1alpha1.ReasonRefused, vendorSays, 5 * time.Minute, false},
		{"there is no such operation", vendorErr(provider.Unsupported), plan.Blocked, v1alpha1.ReasonUnsupported, vendorSays, 0, false},
		{"a class nobody knows is retried", vendorErr("Unheard"), plan.Working, v1alpha1.ReasonVendorUnavailable, vendorSays, 0, true},
		{"an error in other words", fmt.Errorf("while creating: %w", vendorErr(provider.Invalid)), plan.Blocked, v1alpha1.ReasonRefused, vendorSays, 5 * time.Minute, false},
		{"no account", &account.Problem{Reason: v1alpha1.ReasonClassNotFound, Message: "no class"}, plan.Blocked, v1alpha1.ReasonClassNotFound, "no class", 30 * time.Second, false},
		{"no account yet", &account.Problem{Reason: v1alpha1.ReasonClassNotReady, Message: "soon", Passes: true}, plan.Working, v1alpha1.ReasonClassNotReady, "soon", 30 * time.Second, false},
		{"held by another object", &plan.Impasse{State: plan.Working, Reason: v1alpha1.ReasonWorkspaceNotReady, Message: "wait"}, plan.Working, v1alpha1.ReasonWorkspaceNotReady, "wait", 5 * time.Minute, false},
		{"held by a person", &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonSecretRefused, Message: "quota"}, plan.Blocked, v1alpha1.ReasonSecretRefused, "quota", 5 * time.Minute, false},
		{"the API server's conflict", conflict, plan.Working, v1alpha1.ReasonRecovering, "the cluster's API server could not be asked; trying again", 0, true},
		{"an error from anywhere", errors.New("connection refused to https://10.0.0.1"), plan.Working, v1alpha1.ReasonRecovering, "the cluster's API server could not be asked; trying again", 0, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			outlook, again := verdict(plan.Outlook{Err: row.err})
			if outlook.State != row.state || outlook.Reason != row.reason || outlook.After != row.after {
				t.Errorf("got %s/%s after %s, want %s/%s after %s", outlook.State, outlook.Reason, outlook.After, row.state, row.reason, row.after)
			}
			if outlook.Message != row.message {
				t.Errorf("the message is %q, want %q", outlook.Message, row.message)
			}
			if row.backoff != errors.Is(again, row.err) || !row.backoff && again != nil {
				t.Errorf("the work queue gets %v; backoff wanted: %t", again, row.backoff)
			}
			if !errors.Is(outlook.Err, row.err) {
				t.Errorf("the outlook forgot its error: %v", outlook.Err)
			}
		})
	}
}

func TestNoVerdictWithoutAnError(t *testing.T) {
	if outlook, err := verdict(well()); outlook != well() || err != nil {
		t.Errorf("a step that went well was judged: %+v, %v", outlook, err)
	}
}

// TestEveryReasonIsDocumented reads the API's list of reasons: those under
// "pass by themselves" come with Reconciling, those under "need a person" with
// Stalled, whoever gives them.
func TestEveryReasonIsDocumented(t *testing.T) {
	documented := map[plan.State][]string{}
	for _, block := range constants(t, "../../api/v1alpha1/conditions.go") {
		switch {
		case strings.Contains(block.doc, "come with Reconciling"):
			documented[plan.Working] = block.values
		case strings.Contains(block.doc, "come with Stalled"):
			documented[plan.Blocked] = block.values
		case strings.Contains(block.doc, "that are well"):
			documented[plan.Settled] = block.values
		}
	}
	for _, class := range classes() {
		if rule := rulings(class); !slices.Contains(documented[rule.state], rule.reason) {
			t.Errorf("an error of class %s gives %s/%s, which the API does not document under that state", class, rule.state, rule.reason)
		}
	}
	all := slices.Concat(documented[plan.Working], documented[plan.Blocked], documented[plan.Settled])
	planned := 0
	for _, file := range []string{"../plan/workspace.go", "../plan/key.go", "../plan/step.go"} {
		for _, block := range constants(t, file) {
			for i, name := range block.names {
				if !strings.HasPrefix(name, "reason") {
					continue
				}
				planned++
				if !slices.Contains(all, block.values[i]) {
					t.Errorf("%s: the reason %q is not in the API", filepath.Base(file), block.values[i])
				}
			}
		}
	}
	if planned == 0 {
		t.Error("no reason was found in package plan: the test looks in the wrong place")
	}
}

type block struct {
	doc           string
	names, values []string
}

// constants gives the string constants of a file, block by block.
func constants(t *testing.T, file string) []block {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, declaration := range parsed.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		found := block{doc: group.Doc.Text()}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			for i, name := range value.Names {
				if literal, ok := value.Values[i].(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					found.names, found.values = append(found.names, name.Name), append(found.values, text)
				}
			}
		}
		blocks = append(blocks, found)
	}
	return blocks
}
