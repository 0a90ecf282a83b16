package groundfloor

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// Settings are what the documentation leaves open or a test wants to vary.
type Settings struct {
	// RequestsPerMinute is how many requests one token may make in any sixty
	// seconds; 0 is no limit. The documentation names none.
	RequestsPerMinute int `json:"requestsPerMinute"`
	// RetryAfterSeconds is sent with 429 answers if set.
	RetryAfterSeconds *int `json:"retryAfterSeconds"`
	// TokenLifetimeSeconds is how long a token is accepted after it was set;
	// 0 is for ever.
	TokenLifetimeSeconds int64 `json:"tokenLifetimeSeconds"`

	// Accounts says what the user may do with which account: administer or
	// read, by UUID in lower case. Any other account is missing or not readable.
	Accounts map[string]string `json:"accounts"`
	// UnknownAccountStatus answers a creation in an account that is missing or
	// not readable: 404, as for all that is so, or 403, as for an account that
	// the user does not administer.
	UnknownAccountStatus int `json:"unknownAccountStatus"`
	// UUIDPaths refuses an id in a path that is no UUID as invalid (422)
	// rather than as missing (404).
	UUIDPaths bool `json:"uuidPaths"`
	// DetailText makes the detail of a 422 a text, as the documentation has it
	// for every error, instead of the list of objects of the framework that
	// the service is built with.
	DetailText bool `json:"detailText"`

	// AnswerWithWorkspaceID answers a creation with workspace_id beside
	// provisioning_run_id, as the page "Provisioning" does.
	AnswerWithWorkspaceID bool `json:"answerWithWorkspaceID"`
	// CreateShape is how the answer to a creation tells the id of the run:
	// "member" provisioning_run_id, "object" provisioning_run with a member id,
	// a bare "id", or a "text" alone. The workspace's goes with it in the first
	// two; the page "Workspaces API" only says that it has a run's.
	CreateShape string `json:"createShape"`
	// TenancyModelBody makes the body of a creation that of the page
	// "Provisioning": an optional tenancy_model and no region.
	TenancyModelBody bool `json:"tenancyModelBody"`
	// TenancyModel is what a new workspace has: dedicated, or direct on the
	// page "Provisioning".
	TenancyModel string `json:"tenancyModel"`
	// UniqueSlugs answers 409 if the account has a workspace of that slug; a
	// generated slug then gets a number.
	UniqueSlugs bool `json:"uniqueSlugs"`

	// ProvisioningMillis is how long the whole saga takes; 0 is no time.
	ProvisioningMillis int64 `json:"provisioningMillis"`
	// RowDelayMillis is how long the first step takes, after which the
	// workspace is there; the saga takes no less.
	RowDelayMillis int64 `json:"rowDelayMillis"`
	// ProvisioningStatus is the status of a workspace whose saga is not over,
	// and the state of its environments.
	ProvisioningStatus string `json:"provisioningStatus"`
	// FailStep is the step, 1 to 4, at which new sagas stop; 0 is none.
	FailStep int `json:"failStep"`
	// RetryFailedMillis is how long after a failure the vendor's reconciler
	// completes the saga; 0 is never.
	RetryFailedMillis int64 `json:"retryFailedMillis"`

	// RefuseFreezeWhileProvisioning answers status changes before the saga is
	// over with 409. The documentation has neither such a rule nor a 409.
	RefuseFreezeWhileProvisioning bool `json:"refuseFreezeWhileProvisioning"`
	// StatusAnswer is the answer to a status change: "workspace" or "empty".
	StatusAnswer string `json:"statusAnswer"`
	// OffboardingVerbs freezes by POST .../freeze and exports by POST, as the
	// page "Offboarding" has it, instead of PATCH .../status and GET.
	OffboardingVerbs bool `json:"offboardingVerbs"`
	// ShowRetention adds frozen_at and retention_until to every workspace in
	// an answer.
	ShowRetention bool `json:"showRetention"`
	// KeepRetention leaves retention_until when a workspace is unfrozen, and
	// with it the deletion.
	KeepRetention bool `json:"keepRetention"`

	// MaxLimit silently caps a requested limit; 0 is no cap.
	MaxLimit int `json:"maxLimit"`
	// LimitByAccount makes limit and its default apply to the list by account;
	// otherwise the value of a limit there is not looked at.
	LimitByAccount bool `json:"limitByAccount"`
	// AccountListLimit silently cuts the list by account; 0 is not at all.
	AccountListLimit int `json:"accountListLimit"`
	// AccountListShape is how the list by account comes: as an "array", or as
	// an "object" that has it as its member workspaces.
	AccountListShape string `json:"accountListShape"`
	// NewestFirst turns the order of lists around.
	NewestFirst bool `json:"newestFirst"`
	// ListLagMillis hides a workspace from lists for so long after it appears.
	ListLagMillis int64 `json:"listLagMillis"`
	// ListLagCalls hides a workspace from the first so many lists.
	ListLagCalls int `json:"listLagCalls"`

	// EnvironmentsShape is how the environments come: as an "array", as an
	// "object" that has it as its member environments, or each under its "name".
	EnvironmentsShape string `json:"environmentsShape"`
	// EnvironmentStatus calls the state of an environment status, as that of a
	// workspace is called.
	EnvironmentStatus bool `json:"environmentStatus"`
	// ExportFormat is "json" or "csv".
	ExportFormat string `json:"exportFormat"`
}

