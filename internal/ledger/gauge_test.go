package ledger

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// scrape gives the numbers by "provider class kind reason".
func (d *desk) scrape() map[string]float64 {
	d.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewGauge(d.api, operator))
	families, err := registry.Gather()
	if err != nil {
		d.Fatal(err)
	}
	numbers := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, pair := range metric.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			of := labels["provider"] + " " + labels["class"] + " " + labels["kind"] + " " + labels["reason"]
			numbers[family.GetName()+" "+of] = metric.GetGauge().GetValue()
		}
	}
	return numbers
}

func TestTheGaugeIsTheLedger(t *testing.T) {
	d := newDesk(t, interceptor.Funcs{})
	d.enter(key())
	d.enter(key(func(e *Entry) { e.VendorID = "wsak_2" }))
	d.enter(key(func(e *Entry) { e.VendorID, e.Reason = "wsak_3", v1alpha1.OrphanOutcomeUnknown }))
	elsewhere := d.Book
	elsewhere.Namespace = "team-a"
	if err := elsewhere.Enter(t.Context(), key()); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"workspace_operator_orphans guance guance-prod ApiKey Abandoned":      2,
		"workspace_operator_orphans guance guance-prod ApiKey OutcomeUnknown": 1,
	}
	if diff := cmp.Diff(want, d.scrape()); diff != "" {
		t.Errorf("the numbers differ (-want +got):\n%s", diff)
	}
	if err := d.api.DeleteAllOf(t.Context(), &v1alpha1.Orphan{}, client.InNamespace(operator)); err != nil {
		t.Fatal(err)
	}
	if got := d.scrape(); len(got) > 0 {
		t.Errorf("numbers of an empty ledger: %v", got)
	}
}

// TestAGaugeThatCannotReadSaysNothing: zero would end an alert, and an error would take the other metrics along.
func TestAGaugeThatCannotReadSaysNothing(t *testing.T) {
	d := newDesk(t, interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
		return errors.New("not started")
	}})
	d.enter(key())
	if got := d.scrape(); len(got) > 0 {
		t.Errorf("numbers of a ledger that nobody has read: %v", got)
	}
}
