package oceanbase

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	// pageSize is the largest that the vendor takes (page "List API keys").
	pageSize = 100
	// clampedSize is the size it silently uses instead of one it does not take.
	// So a page of just so many may be a full one.
	clampedSize = 20
	// maxPages ends a list that does not end; no project has so much.
	maxPages = 1000
)

// list reads the keys of a project to the end, and yields each once. What is
// absent from it may be taken for gone, so whatever looks wrong is an error.
func (k keys) list(ctx context.Context, op, projectID string) iter.Seq2[provider.Key, error] {
	return func(yield func(provider.Key, error) bool) {
		reader := reader{seen: map[string]bool{}}
		for number := range maxPages {
			answer, err := k.readPage(ctx, op, projectID, number+1)
			if err != nil {
				yield(provider.Key{}, err)
				return
			}
			fresh, problem := reader.take(answer)
			if problem != "" {
				yield(provider.Key{}, &provider.Error{Class: provider.Transient, Op: op, Message: problem})
				return
			}
			for _, item := range fresh {
				if !yield(item.observed(), nil) {
					return
				}
			}
			if reader.done {
				return
			}
		}
		yield(provider.Key{}, &provider.Error{Class: provider.Transient, Op: op, Message: "the list does not end"})
	}
}

func (k keys) readPage(ctx context.Context, op, projectID string, number int) (page, error) {
	query := url.Values{"pageNumber": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(pageSize)}}
	var answer page
	err := session(k).do(ctx, projectID, rest.Call{Op: op, Method: http.MethodGet, Query: query, MaxBytes: rest.ListBytes}, &answer)
	return answer, err
}

// reader keeps count of a list.
type reader struct {
	// seen has the id of every key that was read.
	seen map[string]bool
	// pages is how many were read, and read how many keys they had, those that
	// came twice included.
	pages, read int
	// total is what the last page that counted said there are.
	total rest.Number
	done  bool
}

// take gives the keys of a page that are new, or says what is wrong with it.
// Only the first page needs a list: past the end there is nothing to show.
func (r *reader) take(answer page) (fresh []key, problem string) {
	items, total := answer.Data.List, answer.total()
	switch {
	case r.pages == 0 && !answer.hasList():
		return nil, "the list does not have the documented form"
	case len(items) > pageSize:
		return nil, "a page of the list has more than was asked for"
	case total.Known && total.Value < r.total.Value:
		// What was deleted has moved others to pages that were read already.
		return nil, "the list changed while it was read"
	case total.Known:
		r.total = total
	}
	for _, item := range items {
		if !rest.ValidID(item.ID) {
			return nil, "the list has a key whose id cannot be used"
		}
		if !r.seen[item.ID] {
			r.seen[item.ID] = true
			fresh = append(fresh, item)
		}
	}
	r.pages++
	r.read += len(items)
	if problem = r.conclude(len(items), len(fresh)); problem != "" {
		return nil, problem
	}
	return fresh, ""
}

// conclude decides whether a page was the last one, or says why it cannot be
// followed by another. A count that was reached ends the list, whatever the
// page is like: past the end a vendor may show the last one again.
func (r *reader) conclude(items, fresh int) (problem string) {
	full := items == pageSize || items == clampedSize
	switch {
	case r.total.Known && float64(len(r.seen)) == r.total.Value:
		r.done = true
	case items == 0 && float64(r.read) < r.total.Value:
		return "the list ends before all it counts were shown"
	case items > 0 && fresh == 0:
		return "the list repeats itself"
	default:
		r.done = !full && float64(r.read) >= r.total.Value
	}
	return ""
}
