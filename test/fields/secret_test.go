package fields

import (
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/test/harness"
)

// secretRows are about where and how a key is published. None of it is a reason for another key.
func secretRows() []row {
	of := func(path string, steps ...step) row { return aKey().of(path, harness.Portkey, steps...) }
	return []row{
		of("secret.name",
			to("secret: {name: first}", holds("first", "apiKey"), absent("$key")),
			to("secret: {name: second}", holds("second", "apiKey"), absent("first"), sameID),
			to("", holds("$key", "apiKey"), absent("second"), sameID)),
		of("secret.valueKey",
			to("secret: {valueKey: API_KEY}", holds("$key", "API_KEY"), lacks("apiKey")),
			to("secret: {valueKey: TOKEN}", holds("$key", "TOKEN"), lacks("API_KEY"), sameID),
			to("", holds("$key", "apiKey"), lacks("TOKEN"), sameID)),
		of("secret.template{}",
			to("secret: {template: {config: 'key: {{ .APIKey }}'}}", renders("config", "key: $value")),
			to("secret: {template: {config: '{{ .Provider }} {{ .APIKey }}'}}", renders("config", "portkey $value"), sameID),
			to("", lacks("config"), holds("$key", "apiKey"), sameID)),
		of("secret.labels{}",
			to("secret: {labels: {team: a}}", labelled("team", "a")),
			to("secret: {labels: {team: b}}", labelled("team", "b"), sameID),
			to("", labelled("team", ""), labelled("app.kubernetes.io/managed-by", "workspace-operator"), sameID)),
		of("secret.annotations{}",
			to("secret: {annotations: {example.org/team: a}}", annotated("example.org/team", "a")),
			to("secret: {annotations: {example.org/team: b}}", annotated("example.org/team", "b"), sameID),
			to("", annotated("example.org/team", ""), sameID)),
	}
}

// sameID: the key is the one of before.
func sameID(s *stage) {
	s.refresh()
	s.Expect(s.key.Status.KeyID).To(Equal(s.keyID), "the key's id")
}

// within looks at a Secret until it is as it should be; nil is for none.
func (s *stage) within(name, what string, look func(*corev1.Secret) bool) {
	name = s.expand(name)
	s.Eventually(func() bool { return look(s.secret(name)) }).Should(BeTrue(), "Secret %s: %s", name, what)
}

// holds: the Secret has the live key under the name, and status says so.
func holds(name, valueKey string) check {
	return func(s *stage) {
		value := s.value()
		s.within(name, "the live key as "+valueKey, func(secret *corev1.Secret) bool {
			return secret != nil && value != "" && string(secret.Data[valueKey]) == value
		})
		status("binding.name", name)(s)
	}
}

func absent(name string) check {
	return func(s *stage) {
		s.within(name, "is not there", func(secret *corev1.Secret) bool { return secret == nil })
	}
}

func lacks(entry string) check {
	return func(s *stage) {
		s.within("$key", "has no "+entry, func(secret *corev1.Secret) bool { return secret != nil && secret.Data[entry] == nil })
	}
}

func renders(entry, text string) check {
	return func(s *stage) {
		s.values["value"] = s.value()
		s.within("$key", entry+" is "+text, func(secret *corev1.Secret) bool { return secret != nil && string(secret.Data[entry]) == s.expand(text) })
	}
}

// labelled: the Secret has the label; without a value it has not.
func labelled(name, value string) check {
	return func(s *stage) {
		s.within("$key", "label "+name, func(secret *corev1.Secret) bool {
			got, has := secret.Labels[name]
			return got == value && has == (value != "")
		})
	}
}

// annotated is the same of an annotation.
func annotated(name, value string) check {
	return func(s *stage) {
		s.within("$key", "annotation "+name, func(secret *corev1.Secret) bool {
			got, has := secret.Annotations[name]
			return got == value && has == (value != "")
		})
	}
}
