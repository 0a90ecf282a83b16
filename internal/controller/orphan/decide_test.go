package orphan

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
)

const (
	owner, stranger = types.UID("0f-1"), types.UID("0f-2")
	deadline        = 30 * time.Minute
)

// given is the spec of an entry about an object of this kind, in workspace "ws-1".
func given(kind, id, name string) *v1alpha1.OrphanSpec {
	return &v1alpha1.OrphanSpec{
		Provider: "portkey", ClassName: "prod", Object: v1alpha1.OrphanedObject{Kind: kind, Namespace: "team-a", Name: "ci", UID: owner},
		WorkspaceUUID: "ws-1", ID: id, Name: name, Since: metav1.NewTime(lately()), Reason: v1alpha1.OrphanAbandoned,
	}
}

func lately() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func markOf(uid types.UID, serial int) provider.Mark {
	return provider.MarkFor(string(uid)).WithSerial(serial)
}

func keyName(serial int) string { return "ci-" + markOf(owner, serial).String() }

func able(change func(*provider.Capabilities)) provider.Capabilities {
	can := fake.Everything()
	change(&can)
	return can
}

func TestWhatToAsk(t *testing.T) {
	const key, workspace = v1alpha1.KindApiKey, v1alpha1.KindWorkspace
	unlisted := able(func(c *provider.Capabilities) { c.Key.List, c.Workspace.List = false, false })
	blind := able(func(c *provider.Capabilities) {
		c.Key.List, c.Key.Get, c.Workspace.List, c.Workspace.Get = false, false, false, false
	})
	own := able(func(c *provider.Capabilities) { c.Workspace.OwnCredential = true })
	slug := able(func(c *provider.Capabilities) { c.Workspace.MarkField = "slug" })
	homeless := given(key, "key-1", "")
	homeless.WorkspaceUUID = ""
	for name, test := range map[string]struct {
		spec *v1alpha1.OrphanSpec
		can  provider.Capabilities
		want question
	}{
		"a key with an id":                          {given(key, "key-1", ""), fake.Everything(), keyList},
		"a key without one":                         {given(key, "", ""), fake.Everything(), keyList},
		"a key of nobody knows which workspace":     {homeless, fake.Everything(), nothing},
		"a key, no list":                            {given(key, "key-1", ""), unlisted, keyByID},
		"a key without an id, no list":              {given(key, "", keyName(1)), unlisted, nothing},
		"a key, neither":                            {given(key, "key-1", ""), blind, nothing},
		"a key in a workspace with its own":         {given(key, "key-1", ""), own, keyList},
		"a workspace with an id":                    {given(workspace, "ws-1", ""), fake.Everything(), workspaceList},
		"a workspace without one":                   {given(workspace, "", ""), fake.Everything(), workspaceList},
		"a workspace, no list":                      {given(workspace, "ws-1", ""), unlisted, workspaceByID},
		"a workspace without an id, no list":        {given(workspace, "", "w"), unlisted, nothing},
		"a workspace, neither":                      {given(workspace, "ws-1", ""), blind, nothing},
		"a workspace with its own credential":       {given(workspace, "ws-1", "w"), own, nothing},
		"a workspace that may have no mark":         {given(workspace, "", ""), slug, nothing},
		"a workspace that may have no mark, a name": {given(workspace, "", "w"), slug, workspaceList},
		"a workspace that may have no mark, an id":  {given(workspace, "ws-1", ""), slug, workspaceList},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ask(test.spec, test.can); got != test.want {
				t.Errorf("ask: got %d, want %d", got, test.want)
			}
		})
	}
}

