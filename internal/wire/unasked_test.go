package wire

import (
	"strings"
	"testing"
)

func TestQuestionsAreLeftOut(t *testing.T) {
	for _, asks := range []string{
		"\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[=c", "\x1b[5n", "\x1b[6n", "\x1b[?6n", "\x1b[?996n", "\x1b[x", "\x1b[1x", "\x1b[?2004$p", "\x1b[4$p",
		"\x1bP$qm\x1b\\", "\x1bP$q\"p\u009c", "\x1bP+q544e\x1b\\", "\x1b[14t", "\x1b[14;2t", "\x1b[18t", "\x1b[21t",
		"\x1b]10;?\x1b\\", "\x1b]4;1;?\x1b\\", "\x1b]52;c;?\x1b\\", "\x1b]52;c;?\a", "\x1b]11;?\a", "\x1b[?u", "\x1b[>q", "\x1b[>0q", "\x1bZ",
		"\x1b_Gi=1,a=q;\x1b\\", "\x05", "\u009bc", "\u009b6n", "\u009d52;c;?\u009c", "\u0090$qm\u009c", "\u009a", "\x1b[1$w", "\x1b[1;1;1;1;1;1*y",
		"\x1b[?4m", "\x1b[?1;1;0S",
	} {
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
	for _, text := range []string{
		"\x1b[?25h\x1b[2J\x1b[1;31mred\x1b[m", "\x1b[22;2t\x1b[8;24;80t", "\x1b]8;;https://example.com/?a=b\x1b\\link\x1b]8;;\x1b\\",
		"\x1b]52;c;aGk=\a", "\x1bPq#0~\x1b\\", "\x1b[2 q", "\x1b[>4;1m", "\x1b[>1u\x1b[<u\x1b[s\x1b[u", "\x1b[6\x18n\x1b[5\x1b[31m",
		"\x1b(B\x0f", "\x1b\x1b[A", "été 世界 \u00a0\xc2", "\x1b[1;1;2;2$x", "\x1b]0;half", "\x1b[", "\x1b", "\x1b[5;5;1;2;2;2;2$t", "\x1b[!p",
		strings.Repeat("\x1b]52;c;"+strings.Repeat("A", 5000), 2),
	} {
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
