package portkey

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"strconv"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	pageSize = 100
	// maxPages ends a list that does not end; no account has so much.
	maxPages = 1000
)

// page is one page of a list.
type page[T any] struct {
	Total rest.Number `json:"total"`
	// Data is nil where the answer has no list at all.
	Data []T `json:"data"`
}

// list reads a list to its end, and yields every object once. What is absent
// from it may be taken for gone, so whatever looks wrong is an error: fewer
// objects than the vendor counts, a page without its count, a page that brings
// nothing new, a count that falls while we read (what was deleted meanwhile
// moves others to pages we have read already).
func list[T any](ctx context.Context, client *rest.Client, call rest.Call, id func(T) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		reader := reader[T]{seen: map[string]bool{}, id: id}
		for number := range maxPages {
			answer, err := readPage[T](ctx, client, call, number)
			if err != nil {
				yield(none, err)
				return
			}
			fresh, problem := reader.take(answer)
			if problem != "" {
				yield(none, &provider.Error{Class: provider.Transient, Op: call.Op, Message: problem})
				return
			}
			for _, object := range fresh {
				if !yield(object, nil) {
					return
				}
			}
			if reader.done {
				return
			}
		}
		yield(none, &provider.Error{Class: provider.Transient, Op: call.Op, Message: "the list does not end"})
	}
}

func readPage[T any](ctx context.Context, client *rest.Client, call rest.Call, number int) (page[T], error) {
	query := url.Values{"page_size": {strconv.Itoa(pageSize)}, "current_page": {strconv.Itoa(number)}}
	maps.Copy(query, call.Query)
	call.Query, call.MaxBytes = query, rest.ListBytes
	var answer page[T]
	err := client.Do(ctx, call, &answer)
	return answer, err
}

// reader keeps count of a list.
type reader[T any] struct {
	id    func(T) string
	seen  map[string]bool
	read  int
	pages int
	total float64
	done  bool
}

// take gives the objects of a page that are new, or says what is wrong with it.
func (r *reader[T]) take(answer page[T]) (fresh []T, problem string) {
	if answer.Data == nil || !answer.Total.Known {
		return nil, "the list does not have the documented form"
	}
	if r.pages > 0 && answer.Total.Value < r.total {
		return nil, "the list changed while it was read"
	}
	r.pages++
	r.total = answer.Total.Value
	r.read += len(answer.Data)
	for _, object := range answer.Data {
		id := r.id(object)
		if !rest.ValidID(id) {
			return nil, "the list has an object whose id cannot be used"
		}
		if !r.seen[id] {
			r.seen[id] = true
			fresh = append(fresh, object)
		}
	}
	switch {
	case len(answer.Data) == 0 && float64(r.read) < r.total:
		return nil, "the list ends before all it counts were shown"
	case len(answer.Data) > 0 && len(fresh) == 0:
		return nil, "the list repeats itself"
	}
	// A page may be short because the vendor shows fewer at a time than asked.
	r.done = len(answer.Data) < pageSize && float64(r.read) >= r.total
	return fresh, ""
}
