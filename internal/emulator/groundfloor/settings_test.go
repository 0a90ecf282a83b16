package groundfloor_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
)

func TestConfigureRefuses(t *testing.T) {
	tests := []struct{ settings, problem string }{
		{`{"accounts":{"x":"read"}}`, "accounts"},
		{`{"accounts":{"` + strings.ToUpper(otherAccount) + `":"read"}}`, "lower case"},
		{`{"accounts":{"` + otherAccount + `":"none"}}`, "administer or read"},
		{`{"unknownAccountStatus":200}`, "unknownAccountStatus"},
		{`{"tenancyModel":""}`, "tenancyModel"},
		{`{"provisioningStatus":""}`, "provisioningStatus"},
		{`{"failStep":-1}`, "failStep"},
		{`{"failStep":5}`, "failStep"},
		{`{"statusAnswer":""}`, "statusAnswer"},
		{`{"exportFormat":"xml"}`, "exportFormat"},
		{`{"createShape":""}`, "createShape"},
		{`{"createShape":"list"}`, "one of member, object, id, text"},
		{`{"accountListShape":"name"}`, "accountListShape"},
		{`{"environmentsShape":"text"}`, "environmentsShape"},
		{`{"freezeWhileProvisioning":true}`, "unknown field"},
		{`{"provisioningMillis":-1}`, "provisioningMillis"},
		{`{"rowDelayMillis":-1}`, "rowDelayMillis"},
		{`{"retryFailedMillis":31536000001}`, "retryFailedMillis"},
		{`{"listLagMillis":-1}`, "listLagMillis"},
		{`{"tokenLifetimeSeconds":-1}`, "tokenLifetimeSeconds"},
		{`{"tokenLifetimeSeconds":31536001}`, "tokenLifetimeSeconds"},
		{`{"unknown":1}`, "unknown field"},
		{`{"uniqueSlugs":1}`, "cannot unmarshal"},
		{`{"failStep":1,"failStep":1}`, "duplicate"},
		{`[]`, "cannot unmarshal"},
		{``, "one JSON value"},
	}
	for _, tt := range tests {
		p := newPlane(t)
		err := p.vendor.Configure([]byte(tt.settings))
		if err == nil || !strings.Contains(err.Error(), tt.problem) {
			t.Errorf("settings %s: error %v, want one with %q", tt.settings, err, tt.problem)
		}
		if got := p.vendor.Settings(); !reflect.DeepEqual(got, groundfloor.Defaults()) {
			t.Errorf("refused settings %s left %+v", tt.settings, got)
		}
	}
}

func TestConfigureKeepsTheRest(t *testing.T) {
	p := newPlane(t)
	p.configure(`{"failStep":4,"provisioningMillis":31536000000,"retryAfterSeconds":5}`)
	p.configure(`{"uniqueSlugs":true}`)
	want := groundfloor.Defaults()
	five := 5
	want.FailStep, want.ProvisioningMillis, want.RetryAfterSeconds, want.UniqueSlugs = 4, 31536000000, &five, true
	if got := p.vendor.Settings(); !reflect.DeepEqual(got, want) {
		t.Errorf("the settings are %+v, want %+v", got, want)
	}
}

func TestSettingsRoundTrip(t *testing.T) {
	p := with(t, `{"accounts":{"`+otherAccount+`":"read"},"retryAfterSeconds":5,"detailText":true,"exportFormat":"csv"}`)
	saved, err := json.Marshal(p.vendor.Settings())
	if err != nil {
		t.Fatal(err)
	}
	other := with(t, string(saved))
	if !reflect.DeepEqual(other.vendor.Settings(), p.vendor.Settings()) {
		t.Errorf("restored %+v, saved %s", other.vendor.Settings(), saved)
	}
}
