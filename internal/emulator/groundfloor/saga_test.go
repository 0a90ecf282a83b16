package groundfloor_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestSaga follows one saga second by second: 2 for the row, 8 for the whole.
func TestSaga(t *testing.T) {
	p := with(t, `{"rowDelayMillis":2000,"provisioningMillis":8000}`)
	run := p.start("w")
	path := workspacesPath + "/" + run.WorkspaceID
	for second, want := range []struct{ run, status string }{
		{"started", ""}, {"started", ""},
		{"step_1_done", "provisioning"}, {"step_1_done", "provisioning"},
		{"step_2_done", "provisioning"}, {"step_2_done", "provisioning"},
		{"step_3_done", "provisioning"}, {"step_3_done", "provisioning"},
		{"succeeded", "active"}, {"succeeded", "active"},
	} {
		if got := p.state().ProvisioningRuns[0]; got.Status != want.run || (got.Pending == nil) != (want.status != "") || got.Failure != "" {
			t.Errorf("after %d s the run is %+v, want %s", second, got, want.run)
		}
		if want.status == "" {
			p.refused("GET", path, "", http.StatusNotFound, "Workspace not found")
			p.refused("GET", path+"/environments", "", http.StatusNotFound, "Workspace not found")
			if got := append(p.names(workspacesPath), p.names(accountPath)...); len(got) != 0 {
				t.Errorf("after %d s lists show %v", second, got)
			}
		} else {
			p.shows(path, want.status)
		}
		p.pass(time.Second)
	}
	if got := p.item(run.WorkspaceID).CreatedAt; got != "2026-05-01T12:00:02Z" {
		t.Errorf("created_at is %s, want the time of the row", got)
	}
	var events []map[string]string
	p.get(path+"/audit", &events)
	if len(events) != 1 || events[0]["created_at"] != "2026-05-01T12:00:08Z" {
		t.Errorf("the audit is %v, want one event at the end of the saga", events)
	}
}

// shows wants a workspace in a status everywhere, and its environments in the
// same state.
func (p *plane) shows(path, status string) {
	p.t.Helper()
	var w item
	p.get(path, &w)
	var environments []map[string]string
	p.get(path+"/environments", &environments)
	var list, account []item
	p.get(workspacesPath, &list)
	p.get(accountPath, &account)
	if len(environments) != 3 || len(list) != 1 || len(account) != 1 {
		p.t.Fatalf("there are %d environments and %d and %d workspaces in lists, want 3, 1 and 1", len(environments), len(list), len(account))
	}
	got := []string{w.Status, list[0].Status, account[0].Status}
	for _, e := range environments {
		got = append(got, e["state"])
	}
	for _, s := range got {
		if s != status {
			p.t.Errorf("GET %s: statuses and states are %v, want all %s", path, got, status)
			return
		}
	}
}

func TestSagaThatTakesNoTime(t *testing.T) {
	p := newPlane(t)
	run := p.start("w")
	if run.Status != "succeeded" || run.Pending != nil {
		t.Errorf("the run is %+v, want it over", run)
	}
	p.shows(workspacesPath+"/"+run.WorkspaceID, "active")
}

// TestRowLaterThanTheSaga: the saga takes no less time than its first step.
func TestRowLaterThanTheSaga(t *testing.T) {
	p := with(t, `{"rowDelayMillis":5000,"provisioningMillis":1000}`)
	id := p.create("w")
	p.pass(5*time.Second - time.Millisecond)
	p.refused("GET", workspacesPath+"/"+id, "", http.StatusNotFound, "Workspace not found")
	p.pass(time.Millisecond)
	p.shows(workspacesPath+"/"+id, "active")
}

func TestProvisioningStatus(t *testing.T) {
	p := with(t, `{"provisioningMillis":1000,"provisioningStatus":"pending"}`)
	id := p.create("w")
	p.configure(`{"provisioningStatus":"creating","provisioningMillis":0}`) // of no effect on what has begun
	p.shows(workspacesPath+"/"+id, "pending")
	p.pass(time.Second)
	p.shows(workspacesPath+"/"+id, "active")
}

