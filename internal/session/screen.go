package session

import (
	"slices"
	"sync/atomic"

	"vsay/internal/screen"
)

// maxLag is how far, in bytes, the model of the screen may be behind before it
// has to keep pace. Up to there it is fed only when somebody asks: a session
// that puts out little and that nobody joins never pays for it.
const maxLag = 2 << 20

// atOnce is how much it is fed then, in bytes: enough for a flood of plain text
// to be seen for what it is, most of which nobody would ever see.
const atOnce = 1 << 20

// maxSizes is how many changes of size wait for the model to reach them.
const maxSizes = 64

// screenModel is the screen as it is, fed from the ring: off the byte path, but
// before the ring forgets.
type screenModel struct {
	cols, rows uint16 // at offset fed
	model      *screen.Screen
	fed        uint64
	sizes      []resized // that the model has not reached
	title      atomic.Pointer[string]
	stop       atomic.Bool // the model takes no more
}

// abandon has the model take no more output, also of what it is at. The session is
// being ended: nobody may have to wait for a picture of it.
func (s *screenModel) abandon() { s.stop.Store(true) }

// resized says that the terminal had another size from an offset on.
type resized struct {
	at         uint64
	cols, rows uint16
}

// keepUp is told before n bytes of output are written to the ring.
func (s *screenModel) keepUp(o *output, n int) {
	if o.end+uint64(n)-s.fed > uint64(min(maxLag, o.limit/2)) {
		s.feed(o, min(o.end, s.fed+atOnce))
	}
}

// resize notes a new size, from the end of output on. The model is fed when there
// are many of them: a viewer that draws its window larger and smaller all the time
// must not fill memory.
func (s *screenModel) resize(o *output, cols, rows uint16) {
	if n := len(s.sizes); n > 0 && s.sizes[n-1].at == o.end {
		s.sizes[n-1] = resized{o.end, cols, rows}
		return
	}
	if len(s.sizes) >= maxSizes {
		s.feed(o, o.end)
	}
	s.sizes = append(s.sizes, resized{o.end, cols, rows})
}

// snapshot is what to draw on any terminal so that it shows what this one does:
// with the lines above it for one that is new here, without for one that has
// them.
func (s *screenModel) snapshot(o *output, fresh bool) []byte {
	s.feed(o, o.end)
	if fresh {
		return s.model.Below()
	}
	return s.model.Redraw()
}

// boxed is the same for a terminal of another size.
func (s *screenModel) boxed(o *output, b *screen.Box) []byte {
	s.feed(o, o.end)
	return b.Draw(s.model)
}

func (s *screenModel) feed(o *output, to uint64) {
	if s.model == nil {
		if s.cols == 0 || s.rows == 0 {
			s.cols, s.rows = 80, 24
		}
		s.model = screen.New(int(s.cols), int(s.rows))
		s.model.StopAt(&s.stop)
	}
	defer s.entitle()
	s.fed = max(s.fed, o.start)
	for {
		s.takeSizes()
		until := to
		if len(s.sizes) > 0 {
			until = min(until, s.sizes[0].at)
		}
		if s.fed >= until {
			return
		}
		p := o.peek(s.fed, int(until-s.fed))
		_, _ = s.model.Write(p)
		s.fed += uint64(len(p))
	}
}

// entitle keeps the title for those who look.
func (s *screenModel) entitle() {
	if title := s.model.Title(); title != "" || s.title.Load() != nil {
		s.title.Store(&title)
	}
}

// takeSizes applies the sizes that the model has reached.
func (s *screenModel) takeSizes() {
	reached := 0
	for _, r := range s.sizes {
		if r.at > s.fed {
			break
		}
		s.cols, s.rows = r.cols, r.rows
		s.model.Resize(int(r.cols), int(r.rows))
		reached++
	}
	s.sizes = slices.Delete(s.sizes, 0, reached)
}
