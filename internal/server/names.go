package server

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"vsay/internal/wire"
)

// canonicalEmail is the one spelling of an email address. It is stricter than
// the RFCs: what it lets through is what mail systems take, in ASCII, and cannot
// forge a line of a log or a mail's header.
func canonicalEmail(typed string) (string, error) {
	bad := wire.ErrBadRequest.With("that is no email address: write it as name@example.com")
	local, domain, ok := strings.Cut(typed, "@")
	if !ok || len(typed) > 254 || len(local) > 64 || !dotted(local, isLocal) || !dotted(domain, isDomain) {
		return "", bad
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", bad
		}
	}
	return strings.ToLower(typed), nil
}

// dotted tells whether s is words of good characters with single dots between.
func dotted(s string, good func(rune) bool) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !good(r) }) {
			return false
		}
	}
	return true
}

func isAlnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func isDomain(r rune) bool { return isAlnum(r) || r == '-' }

func isLocal(r rune) bool { return isAlnum(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) }

func checkUsername(name string) error {
	if name == "" {
		return wire.ErrBadRequest.With("the username is missing")
	}
	odd := func(r rune) bool { return !isAlnum(r) && r != '.' && r != '_' && r != '-' }
	if len(name) > 64 || strings.ContainsFunc(name, odd) || name[0] == '.' || name[0] == '-' {
		return wire.ErrBadRequest.With("a username is up to 64 letters, digits, dots, dashes and underscores, and begins with none of . and -")
	}
	return nil
}

// tidyHello makes what a machine says of itself fit to be stored and shown: its
// name becomes one that can be typed, its facts are what facts can be. Labels
// are what somebody asked for, so bad ones are refused.
func tidyHello(h wire.Hello) (wire.Hello, error) {
	h.Name = machineName(h.Name)
	h.Description = oneLine(h.Description, 256)
	h.OS, h.Arch, h.AgentVersion = oneLine(h.OS, 64), oneLine(h.Arch, 64), oneLine(h.AgentVersion, 64)
	h.Facts = tidyFacts(h.Facts)
	return h, checkLabels(h.Labels)
}

func checkLabels(labels map[string]string) error {
	if len(labels) > 32 {
		return wire.ErrBadRequest.With("a machine can have 32 labels at most")
	}
	for k, v := range labels {
		if k == "" || oneLine(k, 64) != k || oneLine(v, 256) != v {
			return wire.ErrBadRequest.With("a label is key=value, of up to 64 and 256 printable characters")
		}
	}
	return nil
}

func tidyFacts(f wire.Facts) wire.Facts {
	percent := func(v float64) float64 { return min(max(v, 0), 100) }
	return wire.Facts{
		CPUPercent: percent(f.CPUPercent), MemoryPercent: percent(f.MemoryPercent), DiskPercent: percent(f.DiskPercent),
		Uptime: max(f.Uptime, 0),
	}
}

// machineName leaves letters, digits, dots, underscores and dashes: a name that
// needs no quotes, and no colon, which comes before a session's name.
func machineName(wanted string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, clip(wanted, 64))
	if name = strings.Trim(name, "-."); name == "" {
		return "machine"
	}
	return name
}

// oneLine drops what is no printable character and cuts at limit bytes.
func oneLine(s string, limit int) string {
	return clip(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return -1
	}, s), limit)
}

func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
