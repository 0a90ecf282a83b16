package plan

import "github.com/workspace-operator/workspace-operator/internal/provider"

// strays are the keys with our mark that nobody holds, and whose time is over.
// Of two that have the name the Secret knows, nobody can say which it holds, so
// both are.
func (k Key) strays() []provider.Key {
	if k.Secret.nameless() && len(k.held()) > 1 {
		return k.held()
	}
	var strays []provider.Key
	for _, seen := range k.Marked {
		if !k.Secret.holds(seen) && k.Left[seen.ID] <= 0 && !k.underWay(seen) {
			strays = append(strays, seen)
		}
	}
	return strays
}

// underWay reports whether whoever asked for the key may be about to store it. What
// stands before the mark in its name may have been edited since.
func (k Key) underWay(seen provider.Key) bool {
	if k.Unsettled <= 0 || k.Calling == "" {
		return false
	}
	mark, marked := provider.ParseKeyName(k.Calling)
	return seen.Name == k.Calling || marked && seen.Mark == mark
}
