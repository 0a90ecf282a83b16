package v1alpha1

// Class is the name of the class that serves the Workspace: the one it names,
// or the default it was given. Empty while that is open.
func (w *Workspace) Class() string {
	if w.Spec.ClassName != "" {
		return w.Spec.ClassName
	}
	return w.Status.ClassName
}

// VendorOptions are the settings that stand under a vendor's own name, by that
// name and then by their JSON name. A vendor whose block is there but empty
// has an empty map.
func (s *WorkspaceSpec) VendorOptions() map[string]map[string]string {
	all := map[string]map[string]string{}
	if s.Guance != nil {
		all["guance"] = present(map[string]string{"menuStyle": s.Guance.MenuStyle, "accessKeyName": s.Guance.AccessKeyName})
	}
	return all
}

func present(options map[string]string) map[string]string {
	for name, value := range options {
		if value == "" {
			delete(options, name)
		}
	}
	return options
}
