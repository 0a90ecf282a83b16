package plan

import (
	"fmt"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// duplicate is a workspace with our mark that is not the recorded one: what a
// create left behind whose sender was replaced before it could say so.
func (w Workspace) duplicate() string {
	for _, seen := range w.Marked {
		if seen.ID != w.Recorded && !w.gone(seen) {
			return seen.ID
		}
	}
	return ""
}

// tolerated adds a word of a second workspace that stays, because none can be deleted:
// the one on record is none the worse for it.
func (w Workspace) tolerated(outlook Outlook) Outlook {
	extra := w.duplicate()
	if extra == "" || w.ObserveOnly {
		return outlook
	}
	outlook.Message += fmt.Sprintf(". A second workspace that was made for this object, %q, stays at %s: remove it in the vendor's console", extra, w.Vendor)
	if w.DeleteSetting != "" {
		outlook.Message += fmt.Sprintf(", or have %s set to Enabled in the class", w.DeleteSetting)
	}
	return outlook
}

// gone reports whether all has been done that a deletion can do.
func (w Workspace) gone(seen provider.Workspace) bool { return w.FreezeRemoves && seen.Frozen }
