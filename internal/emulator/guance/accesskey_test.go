package guance_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const keyBase = "/api/v1/workspace/accesskey/"

func TestAddKey(t *testing.T) {
	long := strings.Repeat("k", 256)
	tests := []struct {
		name, body, problem string
		roles               []string
	}{
		{"a name", `{"name":"k"}`, "", []string{"wsAdmin"}},
		{"a name of 256", `{"name":"` + long + `"}`, "", []string{"wsAdmin"}},
		{"roles", `{"name":"k","roleUUIDs":["readOnly","custom"]}`, "", []string{"readOnly", "custom"}},
		{"no roles given", `{"name":"k","roleUUIDs":[]}`, "", []string{"wsAdmin"}},

		{"no name", `{}`, "name: is required", nil},
		{"name empty", `{"name":""}`, "name: must have 1 to 256", nil},
		{"name null", `{"name":null}`, "name: must not be null", nil},
		{"name of 257", `{"name":"` + long + `k"}`, "name: must have 1 to 256", nil},
		{"name a number", `{"name":5}`, "name: must be a string", nil},
		{"the owner role", `{"name":"k","roleUUIDs":["owner"]}`, "must not contain owner", nil},
		{"roles null", `{"name":"k","roleUUIDs":null}`, "roleUUIDs: must not be null", nil},
		{"roles a string", `{"name":"k","roleUUIDs":"wsAdmin"}`, "roleUUIDs: must be an array", nil},
		{"a role that is no string", `{"name":"k","roleUUIDs":[1]}`, "element 0 must be a string", nil},
		{"an unknown field", `{"name":"k","workspaceUUID":"wksp_x"}`, "workspaceUUID: unknown field", nil},
		{"no JSON", ``, "Content-Type", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			if tt.problem != "" {
				s.refused("POST", addPath, tt.body, http.StatusBadRequest, "", tt.problem)
				if got := len(s.state().Keys); got != 1 {
					t.Errorf("there are %d keys, want none added", got)
				}
				return
			}
			s.ok("POST", addPath, tt.body, new(any))
			if got := s.state().Keys[1].RoleUUIDs; !slices.Equal(got, tt.roles) {
				t.Errorf("the roles are %v, want %v", got, tt.roles)
			}
		})
	}
	newSite(t).refused("POST", addPath+"?name=k", `{"name":"k"}`, http.StatusBadRequest, "", "unknown query parameter")
}

func TestKeyNameLimit(t *testing.T) {
	s := newSite(t)
	s.configure(`{"keyNameLimit":50}`)
	s.add(strings.Repeat("键", 50))
	s.refused("POST", addPath, `{"name":"`+strings.Repeat("k", 51)+`"}`, http.StatusBadRequest, "", "name: must have 1 to 50")
	s.refused("POST", createPath, `{"name":"w","akName":"`+strings.Repeat("k", 51)+`"}`, http.StatusBadRequest, "", "akName: must have 1 to 50")
}

// TestKeyAnswers holds add, get and list against the documented members.
func TestKeyAnswers(t *testing.T) {
	s := newSite(t)
	documented := []string{"createAt", "creator", "deleteAt", "id", "name", "sk", "status", "updateAt", "updator", "uuid", "workspaceUUID"}
	var added map[string]any
	s.ok("POST", addPath, `{"name":"k"}`, &added)
	if got := sortedNames(added); !slices.Equal(got, documented) {
		t.Errorf("add answers with %v, documented are %v", got, documented)
	}
	if added["id"] != nil || added["deleteAt"] != -1.0 || added["status"] != 0.0 || added["createAt"] != float64(s.now.Unix()) {
		t.Errorf("add answers %v", added)
	}

	var got map[string]any
	s.ok("GET", keyBase+added["uuid"].(string)+"/get", "", &got)
	if _, ok := got["creatorInfo"].(map[string]any); !ok {
		t.Errorf("get answers without creatorInfo: %v", got)
	}
	delete(got, "creatorInfo")
	if !reflect.DeepEqual(got, added) {
		t.Errorf("get answers %v, add answered %v: the secret included", got, added)
	}

	a := s.do("GET", listPath, "")
	var items []map[string]any
	if err := json.Unmarshal(a.Content, &items); err != nil {
		t.Fatalf("the content of a list is %s, want an array: %v", a.Content, err)
	}
	if len(items) != 2 || !reflect.DeepEqual(items[1], added) {
		t.Errorf("list answers %v, want two keys, the second %v", items, added)
	}
}