// Defaults are the settings closest to the documentation.
func Defaults() Settings {
	return Settings{
		Accounts:             map[string]string{DefaultAccountID: permissionAdminister},
		UnknownAccountStatus: http.StatusNotFound,
		CreateShape:          "member",
		TenancyModel:         "dedicated",
		ProvisioningStatus:   "provisioning",
		StatusAnswer:         "workspace",
		AccountListShape:     "array",
		EnvironmentsShape:    "array",
		ExportFormat:         "json",
	}
}

// Settings returns the settings in force.
func (v *Vendor) Settings() any { return v.settings }

// Configure sets the settings that the document names. Sagas that have begun
// go on as they were planned.
func (v *Vendor) Configure(settings []byte) error {
	next := v.settings
	if err := wire.Merge(&next, settings); err != nil {
		return err
	}
	if err := next.validate(); err != nil {
		return err
	}
	v.settings = next
	return nil
}

func (s Settings) validate() error {
	for _, id := range slices.Sorted(maps.Keys(s.Accounts)) {
		if !isUUID(id) || id != strings.ToLower(id) {
			return fmt.Errorf("accounts: %q is not a UUID in lower case", id)
		}
		if permission := s.Accounts[id]; permission != permissionAdminister && permission != permissionRead {
			return fmt.Errorf("accounts: %q must be administer or read", permission)
		}
	}
	switch {
	case s.UnknownAccountStatus != http.StatusNotFound && s.UnknownAccountStatus != http.StatusForbidden:
		return errors.New("unknownAccountStatus must be 404 or 403")
	case s.TenancyModel == "" || s.ProvisioningStatus == "":
		return errors.New("tenancyModel and provisioningStatus must not be empty")
	case s.FailStep < 0 || s.FailStep > lastStep:
		return fmt.Errorf("failStep must be 0 to %d", lastStep)
	}
	return firstError(s.validateChoices(), s.validateSpans())
}

// validateChoices knows the values of the settings that have a few.
func (s Settings) validateChoices() error {
	for _, choice := range []struct {
		name, value string
		from        []string
	}{
		{"createShape", s.CreateShape, []string{"member", "object", "id", "text"}},
		{"statusAnswer", s.StatusAnswer, []string{"workspace", "empty"}},
		{"accountListShape", s.AccountListShape, []string{"array", "object"}},
		{"environmentsShape", s.EnvironmentsShape, []string{"array", "object", "name"}},
		{"exportFormat", s.ExportFormat, []string{"json", "csv"}},
	} {
		if !slices.Contains(choice.from, choice.value) {
			return fmt.Errorf("%s %q: must be one of %s", choice.name, choice.value, strings.Join(choice.from, ", "))
		}
	}
	return nil
}

// validateSpans keeps times within what can be calculated with.
func (s Settings) validateSpans() error {
	const year = int64(365 * 24 * time.Hour / time.Millisecond)
	spans := map[string]int64{
		"provisioningMillis": s.ProvisioningMillis,
		"rowDelayMillis":     s.RowDelayMillis,
		"retryFailedMillis":  s.RetryFailedMillis,
		"listLagMillis":      s.ListLagMillis,
	}
	for _, name := range slices.Sorted(maps.Keys(spans)) {
		if spans[name] < 0 || spans[name] > year {
			return fmt.Errorf("%s must be 0 to %d", name, year)
		}
	}
	if s.TokenLifetimeSeconds < 0 || s.TokenLifetimeSeconds > year/1000 {
		return fmt.Errorf("tokenLifetimeSeconds must be 0 to %d", year/1000)
	}
	return nil
}

// after returns the time so many milliseconds later.
func after(t time.Time, millis int64) time.Time {
	return t.Add(time.Duration(millis) * time.Millisecond)
}
