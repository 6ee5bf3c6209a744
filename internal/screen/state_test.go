package screen

import (
	"fmt"
	"strings"
)

// describe says all that a screen shows and remembers, in the words that
// testdata/oracle/oracle.js uses of xterm.js.
func (s *Screen) describe() []string {
	out := s.bufferState(s.main, "main")
	if s.alt != nil {
		out = append(out, s.bufferState(s.alt, "alt")...)
	}
	b, m := s.cur, &s.mode
	style, blink := "", ""
	if m.cursor > 0 {
		style, blink = []string{"block", "underline", "bar"}[(m.cursor-1)/2], fmt.Sprint(m.cursor%2 == 1)
	}
	out = append(out, fmt.Sprintf("cursor=%d,%d hidden=%v style=%s blink=%s", b.x, b.y, m.has(modeHidden), style, blink))
	var on []string
	for _, f := range []struct {
		bit  uint32
		name string
	}{
		{modeCursorKeys, "cursorkeys"},
		{modeKeypad, "keypad"},
		{modePaste, "paste"},
		{modeOrigin, "origin"},
		{modeReverseWrap, "reversewrap"},
		{modeFocus, "focus"},
		{modeSync, "sync"},
		{modeWrap, "wrap"},
		{modeInsert, "insert"},
		{modeNewLine, "newline"},
	} {
		if m.has(f.bit) {
			on = append(on, f.name)
		}
	}
	return append(out,
		"modes="+strings.Join(on, ","),
		"mouse="+map[uint16]string{0: "NONE", 9: "X10", 1000: "VT200", 1002: "DRAG", 1003: "ANY"}[m.mouse]+
			" "+map[uint16]string{0: "DEFAULT", 1006: "SGR", 1016: "SGR_PIXELS", 1005: "DEFAULT", 1015: "DEFAULT"}[m.mouseForm],
		fmt.Sprintf("charset=%c level=%d g=%s", s.charset, s.level, s.g[:]),
		fmt.Sprintf("joins=%d", s.join),
		"pen="+s.styleState(s.pen),
		"title="+s.title,
	)
}

func (s *Screen) bufferState(b *buffer, name string) []string {
	var tabs []string
	for x, stop := range b.tabs[:b.cols] {
		if stop {
			tabs = append(tabs, fmt.Sprint(x))
		}
	}
	charset := b.saved.charset
	if charset == 0 {
		charset = 'B'
	}
	out := []string{
		fmt.Sprintf("%s history=%d region=%d,%d", name, b.base(), b.top, b.end),
		name + " tabs=" + strings.Join(tabs, ","),
		fmt.Sprintf("%s saved=%d,%d %c", name, min(b.saved.x, b.cols-1), b.saved.y, charset),
	}
	for i := range b.n {
		out = append(out, fmt.Sprintf("%s %4d %s", name, i-b.base(), s.rowState(b.line(i).unpacked())))
	}
	return out
}

func (s *Screen) rowState(r row) string {
	var out strings.Builder
	out.WriteString(map[bool]string{false: " ", true: "+"}[r.wrapped])
	cells := r.cells
	for len(cells) > 0 && cells[len(cells)-1].empty() && cells[len(cells)-1].width() == 1 && s.styleState(cells[len(cells)-1].style()) == "" {
		cells = cells[:len(cells)-1]
	}
	last := ""
	for _, c := range cells {
		if v := s.styleState(c.style()); v != last {
			out.WriteString("{" + v + "}")
			last = v
		}
		if c.empty() {
			out.WriteByte('_')
		}
		out.WriteString(s.text(c))
		if c.width() != 1 {
			fmt.Fprintf(&out, "\\%d", c.width())
		}
	}
	return out.String()
}

func (s *Screen) styleState(v style) string {
	var parts, flags []string
	for i, c := range []uint32{v.fg, v.bg} {
		if c&modeMask != 0 {
			parts = append(parts, "fb"[i:i+1]+colorState(c))
		}
	}
	for _, f := range []struct {
		on   bool
		name string
	}{
		{v.fg&attrBold != 0, "bold"},
		{v.bg&attrDim != 0, "dim"},
		{v.bg&attrItalic != 0, "italic"},
		{v.fg&attrBlink != 0, "blink"},
		{v.fg&attrInverse != 0, "inverse"},
		{v.fg&attrInvisible != 0, "invisible"},
		{v.fg&attrStrike != 0, "strike"},
		{v.bg&attrOverline != 0, "overline"},
		{v.bg&attrProtected != 0, "protected"},
	} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	if u := v.uline(); u != 0 {
		flags = append(flags, fmt.Sprintf("u%d", u))
		if c := s.ucolors.get(v.ucolor()); c != 0 {
			flags = append(flags, "uc"+colorState(c))
		}
	}
	if len(flags) > 0 {
		parts = append(parts, strings.Join(flags, ","))
	}
	if v.link() != 0 {
		parts = append(parts, "<"+s.links.get(v.link()).uri+">")
	}
	return strings.Join(parts, " ")
}

func colorState(c uint32) string {
	v := c & colorMask
	if c&modeMask != colorRGB {
		v &= 0xff
	}
	return fmt.Sprintf("%d:%x", c>>24&3, v)
}
