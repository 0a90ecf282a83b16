package api

import (
	"fmt"
	"strings"
)

// Spellings of values that are long or many.

func long(n int) string { return strings.Repeat("a", n) }

// chinese is a text of n characters of three bytes each.
func chinese(n int) string { return strings.Repeat("名", n) }

// items is a flow sequence of n different items, each the format with its number.
func items(n int, format string) string { return "[" + numbered(n, format) + "]" }

// entries is a flow mapping of n entries.
func entries(n int, format string) string { return "{" + numbered(n, format) + "}" }

func numbered(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, ", ")
}

// rates is a flow sequence of rate limits with n different pairs of type and unit; there are six.
func rates(n int) string {
	var parts []string
	for _, what := range []string{"Requests", "Tokens"} {
		for _, unit := range []string{"PerMinute", "PerHour", "PerDay"} {
			parts = append(parts, fmt.Sprintf("{type: %s, unit: %s, value: 1}", what, unit))
		}
	}
	return "[" + strings.Join(parts[:n], ", ") + "]"
}
