package screen

// Modes that are on or off.
const (
	modeCursorKeys   = uint32(1) << iota // ?1
	modeReverse                          // ?5
	modeOrigin                           // ?6
	modeWrap                             // ?7
	modeRepeat                           // ?8
	modeBlink                            // ?12
	modeBlinkSet                         // somebody has said something of ?12
	modeHidden                           // not ?25
	modeReverseWrap                      // ?45
	modeKeypad                           // ?66, ESC =
	modeFocus                            // ?1004
	modeAltScroll                        // ?1007
	modeAltScrollSet                     // somebody has said something of ?1007
	modePaste                            // ?2004
	modeSync                             // ?2026
	modeTheme                            // ?2031
	modeInsert                           // 4
	modeNewLine                          // 20
)

// modes is what a terminal remembers beside its cells.
type modes struct {
	bits      uint32
	mouse     uint16 // 0, 9, 1000, 1002 or 1003
	mouseForm uint16 // 0, 1005, 1006, 1015 or 1016
	cursor    uint8  // DECSCUSR
	otherKeys uint8  // modifyOtherKeys
}

func (m *modes) has(bit uint32) bool { return m.bits&bit != 0 }

func (m *modes) set(bit uint32, on bool) {
	m.bits &^= bit
	if on {
		m.bits |= bit
	}
}

// Modes is what a program has asked of the terminal, as far as others want to know.
type Modes struct {
	CursorKeys, Keypad   bool // keys send their application codes
	Origin, Wrap, Insert bool
	BracketedPaste       bool
	Focus                bool // reports of focus are wanted
	Mouse                int  // 0, 9, 1000, 1002 or 1003
	MouseForm            int  // 0, 1005, 1006, 1015 or 1016
}

// Modes are those in force.
func (s *Screen) Modes() Modes {
	m := &s.mode
	return Modes{
		CursorKeys: m.has(modeCursorKeys), Keypad: m.has(modeKeypad),
		Origin: m.has(modeOrigin), Wrap: m.has(modeWrap), Insert: m.has(modeInsert),
		BracketedPaste: m.has(modePaste), Focus: m.has(modeFocus),
		Mouse: int(m.mouse), MouseForm: int(m.mouseForm),
	}
}

func (s *Screen) ansiMode(n int, on bool) {
	switch n {
	case 4:
		s.mode.set(modeInsert, on)
	case 20:
		s.mode.set(modeNewLine, on)
	}
}

// privateMode is DECSET and DECRST. Modes at whose setting terminals report at
// once, such as ?2048, are not kept.
func (s *Screen) privateMode(n int, on bool) {
	m := &s.mode
	switch n {
	case 2:
		if on {
			s.g, s.charset = [4]byte{'B', 'B', 'B', 'B'}, 'B'
		}
	case 6:
		m.set(modeOrigin, on)
		s.moveTo(0, 0)
	case 9, 1000, 1002, 1003:
		m.mouse = 0
		if on {
			m.mouse = uint16(n)
		}
	case 1005, 1006, 1015, 1016:
		m.mouseForm = 0
		if on {
			m.mouseForm = uint16(n)
		}
	case 12:
		m.set(modeBlink, on)
		m.set(modeBlinkSet, true)
	case 25:
		m.set(modeHidden, !on)
	case 47, 1047, 1048, 1049:
		s.switchScreen(n, on)
	case 1007:
		m.set(modeAltScroll, on)
		m.set(modeAltScrollSet, true)
	default:
		m.set(flagOf(n), on)
	}
}

// flagOf is the bit of a mode that is nothing but a flag; 0 for an unknown one.
func flagOf(n int) uint32 {
	switch n {
	case 1:
		return modeCursorKeys
	case 5:
		return modeReverse
	case 7:
		return modeWrap
	case 8:
		return modeRepeat
	case 45:
		return modeReverseWrap
	case 66:
		return modeKeypad
	case 1004:
		return modeFocus
	case 2004:
		return modePaste
	case 2026:
		return modeSync
	case 2031:
		return modeTheme
	}
	return 0
}

// switchScreen does the four modes of the alternate screen.
func (s *Screen) switchScreen(n int, on bool) {
	if on && n >= 1048 {
		s.save()
	}
	switch {
	case n == 1048:
	case on && s.alt == nil:
		s.enterAlternate()
	case !on && s.alt != nil:
		s.keep = alternate{s.alt.saved, s.alt.keys}
		s.main.x, s.main.y = s.alt.x, s.alt.y
		s.cur, s.alt = s.main, nil
	}
	if !on && n >= 1048 {
		s.restore()
	}
}

func (s *Screen) enterAlternate() {
	m := s.main
	s.alt = newBuffer(m.cols, m.rows, 0, false)
	s.alt.saved, s.alt.keys = s.keep.saved, s.keep.keys
	s.alt.x, s.alt.y = m.x, m.y
	for y := range s.alt.rows {
		s.alt.raw(y).flood(s.alt.cols, s.pen.blank())
	}
	s.cur = s.alt
}

// softReset is DECSTR.
func (s *Screen) softReset() {
	b := s.cur
	b.top, b.end = 0, b.rows
	b.saved, b.keys = saved{}, keyboard{}
	s.pen, s.ucolor = style{}, 0
	s.resetCharsets()
	kept := s.mode
	s.mode = modes{bits: modeWrap | modeRepeat, mouse: kept.mouse, mouseForm: kept.mouseForm}
	s.mode.bits |= kept.bits & (modeNewLine | modeBlink | modeBlinkSet | modeAltScroll | modeAltScrollSet)
}

func (s *Screen) setCursorStyle(n int, missing bool) {
	if missing {
		n = 1
	}
	if n <= 6 {
		s.mode.cursor = uint8(n)
	}
}

// setOtherKeys is XTMODKEYS, of which only resource 4 concerns programs.
func (s *Screen) setOtherKeys(resource, value int) {
	if resource == 4 && value <= 3 {
		s.mode.otherKeys = uint8(value)
	}
}

// keyboard is the state of the keyboard protocol that kitty began, which every
// screen has of its own.
type keyboard struct {
	flags uint8
	stack []uint8
}

const (
	maxKeyboards  = 8
	keyboardFlags = 31
)

func (k *keyboard) push(flags int) {
	if len(k.stack) == maxKeyboards {
		k.stack = append(k.stack[:0:0], k.stack[1:]...)
	}
	k.stack = append(k.stack[:len(k.stack):len(k.stack)], k.flags)
	k.flags = uint8(flags & keyboardFlags)
}

func (k *keyboard) pop(n int) {
	n = min(n, len(k.stack)+1)
	if n > len(k.stack) {
		*k = keyboard{}
		return
	}
	k.flags = k.stack[len(k.stack)-n]
	k.stack = k.stack[:len(k.stack)-n]
}

// set changes the flags in force: how 1 to these, 2 by these more, 3 by these less.
func (k *keyboard) set(flags, how int) {
	f := uint8(flags & keyboardFlags)
	switch how {
	case 1:
		k.flags = f
	case 2:
		k.flags |= f
	case 3:
		k.flags &^= f
	}
}