func TestWhenAKeyIsGone(t *testing.T) {
	listed := func(keys ...provider.Key) sight { return sight{keys: keys, keysRead: true} }
	key := func(id, name string, mark provider.Mark) provider.Key {
		return provider.Key{ID: id, Name: name, Mark: mark}
	}
	others := key("key-9", "ci", markOf(stranger, 1))
	for name, test := range map[string]struct {
		id, name string
		seen     sight
		want     bool
	}{
		"nothing was read":                      {"key-1", "", sight{}, false},
		"a list that broke":                     {"key-1", "", sight{keys: []provider.Key{others}}, false},
		"its id is listed":                      {"key-1", "", listed(others, key("key-1", "renamed", provider.Mark{})), false},
		"its id is not":                         {"key-1", "", listed(others), true},
		"its id is not, another of the owner's": {"key-1", keyName(1), listed(key("key-2", keyName(2), markOf(owner, 2))), true},
		"an empty list":                         {"key-1", "", listed(), true},
		"no id, the owner's mark":               {"", "", listed(others, key("key-1", keyName(1), markOf(owner, 1))), false},
		"no id, nobody's mark":                  {"", "", listed(others, key("key-2", "made in the console", provider.Mark{})), true},
		"its name":                              {"", keyName(2), listed(key("key-2", keyName(2), markOf(owner, 2))), false},
		"its name with another beginning":       {"", keyName(2), listed(key("key-2", "renamed", markOf(owner, 2))), false},
		"another name of the owner's":           {"", keyName(2), listed(key("key-1", keyName(1), markOf(owner, 1))), true},
		"a name without a mark, the owner's":    {"", "ci", listed(key("key-1", keyName(1), markOf(owner, 1))), false},
		"a name with a stranger's mark":         {"", "ci-" + markOf(stranger, 1).String(), listed(key("key-1", keyName(1), markOf(owner, 1)), others), false},
		"no such id":                            {"key-1", "", sight{missing: true}, true},
		"its workspace is listed":               {"key-1", "", sight{workspaces: []provider.Workspace{{ID: "ws-1"}}, workspacesRead: true}, false},
		"its workspace is listed by a slug":     {"key-1", "", sight{workspaces: []provider.Workspace{{ID: "uuid", Slug: "ws-1"}}, workspacesRead: true}, false},
		"its workspace is frozen":               {"key-1", "", sight{workspaces: []provider.Workspace{{ID: "ws-1", Frozen: true}}, workspacesRead: true}, false},
		"its workspace is not":                  {"key-1", "", sight{workspaces: []provider.Workspace{{ID: "ws-2"}}, workspacesRead: true}, true},
		"a list of workspaces that broke":       {"key-1", "", sight{workspaces: []provider.Workspace{{ID: "ws-2"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			spec := given(v1alpha1.KindApiKey, test.id, test.name)
			if got := gone(spec, provider.WorkspaceCapabilities{DeleteFreezes: true}, test.seen); got != test.want {
				t.Errorf("gone: got %t, want %t", got, test.want)
			}
		})
	}
}

func TestWhenAWorkspaceIsGone(t *testing.T) {
	listed := func(all ...provider.Workspace) sight { return sight{workspaces: all, workspacesRead: true} }
	marked, others := markOf(owner, 0), markOf(stranger, 0)
	usual := provider.WorkspaceCapabilities{}
	slug := provider.WorkspaceCapabilities{MarkField: "slug", DeleteFreezes: true}
	for name, test := range map[string]struct {
		id, name string
		can      provider.WorkspaceCapabilities
		seen     sight
		want     bool
	}{
		"nothing was read":                     {"ws-1", "", usual, sight{}, false},
		"a list that broke":                    {"ws-1", "", usual, sight{workspaces: []provider.Workspace{{ID: "ws-2"}}}, false},
		"keys of it prove nothing":             {"ws-1", "", usual, sight{keysRead: true}, false},
		"its id is listed":                     {"ws-1", "", usual, listed(provider.Workspace{ID: "ws-1"}), false},
		"its id is not":                        {"ws-1", "", usual, listed(provider.Workspace{ID: "ws-2", Mark: others}), true},
		"no such id":                           {"ws-1", "", usual, sight{missing: true}, true},
		"frozen, where that is no deletion":    {"ws-1", "", usual, listed(provider.Workspace{ID: "ws-1", Frozen: true}), false},
		"frozen, where that is one":            {"ws-1", "", slug, listed(provider.Workspace{ID: "ws-1", Frozen: true}), true},
		"no id, the owner's mark":              {"", "", usual, listed(provider.Workspace{ID: "ws-1", Mark: marked}), false},
		"no id, others' marks":                 {"", "", usual, listed(provider.Workspace{ID: "ws-1", Mark: others}, provider.Workspace{ID: "ws-2"}), true},
		"no id, a mark nobody could read":      {"", "", usual, listed(provider.Workspace{ID: "ws-1", MarkUnread: true}), false},
		"named, another's mark unread":         {"", "w", usual, listed(provider.Workspace{ID: "ws-1", Name: "v", MarkUnread: true}), true},
		"named, its mark unread":               {"", "w", usual, listed(provider.Workspace{ID: "ws-1", Name: "w", MarkUnread: true}), false},
		"named, another's by its mark":         {"", "w", usual, listed(provider.Workspace{ID: "ws-1", Name: "w", Mark: others}), true},
		"a typed slug, found by the name":      {"", "w", slug, listed(provider.Workspace{ID: "ws-1", Name: "w", Slug: "typed"}), false},
		"a typed slug, found by it":            {"", "typed", slug, listed(provider.Workspace{ID: "ws-1", Name: "w", Slug: "typed"}), false},
		"a typed slug, frozen":                 {"", "typed", slug, listed(provider.Workspace{ID: "ws-1", Slug: "typed", Frozen: true}), true},
		"a typed slug, nothing of that name":   {"", "w", slug, listed(provider.Workspace{ID: "ws-1", Name: "v", Slug: "v"}), true},
		"renamed, but found by the owner's":    {"", "w", slug, listed(provider.Workspace{ID: "ws-1", Name: "v", Mark: marked}), false},
		"an empty list of an account that had": {"ws-1", "w", usual, listed(), true},
	} {
		t.Run(name, func(t *testing.T) {
			spec := given(v1alpha1.KindWorkspace, test.id, test.name)
			if got := gone(spec, test.can, test.seen); got != test.want {
				t.Errorf("gone: got %t, want %t", got, test.want)
			}
		})
	}
}

func TestWhenAnAbsenceIsBelieved(t *testing.T) {
	const usual = 40 * time.Second
	late := provider.WorkspaceCapabilities{Asynchronous: true}
	for name, test := range map[string]struct {
		spec *v1alpha1.OrphanSpec
		can  provider.WorkspaceCapabilities
		want time.Duration
	}{
		"a key":                              {given(v1alpha1.KindApiKey, "", ""), provider.WorkspaceCapabilities{}, usual},
		"a workspace":                        {given(v1alpha1.KindWorkspace, "", ""), provider.WorkspaceCapabilities{}, usual},
		"a workspace that may be made later": {given(v1alpha1.KindWorkspace, "", ""), late, usual + deadline},
		"a workspace that was there":         {given(v1alpha1.KindWorkspace, "ws-1", ""), late, usual},
		"a key at the same vendor":           {given(v1alpha1.KindApiKey, "", ""), late, usual},
	} {
		t.Run(name, func(t *testing.T) {
			if got := settled(test.spec, test.can, deadline).Sub(lately()); got != test.want {
				t.Errorf("believed %s after it was asked for, want %s", got, test.want)
			}
		})
	}
}
