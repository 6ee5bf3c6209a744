package screen

import "strings"

// stream is output of a kind that terminals are known to take differently.
type stream struct {
	name       string
	cols, rows int
	history    int // DefaultHistory where 0
	text       string
	resize     [2]int // where ▮ is in the text
	differs    string // why xterm.js shows something else, where it does
}

// question cuts the text at each ▮ and puts a change of size there: to resize,
// and at the next one back.
func (c stream) question() question {
	q := question{Cols: c.cols, Rows: c.rows, History: c.history}
	if q.Cols == 0 {
		q.Cols, q.Rows = 20, 6
	}
	if q.History == 0 {
		q.History = DefaultHistory
	}
	for i, part := range strings.Split(c.text, "▮") {
		if i%2 == 1 {
			q.Steps = append(q.Steps, step{Resize: &c.resize})
		} else if i > 0 {
			q.Steps = append(q.Steps, step{Resize: &[2]int{q.Cols, q.Rows}})
		}
		if part != "" {
			q.Steps = append(q.Steps, step{Write: []byte(part)})
		}
	}
	return q
}

func lines(n int, text string) string { return strings.Repeat(text+"\r\n", n) }

var corpus = []stream{
	{name: "plain text", text: "hello\r\nworld\tand\x08\x08more\r\n\x0b\x0cdeep"},
	{name: "wrap at the margin", text: strings.Repeat("0123456789", 5) + "\r\nx"},
	{name: "wrap is pending", text: "01234567890123456789\x1b[31m\r\n01234567890123456789"},
	{name: "wrap pending and controls", text: "01234567890123456789\x08x\r\n01234567890123456789\ty\r\n01234567890123456789\x1b[Dz"},
	{name: "wide characters", text: "中文字符 mixed 全角\r\n日本語のテキスト、長い行は折り返す"},
	{name: "wide character at the margin", text: "0123456789012345678中x\r\n01234567890123456789中"},
	{name: "wide character at the margin, colours", text: "\x1b[44;1m0123456789012345678中\x1b[0mx" + lines(6, "")},
	{name: "halves of wide characters", text: "中文字符中文\x1b[1;4Hx\x1b[1;7H日\x1b[2;1H中中中\x1b[2;2H\x1b[P\x1b[4;1H中中中\x1b[4;4H\x1b[2X\x1b[5;1H中中\x1b[5;2H\x1b[K"},
	{name: "no autowrap", text: "\x1b[?7l0123456789012345678901234567\r\n012345678901234567中\x1b[3;1H0123456789012345678中\x1b[?7hx"},
	{name: "insert between halves", text: "中中中\x1b[4G\x1b[@", differs: "the second half of the cut character stays behind, without a first"},
	{name: "no room for a wide character", text: "\x1b[?7l012345678901234567中中", differs: "the first half of the last character stays behind, without a second"},
	{name: "restore after scrolling", text: "\n\n\nabc\x1b7" + "\x1b[6;1H\n\n\x1b8x", differs: "restores to the line that was saved, all others to the row"},
	{name: "moves in origin mode", text: "\x1b[2;5r\x1b[?6hA\x1b[2Cx\x1b[By", differs: "adds the region's top at each move"},
	{name: "restored underline", text: "\x1b[4m\x1b7\x1b[m\x1b8x", differs: "restores no style of the underline"},
	{name: "default underline colour", text: "\x1b[4;58;5;1mx\x1b[59my", differs: "takes SGR 59 for white"},
	{name: "colour without its space", text: "\x1b[38:2:7:8:9mx\x1b[4;58:2:255:1:2my", differs: "takes the red for the colour space, and then the others for red and green"},
	{name: "string beyond ASCII", text: "a\x1b_é text\x1b\\b", differs: "ends APC at the first character beyond ASCII, and prints the rest"},
	{name: "national charset", text: "\x1b(K[x]", differs: "still has the sets of 1983"},
	{name: "combining marks", text: "e\u0301a\u0308o\u0323\u0302 中\u0301x\r\n\u0301alone\x1b[5C\u0300"},
	{name: "emoji", text: "\U0001F600x \U0001F468\u200D\U0001F469\u200D\U0001F467 y ☺\ufe0f z\r\n\U0001F1E9\U0001F1EA \U0001F44D\U0001F3FD|"},
	{name: "emoji at the margin", text: "0123456789012345678\U0001F600\U0001F600"},
	{name: "scrollback", text: lines(30, "line of text") + "\x1b[33mend"},
	{name: "scrollback is full", history: 10, text: lines(30, "line of text \x1b[32mgreen\x1b[m") + strings.Repeat("long ", 30)},
	{name: "scroll region", text: "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;4r\x1b[4;1H\n\na\nb\x1b[2;1H\x1bM\x1bMc\x1b[6;1Hlast\n\nstill"},
	{name: "scroll region at the top", text: "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[1;4r\x1b[4;1H\n\nx\r\ny\r\nz"},
	{name: "erase in display", text: lines(3, "abcdefghij") + "\x1b[2;5H\x1b[44m\x1b[J\x1b[1;3H\x1b[1Jx"},
	{name: "erase in display, all", text: lines(9, "abcdefghij") + "\x1b[41m\x1b[2J\x1b[Hx"},
	{name: "erase the scrollback", text: lines(12, "abcdefghij") + "\x1b[3Jafter" + lines(3, "")},
	{name: "erase in line", text: "abcdefghij\x1b[5D\x1b[K\r\nabcdefghij\x1b[5D\x1b[1K\r\nabcdefghij\x1b[5D\x1b[45m\x1b[2Kx\r\n01234567890123456789\x1b[Ky"},
	{name: "erase characters", text: "abcdefghij\x1b[5D\x1b[3X\r\nabcdefghij\x1b[42m\x1b[3D\x1b[99X"},
	{name: "insert and delete characters", text: "abcdefghij\x1b[5D\x1b[3@\r\nabcdefghij\x1b[5D\x1b[46m\x1b[3P\r\n0123456789abcdefghij\x1b[5D\x1b[99@\r\nabc\r\x1b[99P"},
	{name: "insert and delete lines", text: "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2;1H\x1b[43m\x1b[2L\x1b[5;3H\x1b[MX\x1b[2;5r\x1b[3;4H\x1b[L\x1b[99M\x1b[6;1H\x1b[L"},
	{name: "scroll up and down", text: "1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[2S\x1b[41m\x1b[T\x1b[2;5r\x1b[3T\x1b[S"},
	{name: "columns", text: lines(5, "abcdefghij") + "\x1b[2;5H\x1b[2'}\x1b[3;3H\x1b[2'~\x1b[ @\x1b[3 A"},
	{name: "insert mode", text: "abcdef\x1b[3D\x1b[4hXY中\x1b[4lZ\r\n0123456789012345678x\x1b[4D\x1b[4hinsert"},
	{name: "repeat", text: "ab\x1b[5b\r\n中\x1b[3b\r\nx\x1b[m\x1b[3b|\r\ne\u0301\x1b[2b\r\nq\x1b[30b"},
	{name: "alignment", text: "\x1b[2;4r\x1b[31;1mxx\x1b#8\x1b[2;2Hy"},
	{name: "tabs", text: "\ta\tb\r\n\x1b[3g\x1b[5G\x1bH\x1b[12G\x1bH\r\tx\ty\tz\r\n\x1b[2Ix\x1b[Zy\x1b[5G\x1b[g\r\tw"},
	{name: "attributes", text: "\x1b[1mb\x1b[2md\x1b[3mi\x1b[4mu\x1b[5mk\x1b[7mv\x1b[8mh\x1b[9ms\x1b[53mo\x1b[22m1\x1b[23m2\x1b[24m3\x1b[25m4\x1b[27m5\x1b[28m6\x1b[29m7\x1b[55m8\x1b[21m9"},
	{name: "underlines", text: "\x1b[4:1ma\x1b[4:2mb\x1b[4:3mc\x1b[4:4md\x1b[4:5me\x1b[58:5:99mf\x1b[58:2::1:2:3mg\x1b[4mh\x1b[4:0mi\x1b[4;58;5;7mj\x1b[24mk\x1b[4ml\x1b[0mm"},
	{name: "colours", text: "\x1b[31;42ma\x1b[91;102mb\x1b[38;5;200;48;5;17mc\x1b[38;2;1;2;3;48;2;250;251;252md\x1b[38:5:9me\x1b[48:2::9:8:7mf\x1b[38:2:1:7:8:9mg\x1b[39;49mh\x1b[38;5mi\x1b[38;2;1mj\x1b[1;38;5;3;4mk"},
	{name: "background of erased cells", text: "\x1b[44mabc\x1b[K\r\n\n\x1b[48;2;1;2;3m" + lines(6, "x") + "\x1b[m"},
	{name: "cursor movement and edges", text: "\x1b[99;99Hx\x1b[99D\x1b[99Ay\x1b[5;5Hz\x1b[0;0Hw\x1b[3Ea\x1b[2Fb\x1b[7`c\x1b[4dd\x1b[2ae\x1b[ef\x1b[H\x1b[Ag"},
	{name: "cursor stops at the region", text: "\x1b[3;5r\x1b[4;4H\x1b[9Ax\x1b[9By\x1b[1;1H\x1b[9Bz\x1b[6;1H\x1b[9Aw"},
	{name: "save and restore", text: "abc\x1b[31;1m\x1b7\x1b[5;5H\x1b[0;44mxyz\x1b8here\x1b[s\x1b[2;2Hq\x1b[ur\x1b[!p\x1b8home"},
	{name: "origin mode", text: "\x1b[2;5r\x1b[?6hA\x1b[9;9HB\x1b[1;4HC\x1b[?6lD"},
	{name: "alternate screen", text: lines(8, "main text") + "\x1b[35mab\x1b[?1049h\x1b[Halt\x1b[3;3Hmiddle\x1b[44m\x1b[K"},
	{name: "back from the alternate screen", text: lines(3, "main") + "\x1b[35mab\x1b[?1049h\x1b[H\x1b[44malt\x1b[?1049lcd"},
	{name: "alternate screen, 47 and 1047", text: "main\x1b[?47halt\x1b[?47lx\x1b[?1047hy\r\nz\x1b[?1047lw\x1b[?1048h\x1b[5;5H\x1b[?1048lv"},
	{name: "alternate screen scrolls", text: "main\x1b[?1049h" + lines(9, "alternate line that is long and wraps") + "\x1b[2;3r\x1b[2;1H\n\n\nx"},
	{name: "line drawing", text: "\x1b(0lqqk\r\nx~`x\x1b(B lqk\r\n\x1b)0a\x0eaq\x0fq\x1b*0\x1bnq\x1bo\x1b+Aq#\x0f#"},
	{name: "line drawing stays on", text: "\x1b)0\x0eqx"},
	{name: "title", text: "\x1b]0;one\x07\x1b]2;two ✔ tick\x1b\\\x1b[22;0t\x1b]2;three\x07\x1b[23;0t\x1b]1;icon\x07x"},
	{name: "hyperlinks", text: "\x1b]8;;http://example.com/a;b\x1b\\link\x1b]8;;\x1b\\ no \x1b]8;id=7;http://example.com/c\x07one\x1b[31m two\x1b[m\x1b]8;;\x07."},
	{name: "modes", text: "\x1b[?1;25;45;66;1002;1006;1004;2004h\x1b[?25l\x1b[4h\x1b[20h\x1b[3 qa\nb"},
	{name: "keypad, mouse and cursor", text: "\x1b=\x1b[?1000h\x1b[?1003h\x1b[?1016h\x1b[2 q\x1b[?2026hx"},
	{name: "soft reset", text: "\x1b[2;4r\x1b[31m\x1b(0\x1b[4h\x1b[?25l\x1b[?1h\x1b[?2004h\x1b[?1000h\x1b=\x1b[5 q\x1b[3;3Hq\x1b[!pq\x1b[K"},
	{name: "full reset", text: lines(9, "x") + "\x1b[2;4r\x1b[31m\x1b(0\x1b[4h\x1b[3g\x1b[?1000;1006h\x1b[?1049hq\x1bcq"},
	{name: "selective erase", text: "ab\x1b[1\"qcd\x1b[2\"qef\x1b[1G\x1b[?K\r\nab\x1b[1\"qcd\x1b[0\"qef\x1b[?2J"},
	{name: "reverse wraparound", text: "\x1b[?45h0123456789012345678901\x08\x08\x08\x08x\r\n\x08y"},
	{name: "split and broken UTF-8", text: "a\xe4\xb8\xadb\xe4\xb8c\xffd\xc3e\xc0\x80f\xed\xa0\x80g\xf0\x9f\x98\x80h\xf4\x90\x80\x80i\xe2\x82"},
	{name: "controls of the upper half", text: "a\u009b31mb\u0085c\u009d2;title\u009cd\u0084e\u0088"},
	{name: "broken sequences", text: "a\x1b[31\x18b\x1b[1\x1a4c\x1b]2;no\x18d\x1b[31;\x1b[32me\x1bPdcs\x1b[1mstring\x1b\\f\x1b_apc\x1b\\g\x1b[1?31mh\x1b[3 1mi\x1b[ !pj\x1b(\x1b(Bk\x1b[\r\nBl"},
	{name: "unknown sequences", text: "a\x1b[?9999hb\x1b[99zc\x1b]999;x\x07d\x1b[>4;2me\x1b[?ug\x1b[=1;2c\x1b%Gh\x1b[12ti"},
	{name: "huge parameters", text: "\x1b[99999999999999999999Cx\x1b[4294967296;4294967297Hy\x1b[2147483648Bz\x1b[0000000000000000003Dw"},
	{name: "questions", text: "a\x1b[cb\x1b[6nc\x1b[>cd\x1b]10;?\x07e\x1b[?2004$pf\x1bP$qm\x1b\\g\x1b[5nh"},
	{name: "narrower", resize: [2]int{11, 6}, text: "short\r\nthis is a longer line\r\nthis line is very much longer than the screen is wide\r\n$ ▮x"},
	{name: "wider", resize: [2]int{33, 6}, text: "this line is very much longer than the screen is wide\r\nand one more which is long\r\n$ ▮x"},
	{name: "wider with wide characters", resize: [2]int{13, 6}, cols: 7, rows: 6, text: "中文字符中文字符中文字符ab\r\nabc中文字\r\n$ ▮x"},
	{name: "narrower with wide characters", resize: [2]int{7, 6}, text: "中文字符中文字符中文字符ab\r\nabc中文字\r\n$ \x1b7▮x"},
	{name: "narrower with history", resize: [2]int{9, 6}, text: lines(8, "a line of \x1b[31msome\x1b[m length") + "$ ▮x"},
	{name: "wider with history", resize: [2]int{40, 6}, text: lines(8, "a line of \x1b[31msome\x1b[m length here") + "$ ▮x"},
	{name: "taller", resize: [2]int{20, 12}, text: lines(9, "text") + "$ ▮x"},
	{name: "shorter", resize: [2]int{20, 3}, text: "1\r\n2\r\n3\r\n4\r\n$ ▮x"},
	{name: "shorter with room below", resize: [2]int{20, 3}, text: "1\r\n2\x1b7▮\x1b8x"},
	{name: "resized and back", resize: [2]int{9, 4}, text: "some text that is wrapped here\r\nand more\r\n$ ▮x\r\n▮y"},
	{name: "narrower, history full", history: 6, resize: [2]int{8, 6}, text: lines(20, "a line of some length") + "$ ▮x"},
	{name: "narrower, text below the cursor", resize: [2]int{8, 6}, text: "a line of some length\r\nand a longer line below\x1b[H▮x", differs: "keeps only the ends of the lines below"},
	{name: "resized on the alternate screen", resize: [2]int{30, 8}, text: "main text that is long and wraps\r\nx\x1b[?1049h\x1b[Halternate\x1b[6;1Hlast▮y"},
	{name: "resized beneath the alternate screen", resize: [2]int{12, 4}, text: "main text that is long and wraps\r\nx\x1b[?1049h\x1b[Halternate▮\x1b[?1049ly"},
	{name: "tabs after a resize", resize: [2]int{45, 6}, text: "\x1b[10G\x1bH▮\r\ta\tb\tc\td"},
}
