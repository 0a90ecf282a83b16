package portkey

import (
	"net/mail"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// minTransition is the shortest time, and the default, for which a rotated
// secret goes on being accepted: 30 minutes, in milliseconds.
const minTransition = 1_800_000

// Rotation is a key's rotation policy: one of a period and a time.
type Rotation struct {
	Period           string     `json:"period,omitempty"` // weekly or monthly
	PeriodDays       *int64     `json:"periodDays,omitempty"`
	NextAt           *time.Time `json:"nextAt,omitempty"`
	TransitionMillis *int64     `json:"transitionMillis,omitempty"`
}

// length is the rotation period, of a month its shortest; 0 when there is none.
func (r *Rotation) length() time.Duration {
	const day = 24 * time.Hour
	switch {
	case r == nil:
		return 0
	case r.Period == "weekly":
		return 7 * day
	case r.Period == "monthly":
		return 28 * day
	case r.PeriodDays != nil:
		return time.Duration(*r.PeriodDays) * day
	}
	return 0
}

// readRotation reads rotation_policy; null clears it.
func readRotation(o *wire.Object, k *Key) {
	policy, f := o.Object("rotation_policy", wire.Nullable)
	if !f.Given() {
		if f.Null {
			k.Rotation = nil
		}
		return
	}
	r := &Rotation{
		Period:           oneOf(policy, "rotation_period", wire.Nullable, "weekly", "monthly"),
		PeriodDays:       pointer(policy.Int("rotation_period_days", wire.Nullable, 1)),
		NextAt:           dateTime(policy, "next_rotation_at"),
		TransitionMillis: pointer(policy.Int("key_transition_period_ms", wire.Optional, minTransition)),
	}
	if r.PeriodDays != nil && *r.PeriodDays > maxResetDays {
		policy.Failf("rotation_period_days", "must be at most %d", maxResetDays)
	}
	ways := 0
	for _, given := range []bool{r.Period != "", r.PeriodDays != nil, r.NextAt != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		policy.Failf("rotation_period", "exactly one of rotation_period, rotation_period_days and next_rotation_at is needed")
	}
	if r.TransitionMillis != nil && r.tooLong(*r.TransitionMillis) {
		policy.Failf("key_transition_period_ms", "must be less than the rotation period")
	}
	_ = policy.Close()
	k.Rotation = r
}

func (r *Rotation) tooLong(millis int64) bool {
	return r.length() > 0 && millis >= r.length().Milliseconds()
}

// readExpiry reads expires_at; null clears it.
func readExpiry(o *wire.Object, k *Key, now time.Time) {
	f := o.String("expires_at", wire.Nullable)
	if !f.Set {
		return
	}
	k.ExpiresAt = dateTime(o, "expires_at")
	if k.ExpiresAt != nil && !k.ExpiresAt.After(now) {
		o.Failf("expires_at", "must be in the future")
	}
}

func checkEmail(o *wire.Object, email string) {
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email {
		o.Failf("alert_emails", "%q is not an e-mail address", email)
	}
}

// accepts reports whether the secret works as a credential at that time.
func (k *Key) accepts(secret string, now time.Time) bool {
	if k.DeletedAt != nil || (k.ExpiresAt != nil && !now.Before(*k.ExpiresAt)) {
		return false
	}
	return secret == k.Secret || (secret == k.Previous && k.inTransition(now))
}

func (k *Key) inTransition(now time.Time) bool {
	return k.TransitionEnds != nil && now.Before(*k.TransitionEnds)
}

// rotateKey is POST /api-keys/{id}/rotate. The body is optional. While an
// earlier rotation's transition runs, at most two secrets being alive, the
// vendor refuses; with which code it does not say.
func (v *Vendor) rotateKey(c *call) (any, error) {
	if err := c.OnlyQuery(); err != nil {
		return nil, err
	}
	// The pages disagree on the scope: either will do.
	k, err := v.namedKey(c, "rotate", "update")
	if err != nil {
		return nil, err
	}
	millis := wire.Field[int64]{Value: minTransition}
	if len(c.Body) > 0 {
		o, err := c.Object()
		if err != nil {
			return nil, err
		}
		millis = o.Int("key_transition_period_ms", wire.Optional, minTransition)
		if err := o.Close(); err != nil {
			return nil, err
		}
		if !millis.Set {
			millis.Value = minTransition
		}
	}
	if k.Rotation.tooLong(millis.Value) {
		return nil, problem{codeInvalid, "key_transition_period_ms: must be less than the rotation period"}
	}
	if k.inTransition(c.Now) {
		return nil, problem{codeInvalid, "A rotation of this API key is still in transition"}
	}
	ends := c.Now.Add(time.Duration(millis.Value) * time.Millisecond)
	k.Previous, k.Secret, k.TransitionEnds, k.LastUpdatedAt = k.Secret, v.random.Text(), &ends, c.Now
	c.changed = true
	return map[string]any{
		"id": k.ID, "key": k.Secret, "key_transition_expires_at": stamp(ends, workspaceTime),
	}, nil
}
