// Package gitops sees our objects as GitOps tools do: Argo CD by the health check in config/argocd, Flux and others by kstatus. Its tests apply the samples as these
// tools do.
package gitops

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/workspace-operator/workspace-operator/test/cluster"
)

// patience is what Argo CD gives a health check.
const patience = time.Second

// The states of health that the check knows, and the one that Argo CD shows if it does not understand the answer.
const (
	Healthy     = "Healthy"
	Progressing = "Progressing"
	Degraded    = "Degraded"
	Suspended   = "Suspended"
	Unknown     = "Unknown"
)

// Health is what Argo CD shows of an object.
type Health struct{ Status, Message string }

// ArgoCD runs the health check as Argo CD does. It may be used by several goroutines.
type ArgoCD struct{ script *lua.FunctionProto }

// NewArgoCD reads the health check that an administrator installs.
func NewArgoCD() (*ArgoCD, error) {
	root, err := cluster.Root()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "config", "argocd", "health.lua"))
	if err != nil {
		return nil, err
	}
	return Compile(string(text))
}

// Compile takes any script for the health check.
func Compile(script string) (*ArgoCD, error) {
	chunk, err := parse.Parse(strings.NewReader(script), "health.lua")
	if err != nil {
		return nil, err
	}
	compiled, err := lua.Compile(chunk, "health.lua")
	return &ArgoCD{compiled}, err
}

// Health runs the check on an object. Nothing the script keeps outlives the call.
func (a *ArgoCD) Health(ctx context.Context, object *unstructured.Unstructured) (Health, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	state, err := sandbox()
	if err != nil {
		return Health{}, err
	}
	defer state.Close()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, object.Object))
	state.Push(state.NewFunctionFromProto(a.script))
	if err := state.PCall(0, 1, nil); err != nil {
		return Health{}, err
	}
	answer, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return Health{}, fmt.Errorf("the script gives a %s, want a table", state.Get(-1).Type())
	}
	health := Health{Status: text(answer, "status"), Message: text(answer, "message")}
	switch health.Status {
	case Healthy, Progressing, Degraded, Suspended:
		return health, nil
	default:
		return Health{Status: Unknown, Message: fmt.Sprintf("%q is no state of health", health.Status)}, nil
	}
}

// sandbox is Lua with as little around it as Argo CD leaves. Its harmless part of the os library is left out: our check needs no clock.
func sandbox() (*lua.LState, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{{lua.LoadLibName, lua.OpenPackage}, {lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			state.Close()
			return nil, err
		}
	}
	return state, nil
}

func text(table *lua.LTable, key string) string {
	value, isText := table.RawGetString(key).(lua.LString)
	if !isText {
		return ""
	}
	return string(value)
}

// toLua gives what JSON can say as Lua sees it: every number is a float.
func toLua(state *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := state.CreateTable(0, len(v))
		for key, item := range v {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	case []any:
		table := state.CreateTable(len(v), 0)
		for _, item := range v {
			table.Append(toLua(state, item))
		}
		return table
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	}
	return lua.LNil
}
