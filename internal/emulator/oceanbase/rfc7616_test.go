package oceanbase

import (
	"strings"
	"testing"
)

// TestExampleOfRFC7616 holds the computation against the example in section
// 3.9.1 of the RFC, which has both algorithms.
func TestExampleOfRFC7616(t *testing.T) {
	const credential = "Mufasa:Circle of Life"
	for algorithm, response := range map[string]string{
		algorithmMD5:    "8ca523f5e9506fed4657c9700eebdbec",
		algorithmSHA256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		text := ` username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=` + algorithm + `,
			nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			qop=auth, response="` + response + `", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
		d, err := readDigest(strings.NewReplacer("\n", "", "\t", " ").Replace(text))
		if err != nil {
			t.Fatalf("%s: the example is refused: %v", algorithm, err)
		}
		if !d.proves(algorithm, credential, "GET") {
			t.Errorf("%s: the example proves nothing", algorithm)
		}
		for what, proven := range map[string]bool{
			"another method":    d.proves(algorithm, credential, "POST"),
			"another secret":    d.proves(algorithm, "Mufasa:Circle of life", "GET"),
			"another user":      d.proves(algorithm, "mufasa:Circle of Life", "GET"),
			"another algorithm": d.proves(map[string]string{algorithmMD5: algorithmSHA256, algorithmSHA256: algorithmMD5}[algorithm], credential, "GET"),
		} {
			if proven {
				t.Errorf("%s: the example proves %s", algorithm, what)
			}
		}
	}
}
