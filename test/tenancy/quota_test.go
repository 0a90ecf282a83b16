package tenancy

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// quota is the one of the page: three ApiKeys in team-a, where none is so far.
func (s *suite) quota(t *testing.T) {
	const counted = corev1.ResourceName("count/apikeys.workspace-operator.io")
	name := client.ObjectKeyFromObject(s.fromPage(t, "ResourceQuota", "vendor-objects"))
	used := func(want int64) func(context.Context) bool {
		return func(ctx context.Context) bool {
			quota := &corev1.ResourceQuota{}
			if err := s.admin.Get(ctx, name, quota); err != nil {
				return false
			}
			amount, there := quota.Status.Used[counted]
			return there && amount.Value() == want
		}
	}
	if err := eventually(t, used(0)); err != nil {
		t.Fatal("the quota is not taken up by its controller")
	}
	c := s.as(t, anna)
	for i := range 3 {
		accepted(t, fmt.Sprintf("ApiKey %d of 3", i+1), creation(c, keyOf(team, fmt.Sprintf("key-%d", i), "")))
	}
	fourth := keyOf(team, "key-3", "")
	const message = "exceeded quota: vendor-objects, requested: count/apikeys.workspace-operator.io=1, used: count/apikeys.workspace-operator.io=3, limited: count/apikeys.workspace-operator.io=3"
	refused(t, "the fourth", message, rehearsal(c, fourth))
	if err := c.Delete(t.Context(), keyOf(team, "key-1", "")); err != nil {
		t.Fatal(err)
	}
	accepted(t, "the fourth once another has gone", creation(c, fourth))
	refused(t, "the one that went", message, rehearsal(c, keyOf(team, "key-1", "")))
}
