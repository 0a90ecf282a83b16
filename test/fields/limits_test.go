package fields

import (
	. "github.com/onsi/gomega"

	"github.com/workspace-operator/workspace-operator/test/harness"
)

// limited is where limits stand: in a Workspace, an ApiKey, or a class's defaults.
type limited struct {
	kind string
	// under is the path of the limits' parent in the spec, with a dot; wrap writes YAML there.
	under string
	wrap  func(string) string
	// usage is where the vendor has the only usage limit.
	usage string
	// first is seen at first; then each change keeps, and that there are no limits any more is without.
	first, keeps, without []check
}

// rows are the cases of all that a limit says. Required parts cannot be taken out alone, so that their last step takes out the limits.
func (l limited) rows() []row {
	usage := func(text string) string { return l.wrap("usageLimits: [{" + text + "}]") }
	rate := func(text string) string { return l.wrap("rateLimits: [{" + text + "}]") }
	return []row{
		l.row("usageLimits[].type",
			l.begin(usage("type: Cost, creditLimit: 10"), at(l.usage+".type", "cost")),
			l.then(usage("type: Tokens, creditLimit: 10"), at(l.usage+".type", "tokens")),
			// What a limit leaves open is the vendor's to choose, so that it is no difference by itself: the vendor is told with the next one.
			l.then(usage("creditLimit: 11"), at(l.usage+".creditLimit", 11), at(l.usage+".type", BeNil()))),
		l.row("usageLimits[].creditLimit",
			l.begin(usage("creditLimit: 10"), at(l.usage+".creditLimit", 10)),
			l.then(usage("creditLimit: 20"), at(l.usage+".creditLimit", 20)),
			refused(usage("type: Cost"), "usageLimits[0].creditLimit: Required value"),
			l.end()),
		l.row("usageLimits[].alertThreshold",
			l.begin(usage("creditLimit: 10, alertThreshold: 8"), at(l.usage+".alertThreshold", 8)),
			l.then(usage("creditLimit: 10, alertThreshold: 9"), at(l.usage+".alertThreshold", 9)),
			l.then(usage("creditLimit: 10"), at(l.usage+".alertThreshold", nil), at(l.usage+".creditLimit", 10))),
		l.row("usageLimits[].periodicReset",
			l.begin(usage("creditLimit: 10, periodicReset: Monthly"), at(l.usage+".periodicReset", "monthly")),
			l.then(usage("creditLimit: 10, periodicReset: Weekly"), at(l.usage+".periodicReset", "weekly")),
			l.then(usage("creditLimit: 10"), at(l.usage+".periodicReset", nil), at(l.usage+".creditLimit", 10))),
		l.row("rateLimits[].type",
			l.begin(rate("type: Requests, unit: PerMinute, value: 1"), at("rateLimits.0.type", "requests")),
			l.then(rate("type: Tokens, unit: PerMinute, value: 1"), at("rateLimits.0.type", "tokens")),
			refused(rate("unit: PerMinute, value: 1"), "rateLimits[0].type: Required value"),
			l.end()),
		l.row("rateLimits[].unit",
			l.begin(rate("type: Requests, unit: PerMinute, value: 1"), at("rateLimits.0.unit", "rpm")),
			l.then(rate("type: Requests, unit: PerDay, value: 1"), at("rateLimits.0.unit", "rpd")),
			refused(rate("type: Requests, value: 1"), "rateLimits[0].unit: Required value"),
			l.end()),
		l.row("rateLimits[].value",
			l.begin(rate("type: Requests, unit: PerHour, value: 5"), at("rateLimits.0.value", 5)),
			l.then(rate("type: Requests, unit: PerHour, value: 0"), at("rateLimits.0.value", 0)),
			refused(rate("type: Requests, unit: PerHour"), "rateLimits[0].value: Required value"),
			l.end()),
	}
}

func (l limited) row(path string, steps ...step) row {
	return row{leaf: leaf{l.kind, l.under + path}, vendor: harness.Portkey, steps: steps}
}

func (l limited) begin(spec string, see ...check) step { return to(spec, l.first...).and(see...) }

func (l limited) then(spec string, see ...check) step { return to(spec, see...).and(l.keeps...) }

func (l limited) end() step {
	return to("", l.without...).and(at(l.usage, nil), at("rateLimits", Or(BeNil(), BeEmpty())))
}