func TestFailStep(t *testing.T) {
	const row, whole = 3, 9 // steps at 3, 5, 7 and 9 seconds
	for step, at := range map[int]time.Duration{1: 3 * time.Second, 2: 5 * time.Second, 3: 7 * time.Second, 4: 9 * time.Second} {
		t.Run(fmt.Sprintf("step %d", step), func(t *testing.T) {
			p := with(t, fmt.Sprintf(`{"rowDelayMillis":%d000,"provisioningMillis":%d000,"failStep":%d,"refuseFreezeWhileProvisioning":true}`, row, whole, step))
			id := p.create("w")
			p.configure(`{"failStep":0}`) // of no effect on what has begun
			p.pass(at - time.Nanosecond)
			if got := p.state().ProvisioningRuns[0].Failure; got != "" {
				t.Errorf("the run failed early: %s", got)
			}
			p.pass(time.Nanosecond)
			failure := fmt.Sprintf("step %d failed at %s", step, p.now.Format(time.RFC3339))
			if got := p.state().ProvisioningRuns[0].Failure; got != failure {
				t.Errorf("the failure is %q, want %q", got, failure)
			}
			p.pass(1000 * time.Hour)
			want := map[int]string{1: "started", 2: "step_1_done", 3: "step_2_done", 4: "step_3_done"}[step]
			if got := p.state().ProvisioningRuns[0].Status; got != want {
				t.Errorf("the run is %s, want %s", got, want)
			}
			if step == 1 {
				p.refused("GET", workspacesPath+"/"+id, "", http.StatusNotFound, "Workspace not found")
				if got := len(p.state().Workspaces); got != 0 {
					t.Errorf("there are %d workspaces, want none ever", got)
				}
				return
			}
			p.shows(workspacesPath+"/"+id, "provisioning")
			p.refused("PATCH", workspacesPath+"/"+id+"/status", `{"status":"frozen"}`, http.StatusConflict, "The workspace is not provisioned yet")
		})
	}
}

func TestRetryFailed(t *testing.T) {
	for step := 1; step <= 4; step++ {
		p := with(t, fmt.Sprintf(`{"failStep":%d,"retryFailedMillis":60000}`, step))
		id := p.create("w")
		p.pass(time.Minute - time.Nanosecond)
		if step == 1 {
			p.refused("GET", workspacesPath+"/"+id, "", http.StatusNotFound, "Workspace not found")
		} else {
			p.shows(workspacesPath+"/"+id, "provisioning")
		}
		p.pass(time.Nanosecond)
		p.shows(workspacesPath+"/"+id, "active")
		run := p.state().ProvisioningRuns[0]
		if run.Status != "succeeded" || run.Failure == "" {
			t.Errorf("step %d: the run is %+v, want it succeeded with its failure kept", step, run)
		}
		want := "2026-05-01T12:00:00Z"
		if step == 1 {
			want = "2026-05-01T12:01:00Z"
		}
		if got := p.item(id).CreatedAt; got != want {
			t.Errorf("step %d: created_at is %s, want %s", step, got, want)
		}
	}
}

// TestLongAbsence: whoever looks late sees what he would have seen by looking
// all the time.
func TestLongAbsence(t *testing.T) {
	for _, failStep := range []int{0, 1, 2, 3, 4} {
		settings := fmt.Sprintf(`{"rowDelayMillis":2000,"provisioningMillis":8000,"failStep":%d,"retryFailedMillis":5000}`, failStep)
		watched := with(t, settings)
		watched.create("w")
		absent := newPlane(t)
		absent.restore(watched.saved())
		for range 20 {
			watched.pass(time.Second)
			watched.saved()
		}
		absent.pass(20 * time.Second)
		got, want := absent.withoutIDs(), watched.withoutIDs()
		if got != want {
			t.Errorf("failStep %d: seen late %s\nseen all the time %s", failStep, got, want)
		}
	}
}

// withoutIDs is the state without the ids of events, which are made up when
// the event is.
func (p *plane) withoutIDs() string {
	state := p.state()
	for _, w := range state.Workspaces {
		for i := range w.Events {
			w.Events[i].ID = ""
		}
	}
	data, _ := json.Marshal(state)
	return string(data)
}

// TestTwoSagas: each goes its own way.
func TestTwoSagas(t *testing.T) {
	p := with(t, `{"provisioningMillis":60000}`)
	slow := p.create("slow")
	p.configure(`{"provisioningMillis":1000}`)
	quick := p.create("quick")
	p.pass(time.Second)
	if p.item(slow).Status != "provisioning" || p.item(quick).Status != "active" {
		t.Errorf("slow is %s and quick %s", p.item(slow).Status, p.item(quick).Status)
	}
	if err := p.vendor.Remove("workspaces", slow); err != nil {
		t.Fatal(err)
	}
	p.pass(time.Minute)
	p.refused("GET", workspacesPath+"/"+slow, "", http.StatusNotFound, "Workspace not found")
	if got := p.state().ProvisioningRuns[0].Status; got != "succeeded" {
		t.Errorf("the run of a removed workspace is %s", got)
	}
}
