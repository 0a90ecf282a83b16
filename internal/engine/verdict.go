package engine

import (
	"errors"
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// How long to wait for what does not tell us when it changes.
const (
	// credentialPause: Secrets are not watched, so a replaced one is noticed
	// this much later.
	credentialPause = 30 * time.Second
	// personPause: somebody has to change something at the vendor.
	personPause = 5 * time.Minute
	// throttlePause is for a vendor that does not say how long.
	throttlePause = 30 * time.Second
)

// ruling is what follows from an error class.
type ruling struct {
	state  plan.State
	reason string
	// after is when to try again; zero is with exponential backoff.
	after time.Duration
}

// rulings is the whole policy on vendor errors.
func rulings(class provider.Class) ruling {
	switch class {
	case provider.Throttled:
		return ruling{plan.Working, v1alpha1.ReasonThrottled, throttlePause}
	case provider.Conflict:
		return ruling{plan.Working, v1alpha1.ReasonVendorConflict, 0}
	case provider.NotFound:
		return ruling{plan.Blocked, v1alpha1.ReasonVendorObjectMissing, personPause}
	case provider.Unauthorized:
		return ruling{plan.Blocked, v1alpha1.ReasonCredentialRejected, credentialPause}
	case provider.Forbidden:
		return ruling{plan.Blocked, v1alpha1.ReasonPermissionDenied, personPause}
	case provider.Exhausted:
		return ruling{plan.Blocked, v1alpha1.ReasonQuotaExhausted, personPause}
	case provider.Invalid:
		return ruling{plan.Blocked, v1alpha1.ReasonRefused, personPause}
	case provider.Unsupported:
		return ruling{plan.Blocked, v1alpha1.ReasonUnsupported, 0}
	default:
		return ruling{plan.Working, v1alpha1.ReasonVendorUnavailable, 0}
	}
}

// verdict turns an outlook with an error into one that says how things stand,
// and gives the error back if the work queue is to decide when to try again.
func verdict(outlook plan.Outlook) (plan.Outlook, error) {
	if outlook.Err == nil {
		return outlook, nil
	}
	if problem, ok := errors.AsType[*account.Problem](outlook.Err); ok {
		outlook.State, outlook.Reason, outlook.Message = plan.Blocked, problem.Reason, problem.Message
		outlook.After = credentialPause
		if problem.Passes {
			outlook.State = plan.Working
		}
		return outlook, nil
	}
	if hold, ok := errors.AsType[*plan.Impasse](outlook.Err); ok {
		// What holds it is watched, or changes with the spec.
		outlook.State, outlook.Reason, outlook.Message = hold.State, hold.Reason, hold.Message
		outlook.After = personPause
		return outlook, nil
	}
	vendor, ok := errors.AsType[*provider.Error](outlook.Err)
	if !ok {
		outlook.State, outlook.Reason = plan.Working, v1alpha1.ReasonRecovering
		outlook.Message = "the cluster's API server could not be asked; trying again"
		return outlook, outlook.Err
	}
	rule := rulings(vendor.Class)
	outlook.State, outlook.Reason, outlook.After = rule.state, rule.reason, rule.after
	outlook.Message = vendor.Op + ": " + vendor.Message
	if vendor.RetryAfter > 0 {
		outlook.After = vendor.RetryAfter
	}
	if outlook.After == 0 && outlook.State == plan.Working {
		return outlook, outlook.Err
	}
	return outlook, nil
}
