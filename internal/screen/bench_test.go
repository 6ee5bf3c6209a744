package screen

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// streams are what the benchmarks feed, in pieces as a terminal gives them out.
var streams = []struct{ name, text string }{
	{"log", strings.Repeat("2026-11-23T06:58:17Z INFO  request served method=GET path=/api/machines status=200 took=3ms\r\n", 700)},
	{"sgr", strings.Repeat("\x1b[32minfo\x1b[0m \x1b[1;34mmodule\x1b[0m: \x1b[38;5;208mvalue\x1b[0m=\x1b[48;2;10;20;30m42\x1b[m and some more text\r\n", 600)},
	{"tui", tui()},
	{"cjk", strings.Repeat("日本語のログ行 \U0001F600 中文字符混合文本 한국어 텍스트 ふつう e\u0301\r\n", 500)},
}

// tui is full screens drawn by cursor addressing, as of a monitor.
func tui() string {
	var b strings.Builder
	for frame := range 20 {
		b.WriteString("\x1b[H")
		for y := range 40 {
			fmt.Fprintf(&b, "\x1b[%d;1H\x1b[7m%5d\x1b[m \x1b[3%dmroot\x1b[39m      20   0  %6dk  %5d S \x1b[1m%3d.%d\x1b[m  1.4 \x1b[K", y+1, frame*40+y, y%8, y*977, y*31, y, frame)
		}
	}
	return b.String()
}

func BenchmarkWrite(b *testing.B) {
	for _, st := range streams {
		b.Run(st.name, func(b *testing.B) {
			s, text := New(120, 40), []byte(st.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				for rest := text; len(rest) > 0; {
					n := min(4096, len(rest))
					s.Write(rest[:n])
					rest = rest[n:]
				}
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	s := New(120, 40)
	s.Write([]byte(strings.Repeat(streams[1].text, 3)))
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(s.Snapshot())))
	}
}

// TestMemory says what a screen takes, and that it is little.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		name  string
		text  string
		limit int64
	}{
		{"80x24, a prompt", "user@host:~$ ", 16 << 10},
		{"80x24 and 1000 lines of 60", strings.Repeat(strings.Repeat("x", 60)+"\r\n", 1100), 180 << 10},
		{"80x24 and 1000 full lines", strings.Repeat(strings.Repeat("x", 80), 1100), 200 << 10},
	} {
		const n = 8
		screens := make([]*Screen, n)
		before := heap()
		for i := range screens {
			screens[i] = New(80, 24)
			screens[i].Write([]byte(c.text))
		}
		each := (heap() - before) / n
		runtime.KeepAlive(screens)
		t.Logf("%s: %d bytes", c.name, each)
		if each > c.limit {
			t.Errorf("%s takes %d bytes, more than %d", c.name, each, c.limit)
		}
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
