package ledger

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// countPatience bounds how long a scrape waits for the cache.
const countPatience = 5 * time.Second

// Gauge counts the entries anew for every scrape, so that it cannot differ from
// them. It implements [prometheus.Collector].
type Gauge struct {
	cache     client.Reader
	namespace string
	entries   *prometheus.Desc
}

var _ prometheus.Collector = (*Gauge)(nil)

// NewGauge counts the entries in the operator's namespace as the cache has them.
func NewGauge(cache client.Reader, namespace string) *Gauge {
	return &Gauge{cache: cache, namespace: namespace, entries: prometheus.NewDesc(
		"workspace_operator_orphans",
		"How many entries the orphan ledger has: things that may live at a vendor with nobody left to end them.",
		[]string{"provider", "class", "kind", "reason"}, nil,
	)}
}

// Describe sends the one description.
func (g *Gauge) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- g.entries }

// Collect sends a number for every combination there is. While the cache cannot
// be read it sends none, rather than zero.
func (g *Gauge) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countPatience)
	defer cancel()
	all := &v1alpha1.OrphanList{}
	if err := g.cache.List(ctx, all, client.InNamespace(g.namespace), client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	type labels struct{ provider, class, kind, reason string }
	counts := map[labels]int{}
	for i := range all.Items {
		spec := &all.Items[i].Spec
		counts[labels{spec.Provider, spec.ClassName, spec.Object.Kind, spec.Reason}]++
	}
	for of, count := range counts {
		metrics <- prometheus.MustNewConstMetric(g.entries, prometheus.GaugeValue, float64(count), of.provider, of.class, of.kind, of.reason)
	}
}
