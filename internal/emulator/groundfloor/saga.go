package groundfloor

import (
	"fmt"
	"slices"
	"time"
)

// The steps of the saga. The first, a single transaction, makes the row, the
// owner's membership and the environments; the second the tenant in the data
// plane, the third the quota; the last completes the run.
const (
	firstStep = 1
	lastStep  = 4
)

// The names of how far a run is: the documented ones, and one for a run that
// has done nothing yet.
const (
	runStarted   = "started"
	runSucceeded = "succeeded"
)

// ProvisioningRun is the saga that makes one workspace. No endpoint shows it.
// All its times are fixed when it begins.
type ProvisioningRun struct {
	ID          string `json:"id"`
	WorkspaceID string `json:"workspaceID"`
	// Pending is the workspace until the first step is done, so for ever when
	// that fails.
	Pending *Workspace `json:"pending,omitempty"`
	// Status is started, step_1_done, step_2_done, step_3_done or succeeded.
	Status    string    `json:"status"`
	StartedAt time.Time `json:"startedAt"`
	// RowAt is when the first step is done, FinishAt when the last is. The
	// others lie evenly between them.
	RowAt    time.Time `json:"rowAt"`
	FinishAt time.Time `json:"finishAt"`
	// FailStep is the step at which the run stops, 0 for none.
	FailStep int `json:"failStep,omitempty"`
	// Failure says what went wrong, once it has.
	Failure string `json:"failure,omitempty"`
	// RetryAt is when the vendor's reconciler completes a run that failed.
	RetryAt *time.Time `json:"retryAt,omitempty"`
}

// start begins the saga that makes a workspace.
func (v *Vendor) start(w *Workspace, now time.Time) *ProvisioningRun {
	r := &ProvisioningRun{
		ID: v.random.UUID(), WorkspaceID: w.ID, Pending: w, Status: runStarted, StartedAt: now,
		RowAt:    after(now, v.settings.RowDelayMillis),
		FinishAt: after(now, max(v.settings.RowDelayMillis, v.settings.ProvisioningMillis)),
		FailStep: v.settings.FailStep,
	}
	if r.FailStep > 0 && v.settings.RetryFailedMillis > 0 {
		at := after(r.dueAt(r.FailStep), v.settings.RetryFailedMillis)
		r.RetryAt = &at
	}
	v.state.ProvisioningRuns = append(v.state.ProvisioningRuns, r)
	v.settle(now)
	return r
}

// dueAt returns when a step is done, or fails.
func (r *ProvisioningRun) dueAt(step int) time.Time {
	return r.RowAt.Add(r.FinishAt.Sub(r.RowAt) * time.Duration(step-firstStep) / (lastStep - firstStep))
}

// doneBy returns the last step that is done at a time, 0 for none.
func (r *ProvisioningRun) doneBy(now time.Time) int {
	if r.RetryAt != nil && !now.Before(*r.RetryAt) {
		return lastStep
	}
	done := 0
	for step := firstStep; step <= lastStep && step != r.FailStep && !now.Before(r.dueAt(step)); step++ {
		done = step
	}
	return done
}

// settle does what time alone has brought about by now. The state before and
// after it are the same to every observer, so it is no change: a saved state
// that is behind catches up when it is looked at.
func (v *Vendor) settle(now time.Time) {
	for _, r := range v.state.ProvisioningRuns {
		if r.Status != runSucceeded {
			v.advance(r, now)
		}
	}
	for _, w := range v.state.Workspaces {
		if w.DeletedAt == nil && w.RetentionUntil != nil && !now.Before(*w.RetentionUntil) {
			w.DeletedAt = w.RetentionUntil
		}
	}
}

// advance brings a run to where it is now.
func (v *Vendor) advance(r *ProvisioningRun, now time.Time) {
	if r.FailStep > 0 && !now.Before(r.dueAt(r.FailStep)) {
		r.Failure = fmt.Sprintf("step %d failed at %s", r.FailStep, stamp(r.dueAt(r.FailStep)))
	}
	done := r.doneBy(now)
	if done >= firstStep && r.Pending != nil {
		r.Pending.CreatedAt = r.RowAt
		if r.FailStep == firstStep {
			r.Pending.CreatedAt = *r.RetryAt // it was the retry that made the row
		}
		v.state.Workspaces = append(v.state.Workspaces, r.Pending)
		r.Pending = nil
	}
	switch done {
	case 0:
	case lastStep:
		r.Status = runSucceeded
		v.complete(r)
	default:
		r.Status = fmt.Sprintf("step_%d_done", done)
	}
}

// complete makes a workspace active, unless it was frozen or deleted meanwhile.
func (v *Vendor) complete(r *ProvisioningRun) {
	w := v.workspace(r.WorkspaceID)
	if w == nil {
		return
	}
	if w.FrozenAt == nil {
		w.Status = statusActive
	}
	for i := range w.Environments {
		w.Environments[i].State = statusActive
	}
	at := r.FinishAt
	if r.FailStep > 0 {
		at = *r.RetryAt
	}
	v.record(w, eventProvisioned, at)
}

// provisioning reports whether a workspace is still being made: neither is its
// saga over nor did somebody make it active out of band.
func (v *Vendor) provisioning(w *Workspace) bool {
	return w.Status != statusActive && slices.ContainsFunc(v.state.ProvisioningRuns, func(r *ProvisioningRun) bool {
		return r.WorkspaceID == w.ID && r.Status != runSucceeded
	})
}

// pending reports whether the run will yet make its workspace.
func (r *ProvisioningRun) pending() bool {
	return r.Pending != nil && (r.FailStep != firstStep || r.RetryAt != nil)
}
