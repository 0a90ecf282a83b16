package groundfloor

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// defaultRegion is where a workspace is when nobody says where: the region of
// the documented example.
const defaultRegion = "us-east-1"

// createWorkspace is POST /v1/workspaces. It starts the saga and answers with
// the id of its run. Names need not be unique.
func (v *Vendor) createWorkspace(c *call) (wire.Reply, error) {
	if err := invalid(c.OnlyQuery(), "query"); err != nil {
		return wire.Reply{}, err
	}
	w, err := v.readWorkspace(c)
	if err != nil {
		return wire.Reply{}, err
	}
	switch v.settings.Accounts[w.AccountID] {
	case permissionAdminister:
	case permissionRead:
		return wire.Reply{}, forbidden("account")
	default:
		if v.settings.UnknownAccountStatus == http.StatusForbidden {
			return wire.Reply{}, forbidden("account")
		}
		return wire.Reply{}, missing("Account")
	}
	if w.Slug == "" {
		w.Slug = v.freeSlug(w.AccountID, slugOf(w.Name))
	} else if v.settings.UniqueSlugs && v.taken(w.AccountID, w.Slug) {
		return wire.Reply{}, conflict("A workspace with this slug exists")
	}
	reply := wire.JSON(http.StatusAccepted, v.created(v.start(w, c.Now)))
	reply.Changed = true
	return reply, nil
}

// readWorkspace reads the body of a creation. The documentation has no rule
// for the length or the characters of a text, so any that is not empty will do.
func (v *Vendor) readWorkspace(c *call) (*Workspace, error) {
	o, err := c.Object()
	if err != nil {
		return nil, invalid(err, "body")
	}
	w := v.newWorkspace()
	account := o.String("account_id", wire.Required)
	if account.Given() && !isUUID(account.Value) {
		o.Failf("account_id", "must be a UUID")
	}
	w.AccountID = strings.ToLower(account.Value)
	w.Name = text(o, "name", wire.Required)
	if v.settings.TenancyModelBody {
		if model := text(o, "tenancy_model", wire.Optional); model != "" {
			w.TenancyModel = model
		}
	} else {
		w.Region = text(o, "region", wire.Required)
	}
	// Who sends null where the vendor makes one up has omitted it.
	w.Slug = text(o, "slug", wire.Nullable)
	w.Status = v.settings.ProvisioningStatus
	w.Environments = v.newEnvironments(w.Status)
	return w, invalidField(o.Close())
}

// text reads a string that must not be empty; it is "" when absent or null.
func text(o *wire.Object, field string, p wire.Presence) string {
	f := o.String(field, p)
	if f.Given() && f.Value == "" {
		o.Failf(field, "must not be empty")
	}
	return f.Value
}

// newWorkspace returns a workspace that belongs to the user, without what
// depends on how it is made.
func (v *Vendor) newWorkspace() *Workspace {
	return &Workspace{
		ID: v.random.UUID(), Region: defaultRegion, TenancyModel: v.settings.TenancyModel,
		Member: true, Permission: permissionAdminister, Events: []Event{},
		HiddenLists: v.settings.ListLagCalls,
	}
}

// taken reports whether an account has, or is about to have, a workspace of
// that slug.
func (v *Vendor) taken(account, slug string) bool {
	same := func(w *Workspace) bool { return strings.EqualFold(w.AccountID, account) && w.Slug == slug }
	return slices.ContainsFunc(v.state.Workspaces, func(w *Workspace) bool { return w.DeletedAt == nil && same(w) }) ||
		slices.ContainsFunc(v.state.ProvisioningRuns, func(r *ProvisioningRun) bool { return r.pending() && same(r.Pending) })
}

// freeSlug returns the slug, with a number if slugs are unique and it is taken.
func (v *Vendor) freeSlug(account, stem string) string {
	slug := stem
	for n := 2; v.settings.UniqueSlugs && v.taken(account, slug); n++ {
		slug = fmt.Sprintf("%s-%d", stem, n)
	}
	return slug
}

// getWorkspace is GET /v1/workspaces/{workspace_id}. Its answer is not shown:
// the item of the list.
func (v *Vendor) getWorkspace(c *call) (wire.Reply, error) {
	w, err := v.read(c)
	if err != nil {
		return wire.Reply{}, err
	}
	return wire.JSON(http.StatusOK, v.describe(w)), nil
}

// read finds the workspace of an endpoint that takes nothing but its id.
func (v *Vendor) read(c *call) (*Workspace, error) {
	if err := firstError(invalid(c.OnlyQuery(), "query"), invalid(c.NoBody(), "body")); err != nil {
		return nil, err
	}
	return v.readable(c)
}
