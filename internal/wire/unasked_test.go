package wire

import (
	"encoding/hex"
	"strings"
	"testing"
)

// unaskedVectors are sequences that terminals answer, and others; StaysToo in hexadecimal,
// since it is no text.
type unaskedVectors struct {
	LeftOut  []string `json:"left_out"`
	Stays    []string
	StaysToo []string `json:"stays_too"`
}

func TestQuestionsAreLeftOut(t *testing.T) {
	var v unaskedVectors
	vectors(t, "unasked", &v)
	for _, asks := range v.LeftOut {
		text := "text\x1b[1m" + asks + "moré\x1b]0;ti?tle\a\r\n"
		want := strings.Replace(text, asks, "", 1)
		for cut := range len(text) {
			var u Unasked
			got := string(u.Filter([]byte(text[:cut])))
			if got += string(u.Filter([]byte(text[cut:]))) + string(u.Rest()); got != want {
				t.Errorf("%q, cut at %d, is shown as %q", text, cut, got)
			}
		}
	}
}

func TestOtherOutputStays(t *testing.T) {
	var v unaskedVectors
	vectors(t, "unasked", &v)
	texts := append(v.Stays, strings.Repeat("\x1b]52;c;"+strings.Repeat("A", 5000), 2))
	for _, s := range v.StaysToo {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	for _, text := range texts {
		var u Unasked
		var got strings.Builder
		for i := range len(text) {
			got.Write(u.Filter([]byte{text[i]}))
		}
		got.Write(u.Rest())
		if got.String() != text {
			t.Errorf("%.80q is shown as %.80q", text, got.String())
		}
	}
}
