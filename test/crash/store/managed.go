package store

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// owner is one entry of managedFields. It is never changed once it is part of a version.
type owner struct {
	by   writer
	time *metav1.Time
	set  fieldSet
	// text is the set as FieldsV1.
	text *metav1.FieldsV1
}

// writer tells the entries of managedFields apart.
type writer struct {
	manager, apiVersion, subresource string
	operation                        metav1.ManagedFieldsOperationType
}

func newOwner(by writer, at *metav1.Time, set fieldSet) *owner {
	return &owner{by: by, time: at, set: set, text: metav1.NewFieldsV1(set.encode())}
}

// owners are the entries of one version, in the order in which the server gives them.
type owners []*owner

// unowned are the fields that belong to nobody.
func unowned() []string {
	paths := []string{"f:apiVersion", "f:kind", "f:metadata"}
	for _, name := range []string{"name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"} {
		paths = append(paths, join("f:metadata", "f:"+name))
	}
	return paths
}

// written gives the entries after a write that leads from one tree to another. Whoever sets a field owns it alone; a field that is gone has no owner. Only
// who set one gets a new time.
func (o owners) written(c comparison, by writer, now time.Time) owners {
	next := make(owners, 0, len(o)+1)
	mine := fieldSet{}
	for path := range c.changed {
		mine.add(path)
	}
	for _, path := range unowned() {
		delete(mine, path)
	}
	for _, entry := range o {
		left := entry.set.without(c.changed, c.removed)
		if entry.by == by && len(mine) > 0 {
			mine = left.union(mine)
			continue
		}
		if len(left) == 0 {
			continue
		}
		if len(left) != len(entry.set) {
			entry = newOwner(entry.by, entry.time, left)
		}
		next = append(next, entry)
	}
	if len(mine) > 0 {
		next = append(next, newOwner(by, wholeSeconds(now), mine))
	}
	slices.SortStableFunc(next, order)
	return next
}

// order is the server's: by operation, time, manager, version and subresource.
func order(a, b *owner) int {
	if c := strings.Compare(string(a.by.operation), string(b.by.operation)); c != 0 {
		return c
	}
	if c := a.seconds() - b.seconds(); c != 0 {
		return int(c)
	}
	if c := strings.Compare(a.by.manager, b.by.manager); c != 0 {
		return c
	}
	if c := strings.Compare(a.by.apiVersion, b.by.apiVersion); c != 0 {
		return c
	}
	return strings.Compare(a.by.subresource, b.by.subresource)
}

func (o *owner) seconds() int64 {
	if o.time == nil {
		return 0
	}
	return o.time.Unix()
}

// sameFields reports whether two lists differ in nothing but times.
func (o owners) sameFields(other owners) bool {
	return slices.EqualFunc(o, other, func(a, b *owner) bool {
		return a == b || a.by == b.by && a.text.GetRawString() == b.text.GetRawString()
	})
}

func (o owners) sameTimes(other owners) bool {
	return slices.EqualFunc(o, other, func(a, b *owner) bool { return a == b || a.seconds() == b.seconds() })
}

// entries is what goes into an object.
func (o owners) entries() []metav1.ManagedFieldsEntry {
	if len(o) == 0 {
		return nil
	}
	all := make([]metav1.ManagedFieldsEntry, len(o))
	for i, entry := range o {
		all[i] = metav1.ManagedFieldsEntry{
			Manager: entry.by.manager, Operation: entry.by.operation, APIVersion: entry.by.apiVersion, Subresource: entry.by.subresource,
			Time: entry.time, FieldsType: "FieldsV1", FieldsV1: entry.text,
		}
	}
	return all
}

// base is what a write starts from: the entries that came with the object, or else those of the live one. That is how whoever restores a backup brings old
// entries along.
func (o owners) base(sent []metav1.ManagedFieldsEntry) owners {
	if len(sent) == 1 && sent[0] == (metav1.ManagedFieldsEntry{}) {
		return nil
	}
	if len(sent) == 0 || o.areThese(sent) {
		return o
	}
	decoded := make(owners, 0, len(sent))
	for _, entry := range sent {
		by := writer{manager: entry.Manager, apiVersion: entry.APIVersion, subresource: entry.Subresource, operation: entry.Operation}
		set := fieldSet{}
		if entry.FieldsV1 != nil {
			var err error
			if set, err = decodeFields(entry.FieldsV1.GetRawBytes()); err != nil {
				return o
			}
		}
		decoded = append(decoded, newOwner(by, entry.Time, set))
	}
	return decoded
}

// areThese reports whether the entries that came with an object are the live ones, as they nearly always are.
func (o owners) areThese(sent []metav1.ManagedFieldsEntry) bool {
	return slices.EqualFunc(o, sent, func(have *owner, entry metav1.ManagedFieldsEntry) bool {
		by := writer{manager: entry.Manager, apiVersion: entry.APIVersion, subresource: entry.Subresource, operation: entry.Operation}
		return by == have.by && entry.Time.Equal(have.time) && entry.FieldsV1 != nil && entry.FieldsV1.Equal(*have.text)
	})
}

// wholeSeconds is a time as JSON keeps it.
func wholeSeconds(at time.Time) *metav1.Time { return new(metav1.Unix(at.Unix(), 0)) }
