package screen

// sgr sets how the next characters look.
func (s *Screen) sgr(ps []param) {
	if len(ps) == 0 {
		s.plain()
		return
	}
	for i := 0; i < len(ps); {
		end := next(ps, i)
		switch n := ps[i].or(0); n {
		case 4:
			line := 1
			if end > i+1 {
				line = ps[i+1].or(1)
			}
			s.underline(line)
		case 38, 48, 58:
			end = s.extendedColor(n, ps, i)
		default:
			s.attribute(n)
		}
		i = end
	}
}

// plain is SGR 0. The hyperlink stays, the protection goes.
func (s *Screen) plain() {
	s.pen = style{ext: s.pen.link() << linkShift}
	s.ucolor = 0
}

// attribute does the parameters that stand alone.
func (s *Screen) attribute(n int) {
	p := &s.pen
	switch {
	case n == 0:
		s.plain()
	case n == 21:
		s.underline(2)
	case n == 22:
		p.fg &^= attrBold
		p.bg &^= attrDim
	case n == 24:
		s.underline(0)
	case n >= 30 && n <= 37:
		p.fg = p.fg&^fullColor | color16 | uint32(n-30)
	case n == 39:
		p.fg &^= fullColor
	case n >= 40 && n <= 47:
		p.bg = p.bg&^fullColor | color16 | uint32(n-40)
	case n == 49:
		p.bg &^= fullColor
	case n == 59:
		s.ucolor = 0
		s.underline(int(p.uline()))
	case n >= 90 && n <= 97:
		p.fg = p.fg&^fullColor | color16 | uint32(n-90+8)
	case n >= 100 && n <= 107:
		p.bg = p.bg&^fullColor | color16 | uint32(n-100+8)
	case n < len(fgAttrs):
		p.fg |= fgAttrs[n]
		p.bg |= bgAttrs[n]
	case n >= 23 && n <= 29:
		p.fg &^= fgAttrs[n-20]
		p.bg &^= bgAttrs[n-20]
	case n == 53:
		p.bg |= attrOverline
	case n == 55:
		p.bg &^= attrOverline
	}
}

// What the parameters up to 9 switch on, and those 20 above them off.
var (
	fgAttrs = [10]uint32{1: attrBold, 5: attrBlink, 7: attrInverse, 8: attrInvisible, 9: attrStrike}
	bgAttrs = [10]uint32{2: attrDim, 3: attrItalic}
)

// underline sets its style, 0 for none. Its colour counts with it only.
func (s *Screen) underline(line int) {
	if line < 0 || line > 5 {
		line = 1
	}
	link := s.pen.link() << linkShift
	s.pen.ext = link
	if line > 0 {
		s.pen.ext |= uint32(line) | s.ucolor<<ucolorShift
	}
}

// extendedColor reads 38, 48 or 58 with its colour, in the writings with
// semicolons, with colons, and with both, and gives the index of what follows.
func (s *Screen) extendedColor(n int, ps []param, i int) int {
	v, i := colorParams(ps, i)
	var color uint32
	switch v[1] {
	case 2:
		color = colorRGB | uint32(v[3]&255)<<16 | uint32(v[4]&255)<<8 | uint32(v[5]&255)
	case 5:
		color = color256 | uint32(v[3]&255)
	default:
		return i
	}
	switch n {
	case 38:
		s.pen.fg = s.pen.fg&^fullColor | color
	case 48:
		s.pen.bg = s.pen.bg&^fullColor | color
	case 58:
		s.ucolor = s.underlineColor(color)
		s.underline(int(s.pen.uline()))
	}
	return i
}

// colorParams sorts the parameters of a colour into: 38, kind, colour space,
// and up to three values, whichever way they were written.
func colorParams(ps []param, i int) (v [6]int, end int) {
	space, at := 0, 0
	for ; i < len(ps) && at+space < len(v); at++ {
		v[at+space] = ps[i].or(0)
		end := next(ps, i)
		if subs := ps[i+1 : end]; len(subs) > 0 {
			bare := len(subs) == 4 && subs[0].or(0) == 2 // 38:2:R:G:B, as many write it
			for k, sub := range subs {
				if v[1] == 5 || v[1] == 2 && bare {
					space = 1
				}
				if at+k+1+space < len(v) {
					v[at+k+1+space] = sub.or(0)
				}
			}
			return v, end
		}
		i = end
		if v[1] == 5 && at+space >= 2 || v[1] == 2 && at+space >= 5 {
			return v, i
		}
		if v[1] != 0 {
			space = 1
		}
	}
	if i < len(ps) {
		i = next(ps, i)
	}
	return v, i
}

// protect is DECSCA.
func (s *Screen) protect(n int) {
	switch n {
	case 1:
		s.pen.bg |= attrProtected
	case 0, 2:
		s.pen.bg &^= attrProtected
	}
}
