package api

import "fmt"

// limitCases are the rules of one usage limit and one rate limit. The kinds that have them say at which path, and in which surroundings they are written.
func limitCases(at, surroundings string) []testCase {
	in := func(limits string) string { return fmt.Sprintf(surroundings, limits) }
	return []testCase{
		{name: "usageLimits of each type and reset", spec: in(`usageLimits: [{type: Cost, creditLimit: 10, alertThreshold: 8, periodicReset: Monthly}]`)},
		{name: "usageLimits without type", spec: in(`usageLimits: [{creditLimit: 1}]`)},
		{name: "usageLimits at their highest", spec: in(`usageLimits: [{creditLimit: 1000000000000, alertThreshold: 1000000000000}]`)},
		{name: "usageLimits written as a float", spec: in(`usageLimits: [{creditLimit: 1e3, alertThreshold: 10.0}]`)},
		{name: "usageLimits without creditLimit", spec: in(`usageLimits: [{type: Cost}]`), want: []string{at + `.usageLimits[0].creditLimit: Required value`}},
		{name: "usageLimits of an unknown type", spec: in(`usageLimits: [{type: Money, creditLimit: 1}]`), want: []string{at + `.usageLimits[0].type: Unsupported value: "Money": supported values: "Cost", "Tokens"`}},
		{name: "usageLimits of zero", spec: in(`usageLimits: [{creditLimit: 0}]`), want: []string{at + `.usageLimits[0].creditLimit: Invalid value: 0: ` + at + `.usageLimits[0].creditLimit in body should be greater than or equal to 1`}},
		{name: "usageLimits of too much", spec: in(`usageLimits: [{creditLimit: 1000000000001}]`), want: []string{at + `.usageLimits[0].creditLimit: Invalid value: 1000000000001: ` + at + `.usageLimits[0].creditLimit in body should be less than or equal to 1000000000000`}},
		{name: "usageLimits of a fraction", spec: in(`usageLimits: [{creditLimit: 10.5}]`), want: []string{at + `.usageLimits[0].creditLimit: Invalid value: "float64": ` + at + `.usageLimits[0].creditLimit in body must be of type int64: "float64"`}},
		{name: "usageLimits beyond 64 bits", spec: in(`usageLimits: [{creditLimit: 100000000000000000000}]`), want: []string{at + `.usageLimits[0].creditLimit: Invalid value: "float64": ` + at + `.usageLimits[0].creditLimit in body must be of type int64: "float64"`, at + `.usageLimits[0].creditLimit: Invalid value: 1e+20: ` + at + `.usageLimits[0].creditLimit in body should be less than or equal to 1e+12`}},
		{name: "alertThreshold of zero", spec: in(`usageLimits: [{creditLimit: 1, alertThreshold: 0}]`), want: []string{at + `.usageLimits[0].alertThreshold: Invalid value: 0: ` + at + `.usageLimits[0].alertThreshold in body should be greater than or equal to 1`}},
		{name: "alertThreshold of too much", spec: in(`usageLimits: [{creditLimit: 1, alertThreshold: 1000000000001}]`), want: []string{at + `.usageLimits[0].alertThreshold: Invalid value: 1000000000001: ` + at + `.usageLimits[0].alertThreshold in body should be less than or equal to 1000000000000`, at + `.usageLimits[0]: Invalid value: alertThreshold must not be above creditLimit`}},
		{name: "alertThreshold above creditLimit", spec: in(`usageLimits: [{creditLimit: 1, alertThreshold: 2}]`), want: []string{at + `.usageLimits[0]: Invalid value: alertThreshold must not be above creditLimit`}},
		{name: "periodicReset unknown", spec: in(`usageLimits: [{creditLimit: 1, periodicReset: Daily}]`), want: []string{at + `.usageLimits[0].periodicReset: Unsupported value: "Daily": supported values: "Monthly", "Weekly"`}},
		{name: "rateLimits at their highest and lowest", spec: in(`rateLimits: [{type: Tokens, unit: PerDay, value: 1000000000000}, {type: Tokens, unit: PerHour, value: 0}]`)},
		{name: "rateLimits without anything", spec: in(`rateLimits: [{}]`), want: []string{at + `.rateLimits[0].type: Required value`, at + `.rateLimits[0].unit: Required value`, at + `.rateLimits[0].value: Required value`}},
		{name: "rateLimits of unknown words", spec: in(`rateLimits: [{type: Calls, unit: PerSecond, value: 1}]`), want: []string{at + `.rateLimits[0].type: Unsupported value: "Calls": supported values: "Requests", "Tokens"`, at + `.rateLimits[0].unit: Unsupported value: "PerSecond": supported values: "PerMinute", "PerHour", "PerDay"`}},
		{name: "rateLimits below zero", spec: in(`rateLimits: [{type: Tokens, unit: PerDay, value: -1}]`), want: []string{at + `.rateLimits[0].value: Invalid value: -1: ` + at + `.rateLimits[0].value in body should be greater than or equal to 0`}},
		{name: "rateLimits of too much", spec: in(`rateLimits: [{type: Tokens, unit: PerDay, value: 1000000000001}]`), want: []string{at + `.rateLimits[0].value: Invalid value: 1000000000001: ` + at + `.rateLimits[0].value in body should be less than or equal to 1000000000000`}},
	}
}
