package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const canary = "canary-7f3a9c"

// holder is what Secrets are found in: structs, maps, slices, pointers and
// interfaces, exported and not.
type holder struct {
	Exported Secret
	hidden   Secret
	Pointer  *Secret
	Map      map[string]Secret
	Slice    []Secret
	Any      any
	inner    struct{ deep Secret }
}

func held() holder {
	secret := NewSecret(canary)
	h := holder{
		Exported: secret, hidden: secret, Pointer: &secret,
		Map: map[string]Secret{"apiKey": secret}, Slice: []Secret{secret}, Any: secret,
	}
	h.inner.deep = secret
	return h
}

func TestNoVerbShowsASecret(t *testing.T) {
	secret := NewSecret(canary)
	values := map[string]any{
		"secret": secret, "pointer": &secret, "holder": held(), "pointer to holder": new(held()),
		"account":    Account{Credential: map[string]Secret{"apiKey": secret}},
		"credential": &WorkspaceCredential{ID: "k", Values: map[string]Secret{"apiKey": secret}},
		"workspace":  Workspace{Credential: &WorkspaceCredential{Values: map[string]Secret{"apiKey": secret}}},
	}
	for name, value := range values {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw!" {
			for _, flags := range []string{"", "+", "#", "+#", "0", "-", " ", "40", ".3", "-#40.20"} {
				text := fmt.Sprintf("%"+flags+string(verb), value)
				if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
					t.Errorf("%%%s%c of a %s shows it: %s", flags, verb, name, text)
				}
			}
		}
	}
}

func TestASecretSaysThatItIsOne(t *testing.T) {
	secret := NewSecret(canary)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, secret); got != "[redacted]" {
			t.Errorf("%s gives %q", verb, got)
		}
	}
	if secret.String() != "[redacted]" {
		t.Errorf("String gives %q", secret)
	}
}

func TestNoEncoderShowsASecret(t *testing.T) {
	for name, value := range map[string]any{"secret": NewSecret(canary), "holder": held()} {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if bytes.Contains(encoded, []byte(canary)) {
			t.Errorf("JSON of a %s shows it: %s", name, encoded)
		}
	}
	text, err := NewSecret(canary).MarshalText()
	if err != nil || string(text) != "[redacted]" {
		t.Errorf("as text it is %q, %v", text, err)
	}
}

func TestNoLogShowsASecret(t *testing.T) {
	var out bytes.Buffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, options), slog.NewJSONHandler(&out, options)} {
		log := slog.New(handler)
		secret := NewSecret(canary)
		log.Info("x", "secret", secret, "pointer", &secret, "holder", held(), "any", any(secret), slog.Group("g", "s", secret))
		log.With("secret", secret).WithGroup("g").Error("y", "error", fmt.Errorf("with %v", secret))
	}
	if strings.Contains(out.String(), canary) || !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("the log shows it, or does not show that there was one:\n%s", out.String())
	}
}

func TestNoPanicShowsASecret(t *testing.T) {
	defer func() {
		if text := fmt.Sprint(recover()); strings.Contains(text, canary) {
			t.Errorf("a panic shows it: %s", text)
		}
	}()
	panic(held())
}

func TestNoErrorShowsASecret(t *testing.T) {
	err := errors.Join(fmt.Errorf("a: %w", &Error{Op: "x", Message: fmt.Sprint(NewSecret(canary))}), fmt.Errorf("%#v", held()))
	if strings.Contains(err.Error(), canary) {
		t.Errorf("an error shows it: %v", err)
	}
}

// fmt, loggers and diff tools walk into unexported fields by reflection. They
// find a function there, and no walk goes into one.
func TestReflectionFindsNoBytes(t *testing.T) {
	var walk func(path string, value reflect.Value)
	walk = func(path string, value reflect.Value) {
		switch value.Kind() {
		case reflect.String:
			if strings.Contains(value.String(), canary) {
				t.Errorf("%s is %q", path, value.String())
			}
		case reflect.Struct:
			for i := range value.NumField() {
				walk(path+"."+value.Type().Field(i).Name, value.Field(i))
			}
		case reflect.Pointer, reflect.Interface:
			walk(path, value.Elem())
		case reflect.Slice, reflect.Array:
			for i := range value.Len() {
				walk(path+"[]", value.Index(i))
			}
		case reflect.Map:
			for _, key := range value.MapKeys() {
				walk(path+"{}", value.MapIndex(key))
			}
		default:
		}
	}
	walk("holder", reflect.ValueOf(held()))
}

func TestReveal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		secret := NewSecret(value)
		if secret.Reveal() != value || secret.IsEmpty() != (value == "") {
			t.Fatalf("%q comes out as %q, empty %v", value, secret.Reveal(), secret.IsEmpty())
		}
	})
	var zero Secret
	if zero.Reveal() != "" || !zero.IsEmpty() || fmt.Sprint(zero) != "[redacted]" {
		t.Errorf("the zero Secret is %q, empty %v, printed %v", zero.Reveal(), zero.IsEmpty(), zero)
	}
}

func TestFingerprint(t *testing.T) {
	one, again, other := Fingerprint("o", NewSecret("a")), Fingerprint("o", NewSecret("a")), Fingerprint("o", NewSecret("b"))
	if one != again || one == other || one == Fingerprint("p", NewSecret("a")) {
		t.Errorf("fingerprints do not tell values of one owner apart, and nothing more: %s %s %s", one, again, other)
	}
	if len(one) != len("sha256:")+16 || strings.Contains(Fingerprint("o", NewSecret(canary)), canary) {
		t.Errorf("%s is not a fingerprint", one)
	}
}
