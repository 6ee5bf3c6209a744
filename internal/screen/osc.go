package screen

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTitle  = 1024 // bytes
	maxTitles = 10   // that were put aside
)

// command does an OSC. Of too long a one only a title is of use.
func (s *Screen) command(data []byte, over bool) {
	number, rest, _ := bytes.Cut(data, []byte{';'})
	switch string(number) {
	case "0", "2":
		s.setTitle(rest)
	case "8":
		if !over {
			s.hyperlink(string(rest))
		}
	}
}

// setTitle takes what is printable of a title.
func (s *Screen) setTitle(text []byte) {
	var b strings.Builder
	for _, r := range string(text) {
		if b.Len()+utf8.RuneLen(r) > maxTitle {
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		}
	}
	s.title, s.titled = b.String(), true
}

// stackTitle is the part of CSI t that puts titles aside and takes them back.
func (s *Screen) stackTitle(what, which int) {
	if which == 1 { // the icon's name
		return
	}
	switch n := len(s.titles); {
	case what == 22:
		if n == maxTitles {
			s.titles = s.titles[1:]
		}
		s.titles = append(s.titles[:len(s.titles):len(s.titles)], s.title)
	case what == 23 && n > 0:
		s.title, s.titles = s.titles[n-1], s.titles[:n-1]
	}
}

// hyperlink is OSC 8: parameters, a semicolon, and the URI; none of both ends a link.
func (s *Screen) hyperlink(text string) {
	params, uri, ok := strings.Cut(text, ";")
	params = strings.TrimSpace(params)
	switch {
	case !ok || uri == "" && params != "":
	case uri == "":
		s.setLink(0)
	default:
		s.setLink(s.link(link{linkID(params), uri}))
	}
}

// linkID is the parameter that joins the parts of a link; there are no others.
func linkID(params string) string {
	for p := range strings.SplitSeq(params, ":") {
		if strings.HasPrefix(p, "id=") && len(p) > len("id=") {
			return p
		}
	}
	return ""
}

func (s *Screen) setLink(id uint32) {
	s.pen.ext = s.pen.ext&^(linkMask<<linkShift) | id<<linkShift
}