func sortedNames(m map[string]any) []string {
	names := []string{}
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestListSearch(t *testing.T) {
	s := newSite(t)
	_, _, sk := s.create("w")
	s = s.as(sk)
	for _, name := range []string{"ci", "ci-2", "deploy", "CI"} {
		s.add(name)
	}
	tests := []struct {
		query string
		want  []string
	}{
		{"", []string{"admin", "ci", "ci-2", "deploy", "CI"}},
		{"?search=ci", []string{"ci", "ci-2"}},
		{"?search=ci-2", []string{"ci-2"}},
		{"?search=nothing", []string{}},
	}
	for _, tt := range tests {
		if got := s.list(tt.query); !slices.Equal(got, tt.want) {
			t.Errorf("list%s shows %v, want %v", tt.query, got, tt.want)
		}
	}
	s.refused("GET", listPath+"?search=", "", http.StatusBadRequest, "", "must not be empty")
	s.refused("GET", listPath+"?pageSize=1", "", http.StatusBadRequest, "", "unknown query parameter")
	s.refused("GET", listPath+"?search=a&search=b", "", http.StatusBadRequest, "", "given 2 times")
	s.refused("GET", listPath, "{}", http.StatusBadRequest, "", "no body")
}

func TestListOfNothingIsAnArray(t *testing.T) {
	s := newSite(t)
	if a := s.do("GET", listPath+"?search=none", ""); string(a.Content) != "[]" {
		t.Errorf("an empty list is %s, want []", a.Content)
	}
}

func TestDeleteKeyIsAGet(t *testing.T) {
	s := newSite(t)
	k := s.add("k")
	s.refused("POST", keyBase+k.UUID+"/delete", "{}", http.StatusBadRequest, "ft.RouterNotFound", "no such route")
	s.refused("DELETE", keyBase+k.UUID+"/delete", "", http.StatusBadRequest, "ft.RouterNotFound", "no such route")
	s.as(k.SK).ok("GET", getPath, "", new(any))

	a := s.do("GET", keyBase+k.UUID+"/delete", "")
	if string(a.Content) != "true" || !a.changed {
		t.Errorf("delete answers content %s, changed %v, want true and a change", a.Content, a.changed)
	}
	s.as(k.SK).refused("GET", getPath, "", http.StatusForbidden, "ft.InvalidAPIKey", "")
	s.refused("GET", keyBase+k.UUID+"/get", "", http.StatusNotFound, "", "does not exist")
	s.refused("GET", keyBase+k.UUID+"/delete", "", http.StatusNotFound, "", "does not exist")
	if got := s.list(""); slices.Contains(got, "k") {
		t.Errorf("a deleted key is listed: %v", got)
	}
}

func TestKeyCanDeleteItself(t *testing.T) {
	s := newSite(t)
	_, id, sk := s.create("w")
	s.as(sk).ok("GET", keyBase+id+"/delete", "", new(bool))
	s.as(sk).refused("GET", listPath, "", http.StatusForbidden, "ft.InvalidAPIKey", "")
}

func TestKeysOfAnotherWorkspace(t *testing.T) {
	s := newSite(t)
	_, idA, skA := s.create("a")
	_, idB, skB := s.create("b")
	for _, act := range []string{"get", "delete"} {
		s.as(skA).refused("GET", keyBase+idB+"/"+act, "", http.StatusForbidden, "", "no access")
		s.refused("GET", keyBase+idA+"/"+act, "", http.StatusForbidden, "", "no access")
		s.as(skA).refused("GET", keyBase+"wsak_nothing/"+act, "", http.StatusNotFound, "", "does not exist")
		s.as(skA).refused("GET", keyBase+idA+"/"+act+"?x=1", "", http.StatusBadRequest, "", "unknown query")
		s.as(skA).refused("GET", keyBase+idA+"/"+act, "{}", http.StatusBadRequest, "", "no body")
	}
	if got := s.as(skA).list(""); !slices.Equal(got, []string{"admin"}) {
		t.Errorf("workspace a lists %v, want its own key only", got)
	}
	s.as(skB).ok("GET", keyBase+idB+"/get", "", new(any))
}

func TestListLag(t *testing.T) {
	t.Run("by time", func(t *testing.T) {
		s := newSite(t)
		s.configure(`{"listLagMillis":5000}`)
		k := s.add("new")
		s.now = s.now.Add(4999 * time.Millisecond)
		if got := s.list("?search=new"); len(got) != 0 {
			t.Errorf("listed before the lag is over: %v", got)
		}
		s.ok("GET", keyBase+k.UUID+"/get", "", new(any))
		s.now = s.now.Add(time.Millisecond)
		if got := s.list("?search=new"); len(got) != 1 {
			t.Errorf("not listed after the lag: %v", got)
		}
	})
	t.Run("by calls", func(t *testing.T) {
		s := newSite(t)
		s.configure(`{"listLagCalls":2}`)
		s.add("new")
		for i, want := range []int{0, 0, 1, 1} {
			if got := s.list("?search=new"); len(got) != want {
				t.Errorf("list %d shows %v, want %d keys", i+1, got, want)
			}
		}
	})
}
