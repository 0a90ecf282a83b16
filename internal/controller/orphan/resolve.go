package orphan

import (
	"context"
	"fmt"
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// intent is whom to ask, what, and how often.
type intent struct {
	question question
	can      provider.Capabilities
	account  *account.Account
	// unsettled is how long no answer can be believed yet.
	unsettled time.Duration
	resync    time.Duration
}

// resolve finds who can be asked about the entry. Where that is nobody for now,
// the error is an [*account.Problem].
func (r *Reconciler) resolve(ctx context.Context, spec *v1alpha1.OrphanSpec) (intent, error) {
	asked := intent{question: nothing, resync: defaultResync}
	if spec.ClassName == "" || spec.Provider == "" {
		return asked, nil
	}
	class, err := r.Broker.Class(ctx, spec.ClassName)
	if err != nil {
		return asked, err
	}
	if class.Spec.ResyncInterval != nil {
		asked.resync = class.Spec.ResyncInterval.Duration
	}
	driver, err := r.Broker.Driver(class)
	if err != nil {
		return asked, err
	}
	if driver.Name() != spec.Provider {
		return asked, &account.Problem{Reason: v1alpha1.ReasonClassInvalid, Message: fmt.Sprintf(
			"WorkspaceClass %q is another one by now: it is for %s", class.Name, driver.Name())}
	}
	asked.can = driver.Capabilities()
	asked.question = ask(spec, asked.can)
	if asked.question == nothing {
		return asked, nil
	}
	asked.unsettled = settled(spec, asked.can.Workspace, r.ProvisioningDeadline).Sub(r.Now())
	if asked.unsettled > 0 {
		return asked, nil
	}
	if spec.CredentialOf != "" {
		asked.account, err = r.Broker.OpenOwn(ctx, class, account.OwnSecretName(spec.CredentialOf))
	} else {
		asked.account, err = r.Broker.Open(ctx, class, spec.Object.Namespace)
	}
	return asked, err
}
