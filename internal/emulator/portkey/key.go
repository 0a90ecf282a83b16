package portkey

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

const (
	typeOrganisationService = "organisation-service"
	typeWorkspaceService    = "workspace-service"
	typeWorkspaceUser       = "workspace-user"
)

func keyTypes() []string {
	return []string{typeOrganisationService, typeWorkspaceService, typeWorkspaceUser}
}

// keyScope is the scope that allows an act on keys of a type.
func keyScope(keyType, act string) string {
	switch keyType {
	case typeWorkspaceService:
		return "workspace_service_api_keys." + act
	case typeWorkspaceUser:
		return "workspace_user_api_keys." + act
	}
	return "organisation_service_api_keys." + act
}

// createKey is POST /api-keys/{type}/{sub-type}. The secret is in this answer
// and in no later one.
func (v *Vendor) createKey(c *call) (any, error) {
	keyType := c.params["type"] + "-" + c.params["sub-type"]
	if !slices.Contains(keyTypes(), keyType) {
		return nil, fmt.Errorf("no API keys of type %q and sub-type %q", c.params["type"], c.params["sub-type"])
	}
	if err := firstError(c.needs(keyScope(keyType, "create")), c.OnlyQuery()); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	k := v.newKey(keyType, c.Now)
	// The vendor's own samples repeat the two path parameters in the body.
	oneOf(o, "type", wire.Optional, c.params["type"])
	oneOf(o, "sub-type", wire.Optional, c.params["sub-type"])
	organisation := o.String("organisation_id", wire.Optional)
	workspace := o.String("workspace_id", presence(keyType != typeOrganisationService && c.caller.workspace == ""))
	k.UserID = o.String("user_id", presence(keyType == typeWorkspaceUser)).Value
	noScopes := readKey(o, k, wire.Required, c.Now)
	if err := o.Close(); err != nil {
		return nil, err
	}
	if organisation.Given() && organisation.Value != v.state.OrganisationID {
		return nil, forbidden("You do not have access to this organisation")
	}
	if k.WorkspaceID, err = v.keyWorkspace(c, keyType, workspace); err != nil {
		return nil, err
	}
	if noScopes {
		return nil, badGatewayError{}
	}
	v.state.Keys = append(v.state.Keys, k)
	c.changed = true
	return map[string]any{"id": k.ID, "key": k.Secret, "object": "api-key"}, nil
}

func presence(required bool) wire.Presence {
	if required {
		return wire.Required
	}
	return wire.Optional
}

// keyWorkspace decides which workspace a new key belongs to.
func (v *Vendor) keyWorkspace(c *call, keyType string, named wire.Field[string]) (string, error) {
	if keyType == typeOrganisationService {
		if named.Given() {
			return "", errors.New("workspace_id: an organisation key belongs to no workspace")
		}
		return "", nil
	}
	id := named.Value
	if !named.Given() {
		id = c.caller.workspace
	}
	w := v.workspace(id)
	if w == nil || (c.caller.workspace != "" && c.caller.workspace != w.ID) {
		return "", problem{v.settings.WorkspaceGone, "You do not have enough permissions to execute this request"}
	}
	return w.ID, nil
}

// readKey reads what creating and updating a key have in common into k, whose
// absent fields stay. It reports whether the scopes given were none.
func readKey(o *wire.Object, k *Key, p wire.Presence, now time.Time) (noScopes bool) {
	name := o.String("name", p)
	if name.Given() && name.Value == "" {
		o.Failf("name", "must not be empty")
	}
	set(&k.Name, name)
	if description := o.String("description", wire.Optional); description.Set {
		k.Description = &description.Value
	}
	scopes := o.Strings("scopes", p)
	set(&k.Scopes, scopes)
	set(&k.RateLimits, readRateLimits(o, wire.Nullable, wire.Required, "rpd", "rph", "rpm", "rps", "rpw"))
	if usage, f := o.Object("usage_limits", wire.Optional); f.Given() {
		// No documented request clears the limits, so {} does not either.
		if limit := readUsageLimit(usage, now); limit != (UsageLimit{}) {
			k.UsageLimits = &limit
		}
	}
	readKeyDefaults(o, k)
	emails := o.Strings("alert_emails", wire.Optional)
	for _, email := range emails.Value {
		checkEmail(o, email)
	}
	set(&k.AlertEmails, emails)
	readExpiry(o, k, now)
	readRotation(o, k)
	return scopes.Set && len(scopes.Value) == 0
}

func readKeyDefaults(o *wire.Object, k *Key) {
	defaults, _ := o.Object("defaults", wire.Optional)
	_, metadata := defaults.Object("metadata", wire.Optional)
	set(&k.Metadata, metadata)
	if config := defaults.String("config_id", wire.Optional); config.Set {
		k.ConfigID = &config.Value
	}
	if override := defaults.Bool("allow_config_override", wire.Optional); override.Set {
		k.ConfigOverride = &override.Value
	}
	_ = defaults.Close()
}

// getKey is GET /api-keys/{id}; the secret is masked.
func (v *Vendor) getKey(c *call) (any, error) {
	if err := firstError(c.OnlyQuery(), c.NoBody()); err != nil {
		return nil, err
	}
	k, err := v.namedKey(c, "read")
	if err != nil {
		return nil, err
	}
	return v.describeKey(k.seen()), nil
}

// updateKey is PUT /api-keys/{id}: what is absent stays, and the answer is {}.
func (v *Vendor) updateKey(c *call) (any, error) {
	if err := c.OnlyQuery(); err != nil {
		return nil, err
	}
	k, err := v.namedKey(c, "update")
	if err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	next := *k
	noScopes := readKey(o, &next, wire.Optional, c.Now)
	if o.Bool("reset_usage", wire.Optional).Value {
		next.Exhausted = false
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	if noScopes {
		return nil, badGatewayError{}
	}
	next.LastUpdatedAt = c.Now
	if next.StaleReads = v.settings.StaleReads; next.StaleReads > 0 {
		old := *k
		old.Stale = nil
		next.Stale = &old
	}
	*k = next
	c.changed = true
	return struct{}{}, nil
}

// deleteKey is DELETE /api-keys/{id}.
func (v *Vendor) deleteKey(c *call) (any, error) {
	if err := firstError(c.OnlyQuery(), c.NoBody()); err != nil {
		return nil, err
	}
	k, err := v.namedKey(c, "delete")
	if err != nil {
		return nil, err
	}
	now := c.Now
	k.DeletedAt = &now
	c.changed = true
	return struct{}{}, nil
}

// namedKey finds the key named in the path and checks that the caller may do
// one of the acts on it.
func (v *Vendor) namedKey(c *call, acts ...string) (*Key, error) {
	k := v.key(c.params["id"])
	if k == nil {
		return nil, problem{v.settings.KeyGone, "API key not found"}
	}
	if c.caller.workspace != "" && c.caller.workspace != k.WorkspaceID {
		return nil, forbidden("You do not have access to this API key")
	}
	for _, act := range acts {
		if c.caller.may(keyScope(k.Type, act)) {
			return k, nil
		}
	}
	return nil, c.needs(keyScope(k.Type, acts[0]))
}
