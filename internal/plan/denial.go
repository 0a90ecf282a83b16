package plan

import "fmt"

// unknown says of a call that was not answered how a person can settle it.
func (w Workspace) unknown() string {
	message := "the request to create the workspace was not answered, and this vendor offers no way to find out what it did. Look for it in the vendor's console. "
	if w.Importable {
		message += "If it is there, delete this Workspace, which sends the vendor nothing, and apply it anew with spec.externalID"
	} else {
		message += "If it is there, remove it, or delete this Workspace, which sends the vendor nothing"
	}
	return message + ". If there is none, " + w.denying()
}

// lost says the same of an object from a backup.
func (w Workspace) lost() string {
	message := fmt.Sprintf("this object carries the operator's finalizer, which it was never given: it comes from a backup, without the status that said what %s has of it, and nothing there carries its mark. "+
		"Look in the vendor's console. ", w.Vendor)
	if w.Importable {
		message += "If its workspace is there, delete this Workspace, which sends the vendor nothing, and apply it anew with spec.externalID. "
	} else {
		message += "If its workspace is there, have an admin restore this object's status. "
	}
	return message + "If there is none, " + w.denying()
}

// denying tells how a person says that the vendor has nothing.
func (w Workspace) denying() string {
	return "annotate this Workspace with " + w.Denial + ", and it is created anew"
}
