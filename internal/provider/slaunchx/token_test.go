package slaunchx

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

var noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)

// tokenOf is a JWT with these claims. Nobody here looks at its signature.
func tokenOf(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

func TestCheckKnowsAnExpiredToken(t *testing.T) {
	at := func(offset time.Duration) string { return strconv.FormatInt(noon.Add(offset).Unix(), 10) }
	tests := map[string]struct {
		token   string
		expired bool
	}{
		"an hour ago":               {tokenOf(`{"exp":` + at(-time.Hour) + `}`), true},
		"a second ago":              {tokenOf(`{"exp":` + at(-time.Second) + `}`), true},
		"now":                       {tokenOf(`{"exp":` + at(0) + `}`), true},
		"in a second":               {tokenOf(`{"exp":` + at(time.Second) + `}`), false},
		"in a year":                 {tokenOf(`{"sub":"u","exp":` + at(365*24*time.Hour) + `,"iat":1}`), false},
		"with a fraction, past":     {tokenOf(`{"exp":` + at(-time.Second) + `.75}`), true},
		"with a fraction, to come":  {tokenOf(`{"exp":` + at(0) + `.75}`), false},
		"at the beginning":          {tokenOf(`{"exp":0}`), true},
		"before the beginning":      {tokenOf(`{"exp":-1}`), true},
		"never, or nearly":          {tokenOf(`{"exp":1e300}`), false},
		"beyond all numbers":        {tokenOf(`{"exp":1e999}`), false},
		"as text":                   {tokenOf(`{"exp":"1"}`), false},
		"null":                      {tokenOf(`{"exp":null}`), false},
		"of another kind":           {tokenOf(`{"exp":{"at":1}}`), false},
		"not said":                  {tokenOf(`{"iat":1}`), false},
		"a claim of another name":   {tokenOf(`{"EXP":1,"Exp":1}`), false},
		"claims that are no object": {tokenOf(`[1]`), false},
		"claims that are null":      {tokenOf(`null`), false},
		"claims that are no JSON":   {tokenOf(`exp=1`), false},
		"no base64":                 {"a.{\"exp\":1}.c", false},
		"two parts":                 {strings.TrimSuffix(tokenOf(`{"exp":1}`), "."+base64.RawURLEncoding.EncodeToString([]byte("signature"))), false},
		"four parts":                {tokenOf(`{"exp":1}`) + ".x", false},
		"five parts, encrypted":     {tokenOf(`{"exp":1}`) + ".x.y", false},
		"three parts, all empty":    {"..", false},
		"no JWT":                    {"opaque", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			account := good(t)
			account.Credential["token"] = provider.NewSecret(test.token)
			session, err := Driver{now: func() time.Time { return noon }}.Open(account)
			if err != nil {
				t.Fatalf("an account is opened whatever its token says: %v", err)
			}
			err = session.Check(t.Context())
			if !test.expired {
				if err != nil {
					t.Errorf("got %v; nothing speaks against the token", err)
				}
				return
			}
			e := want(t, err, provider.Unauthorized, false)
			const message = "the token has expired: a new one belongs into the credential Secret, together with its client hash"
			if e.Op != "check access" || e.Message != message {
				t.Errorf("got %v", e)
			}
			if strings.Contains(e.Error(), test.token) {
				t.Error("the error shows the token")
			}
		})
	}
}

// A token expires while its session lives on: the clock is read each time.
func TestCheckReadsTheClockEachTime(t *testing.T) {
	clock := noon
	account := good(t)
	account.Credential["token"] = provider.NewSecret(tokenOf(`{"exp":` + strconv.FormatInt(noon.Add(time.Minute).Unix(), 10) + `}`))
	session, err := Driver{now: func() time.Time { return clock }}.Open(account)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Check(t.Context()); err != nil {
		t.Errorf("a minute too early: %v", err)
	}
	clock = noon.Add(time.Minute)
	first := want(t, session.Check(t.Context()), provider.Unauthorized, false)
	clock = noon.Add(time.Hour)
	if second := want(t, session.Check(t.Context()), provider.Unauthorized, false); first.Message != second.Message {
		t.Errorf("two checks, two messages: %q and %q", first.Message, second.Message)
	}
}

// The transport of the account fails the test if anything is sent.
func TestCheckAsksNobody(t *testing.T) {
	session, err := New().Open(good(t))
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := session.Check(over); err != nil {
		t.Errorf("what needs no call needs no context that is alive: %v", err)
	}
}

// What the token says of itself keeps no call from being made: only the vendor
// knows whether it still takes it.
func TestTheVendorDecidesAboutAnExpiredToken(t *testing.T) {
	sent := 0
	account := good(t)
	account.Credential["token"] = provider.NewSecret(tokenOf(`{"exp":1}`))
	account.Transport = answering(&sent, 200, nil, success(`{}`))
	session, err := New().Open(account)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Workspaces().Get(t.Context(), "w"); err != nil || sent != 1 {
		t.Errorf("got %v after %d requests, want an answer after one", err, sent)
	}
	want(t, session.Check(t.Context()), provider.Unauthorized, false)
}

func FuzzDecodeToken(f *testing.F) {
	f.Add(tokenOf(`{"exp":1}`))
	f.Add(tokenOf(`{"exp":1e300}`))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, jwt string) {
		early, late := expired(jwt, time.Unix(0, 0)), expired(jwt, noon)
		if early && !late {
			t.Errorf("%q has expired at first, and then no longer", jwt)
		}
		if late && strings.Count(jwt, ".") != 2 {
			t.Errorf("%q is no JWT and has expired", jwt)
		}
	})
}
