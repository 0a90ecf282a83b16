package plan

import (
	"fmt"
	"slices"
)

// unchangeable is how a workspace stands that is otherwise than its spec in what
// the vendor cannot change. Of what is only observed nothing is to be changed.
func (w Workspace) unchangeable() (outlook Outlook, blocked bool) {
	fixed, dropped, drifted := w.Differs.Fixed, w.Differs.Dropped, w.Differs.lost()
	outlook = Outlook{State: Blocked, Reason: reasonUnsupported}
	switch {
	case w.ObserveOnly:
		return Outlook{}, false
	case len(fixed) > 0:
		outlook.Unapplied = "the vendor has another " + specFields(fixed)
		outlook.Message = fmt.Sprintf("%s: %s cannot change this of a workspace that exists; set it back, or create another Workspace", specFields(fixed), w.Vendor)
	case len(dropped) > 0:
		outlook.Unapplied = "the vendor still has " + specFields(dropped)
		outlook.Message = fmt.Sprintf("%s: taken out of the spec, and %s cannot clear it; set it back, or create another Workspace", specFields(dropped), w.Vendor)
	case len(drifted) > 0:
		outlook.Reason, outlook.Cause = reasonDrifted, reasonDrifted
		outlook.Unapplied = "the vendor has another " + specFields(drifted)
		outlook.Message = fmt.Sprintf("%s: changed at %s, which offers no way to change it back; set it to what the vendor has, or have it changed in the vendor's console", specFields(drifted), w.Vendor)
	default:
		return Outlook{}, false
	}
	return outlook, true
}

// unapplied says in what a workspace that can be used is otherwise than its spec.
func (w Workspace) unapplied() string {
	differs := w.Differs
	unlike := slices.Concat(differs.Changeable, differs.Kept, differs.Fixed, differs.lost())
	switch {
	case w.ObserveOnly && len(unlike) > 0:
		return specFields(unlike) + ": the vendor has another value, and spec.managementPolicy is ObserveOnly, so that it is not told"
	case len(differs.Kept) > 0:
		return Unheeded(differs.Kept)
	}
	return ""
}

// Unheeded says of fields that the vendor was told and shows otherwise.
func Unheeded(fields []string) string {
	return specFields(fields) + ": the vendor was told, and shows another value. It is told again when the spec changes, when what it shows does, or when somebody asks for a pass"
}

// Restored says of fields that somebody had changed at the vendor.
func Restored(fields []string) string {
	return specFields(fields) + ": had been changed at the vendor, and is as the spec says again"
}

// undone says what an update leaves that fails.
func (d Differences) undone() string {
	if back := d.Restorable(); len(back) > 0 {
		return specFields(back) + ": changed at the vendor, and not changed back yet"
	}
	return specFields(d.Changeable) + ": not applied yet"
}

// Restorable are the fields that were changed at the vendor and can be changed
// back.
func (d Differences) Restorable() []string {
	return slices.DeleteFunc(slices.Clone(d.Drifted), func(field string) bool { return !slices.Contains(d.Changeable, field) })
}

// lost are those that cannot.
func (d Differences) lost() []string {
	return slices.DeleteFunc(slices.Clone(d.Drifted), func(field string) bool { return slices.Contains(d.Changeable, field) })
}
