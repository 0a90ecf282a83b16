package oceanbase_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
)

// TestDefaults names the reading of the documentation that each default is.
func TestDefaults(t *testing.T) {
	want := oceanbase.Settings{
		Auth: "basic", DigestAlgorithm: "MD5", NonceLifetimeSeconds: 300, Realm: "oceanbase", Products: []string{},
		UnknownProjectStatus: 403, DeleteUnknown: "error", MaxPageSize: 100, ErrorShape: "general",
	}
	if got := oceanbase.Defaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("the defaults are %+v, want %+v", got, want)
	}
	if err := newAccount(t).vendor.Configure([]byte(`{}`)); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}

func TestConfigure(t *testing.T) {
	a := newAccount(t)
	a.configure(`{"listLagCalls":2,"products":["maas"]}`)
	a.configure(`{"requestsPerMinute":5}`)
	got, ok := a.vendor.Settings().(oceanbase.Settings)
	if !ok || got.ListLagCalls != 2 || got.RequestsPerMinute != 5 || len(got.Products) != 1 {
		t.Errorf("the settings are %+v: what is not named must stay", got)
	}
	document, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	other := newAccount(t)
	other.configure(string(document))
	if !reflect.DeepEqual(other.vendor.Settings(), a.vendor.Settings()) {
		t.Errorf("saved %+v, read %+v", a.vendor.Settings(), other.vendor.Settings())
	}
}

func TestConfigureRefuses(t *testing.T) {
	a := newAccount(t)
	for _, settings := range []string{
		`{"auth":"bearer"}`, `{"auth":""}`, `{"auth":"Basic"}`, `{"digestAlgorithm":"md5"}`, `{"digestAlgorithm":"SHA-512-256"}`,
		`{"nonceLifetimeSeconds":-1}`, `{"realm":"a\"b"}`, `{"realm":"a\\b"}`, `{"realm":"a\nb"}`, `{"realm":"ä"}`,
		`{"unknownProjectStatus":401}`, `{"unknownProjectStatus":0}`, `{"deleteUnknown":"maybe"}`, `{"maxPageSize":19}`, `{"maxPageSize":101}`, `{"foldChallenges":1}`, `{"errorShape":"data"}`,
		`{"unknown":1}`, `{"laxNames":1}`, `{"laxNames":true,"laxNames":false}`, `{"products":"maas"}`, `[]`, ``,
	} {
		if err := a.vendor.Configure([]byte(settings)); err == nil {
			t.Errorf("settings %q are accepted", settings)
		}
	}
	if got := a.vendor.Settings(); !reflect.DeepEqual(got, oceanbase.Defaults()) {
		t.Errorf("refused settings are in force: %+v", got)
	}
}
