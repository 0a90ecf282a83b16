package engine

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// Intent is what resolving gives. It stands in line for the vendor's quota on
// behalf of the whole pass.
type Intent interface {
	// Reserve admits the pass to the vendor. The context it gives carries the
	// admission and is used from then on.
	Reserve(ctx context.Context, fresh bool) (context.Context, error)
}

// Effect is what acting brought.
type Effect interface {
	// Outlook is how things stand where the vendor's answer tells more than the
	// step did; nil otherwise.
	Outlook() *plan.Outlook
	// InDoubt: the step failed, and nobody knows whether what was promised before
	// is still there.
	InDoubt() bool
}

// Kind is one kind's share of a pass; the methods are called in this order.
type Kind[T client.Object, I Intent, S any, E Effect] interface {
	// Resolve reads the cluster. An error is a read that failed: the pass ends
	// and is tried again. What is merely wrong is part of the intent.
	Resolve(ctx context.Context, obj T) (I, error)
	// Observe reads the vendor and what we have published. It writes nothing.
	// fresh asks for reads begun after this call.
	Observe(ctx context.Context, obj T, intent I, fresh bool) (S, error)
	// Decide is pure.
	Decide(obj T, intent I, sight S) plan.Step
	// Act takes the step. It may store status before a call that cannot be
	// found again; everything else is stored by the engine.
	Act(ctx context.Context, obj T, intent I, sight S, step plan.Step) (E, error)
	// Report writes status, but for the conditions, from the facts. It is pure
	// and may be called again on a newer version of the object.
	Report(obj T, facts Facts[I, S, E])
}

// Facts are all that one pass found and did.
type Facts[I Intent, S any, E Effect] struct {
	Intent I
	Sight  S
	Step   plan.Step
	Effect E
	// Outlook is how things stand now: the step's, or what an error left.
	Outlook plan.Outlook
	// Generation is the one the facts were gathered for.
	Generation int64
	Now        time.Time
}
