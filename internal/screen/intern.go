package screen

// Limits of what a hostile program can make the screen remember beside its cells.
const (
	maxClusters    = 4096    // distinct characters with marks
	maxMarks       = 16      // marks on one character
	maxLinks       = 1024    // distinct hyperlinks
	maxLinkBytes   = 1 << 18 // in all of them together
	maxLink        = 2048    // in one, parameters included
	maxUlineColors = 1024    // distinct colours of underlines
	sweepEvery     = 1 << 14 // bytes of output between two looks for unused ones
)

// pool numbers distinct values from 1 on, so that cells can hold the number.
type pool[T comparable] struct {
	values []T // values[0] is nothing
	ids    map[T]uint32
	free   []uint32
}

func (p *pool[T]) get(id uint32) T {
	if int(id) < len(p.values) {
		return p.values[id]
	}
	var none T
	return none
}

// add gives the number of v, or false when the pool is full.
func (p *pool[T]) add(v T, limit int) (uint32, bool) {
	if id, ok := p.ids[v]; ok {
		return id, true
	}
	if p.ids == nil {
		p.ids, p.values = map[T]uint32{}, make([]T, 1)
	}
	id := uint32(len(p.values))
	if n := len(p.free); n > 0 {
		id, p.free = p.free[n-1], p.free[:n-1]
		p.values[id] = v
	} else if len(p.values) <= limit {
		p.values = append(p.values, v)
	} else {
		return 0, false
	}
	p.ids[v] = id
	return id, true
}

// sweep drops the values whose numbers are not in use.
func (p *pool[T]) sweep(used map[uint32]bool, dropped func(T)) {
	for v, id := range p.ids {
		if !used[id] {
			delete(p.ids, v)
			var none T
			p.values[id] = none
			p.free = append(p.free, id)
			dropped(v)
		}
	}
}

// link is a hyperlink of OSC 8.
type link struct{ params, uri string }

func (l link) size() int { return len(l.params) + len(l.uri) }

// cluster numbers a character with its marks; 0 when there is no room.
func (s *Screen) cluster(text string) uint32 {
	id, ok := s.clusters.add(text, maxClusters)
	if !ok && s.sweep() {
		id, _ = s.clusters.add(text, maxClusters)
	}
	return id
}

// link numbers a hyperlink; 0, no link, when there is no room.
func (s *Screen) link(l link) uint32 {
	if id, ok := s.links.ids[l]; ok {
		return id
	}
	full := func() bool { return s.linkBytes+l.size() > maxLinkBytes }
	if l.size() > maxLink || full() && (!s.sweep() || full()) {
		return 0
	}
	id, ok := s.links.add(l, maxLinks)
	if !ok && s.sweep() {
		id, ok = s.links.add(l, maxLinks)
	}
	if ok {
		s.linkBytes += l.size()
	}
	return id
}

// underlineColor numbers a colour; 0, the text's own, when there is no room.
func (s *Screen) underlineColor(c uint32) uint32 {
	id, ok := s.ucolors.add(c, maxUlineColors)
	if !ok && s.sweep() {
		id, _ = s.ucolors.add(c, maxUlineColors)
	}
	return id
}

// sweep looks through all cells for what is still in use. It is seldom enough
// that no output can make it the greater part of the work.
func (s *Screen) sweep() bool {
	if s.written-s.swept < sweepEvery {
		return false
	}
	s.swept = s.written
	clusters, links, colors := map[uint32]bool{}, map[uint32]bool{}, map[uint32]bool{s.ucolor: true}
	mark := func(c cell) {
		if c.ch&isCluster != 0 {
			clusters[c.ch&runeMask] = true
		}
		if c.ext != 0 {
			links[c.style().link()], colors[c.style().ucolor()] = true, true
		}
	}
	mark(s.pen.with(0))
	for _, b := range []*buffer{s.main, s.alt} {
		if b == nil {
			continue
		}
		mark(b.saved.style.with(0))
		for i := range b.n {
			for _, c := range b.line(i).unpacked().cells {
				mark(c)
			}
		}
	}
	s.clusters.sweep(clusters, func(string) {})
	s.links.sweep(links, func(l link) { s.linkBytes -= l.size() })
	s.ucolors.sweep(colors, func(uint32) {})
	return true
}
