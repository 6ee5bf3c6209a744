package screen

import "unicode"

// widths remembers what the tables say of a character, since that is slow:
// one entry is the rune and, in the two lowest bits, its width.
type widths [512]uint32

// width is the number of columns a character takes: 0, 1 or 2. The plain
// ranges are decided here, all others by tables that agree with what terminals
// of these years, and the programs in them, count.
func (s *Screen) width(r rune) int {
	if s.measure != nil {
		return s.measure(r)
	}
	switch {
	case r < 0x300, r >= 0x2500 && r < 0x25a0:
		return 1
	case r >= 0x3041 && r < 0x3097, r >= 0x30a1 && r < 0x3100, r >= 0x4e00 && r < 0xa000, r >= 0xac00 && r < 0xd7a4:
		return 2
	}
	if s.widths == nil {
		s.widths = new(widths)
	}
	e := &s.widths[r%rune(len(s.widths))]
	if *e>>2 != uint32(r) {
		*e = uint32(r)<<2 | uint32(Width(r))
	}
	return int(*e & 3)
}

// Width is the number of columns that tables give a character: 0, 1 or 2.
func Width(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, marks):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// disputed tells of characters that terminals do not agree about: after one of
// them a snapshot says in which column it goes on.
func disputed(r rune) bool {
	return r >= 0x2300 && r < 0x2400 || r >= 0x2600 && r < 0x27c0 || r >= 0x2b00 && r < 0x2c00 ||
		r >= 0x1f000 && r < 0x20000 || r >= 0xe000 && r < 0xf900
}
