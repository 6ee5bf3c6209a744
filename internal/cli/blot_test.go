package cli

import (
	"testing"
	"testing/synctest"
	"time"
)

type spoilt int

func (s *spoilt) Redraw() { *s++ }

func TestNoteIsTakenAwayWhenItWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n spoilt
		b := blot{att: &n}
		b.read() // a key, and there is no note
		b.made()
		<-time.After(readWithin - 1)
		synctest.Wait()
		if n != 0 {
			t.Fatal("it was not to be read")
		}
		b.read()
		b.read()
		<-time.After(2 * readWithin)
		if n != 1 {
			t.Errorf("after a key the screen was spoilt %d times", n)
		}
		b.made()
		<-time.After(readWithin)
		synctest.Wait()
		if n != 2 {
			t.Errorf("after a while it was spoilt %d times", n)
		}
	})
}

func TestAlternateScreenIsKnown(t *testing.T) {
	for output, want := range map[string]bool{
		"": false, "\x1b[?1049h": true, "\x1b[?47h": true, "\x1b[?1047;25h": true, "\x1b[?1049h\x1b[?1049l": false, "\x1b[?2004h": false,
	} {
		var m modes
		m.watch([]byte(output))
		if m.alternate() != want {
			t.Errorf("after %q it is %v", output, m.alternate())
		}
	}
}
