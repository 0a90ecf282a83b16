package window_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/window"
)

// TestWindow plays requests at given seconds and says which go through.
func TestWindow(t *testing.T) {
	tests := []struct {
		name  string
		limit int
		at    []float64
		want  string // one letter per request: y goes through, n does not
	}{
		{"no limit", 0, []float64{0, 0, 0, 0}, "yyyy"},
		{"a negative limit is none", -1, []float64{0, 0}, "yy"},
		{"up to the limit at once", 3, []float64{0, 0, 0, 0}, "yyyn"},
		{"free again a minute after the first", 2, []float64{0, 30, 59.9, 60, 60, 89.9, 90}, "yynynny"},
		{"no burst on top of a steady rate", 3, []float64{0, 20, 40, 59, 60, 79, 80}, "yyynyny"},
		{"refused requests do not count", 1, []float64{0, 59, 60}, "yny"},
		{"a quiet hour does not add up", 2, []float64{0, 3600, 3600, 3600}, "yyyn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			var l window.Limiter
			got := ""
			for _, seconds := range tt.at {
				now := start.Add(time.Duration(seconds * float64(time.Second)))
				if !l.Free("k", tt.limit, now) {
					got += "n"
					continue
				}
				l.Admit("k", now)
				got += "y"
			}
			if got != tt.want {
				t.Errorf("requests at %v: %s, want %s", tt.at, got, tt.want)
			}
		})
	}
}

func TestWindowCountsKeysApart(t *testing.T) {
	var l window.Limiter
	now := time.Now()
	for i := range 5 {
		key := fmt.Sprint(i)
		if !l.Free(key, 1, now) {
			t.Fatalf("key %s is limited by another key", key)
		}
		l.Admit(key, now)
		if l.Free(key, 1, now) {
			t.Fatalf("key %s is not limited", key)
		}
	}
}
