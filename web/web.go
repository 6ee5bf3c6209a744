// Package web holds the web terminal as `make web` built it, inside the program, and
// gives it out. Who may have it, and what a browser lets it do, is the server's business.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// dist is what the build left, and nothing but .gitkeep where there was none. Without
// all: a folder like that would not compile.
//
//go:embed all:dist
var dist embed.FS

//go:embed unbuilt.html
var unbuilt []byte

// hole is what stands in a page where each answer puts a nonce of its own.
const hole = `nonce="NONCE"`

// Where a page of another site led to this one, the page is told: it opens nothing by
// itself then.
const (
	fromHere      = `content="HERE"`
	fromElsewhere = `content="ELSEWHERE"`
)

// kinds are the files that a build may hold. What the system would say of an ending
// differs from machine to machine.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".ico": "image/x-icon",
	".woff2": "font/woff2",
}

// codings are what a build compresses files to, the smallest first, and the ending of
// the file beside.
var codings = []struct{ name, ending string }{{"br", ".br"}, {"gzip", ".gz"}}

// Site is a built web terminal, or a page in its place that says how to build it.
type Site struct {
	page   []byte
	folder fs.FS
	sizes  map[string]int64 // in bytes, of all files that it gives out, compressed ones too
}

// Built is the site that this program was built with.
func Built() (*Site, error) {
	folder, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return New(folder)
}

// New is the site in a folder. What it holds it is known by exact name: there is no other
// way to a file.
func New(folder fs.FS) (*Site, error) {
	s := &Site{page: unbuilt, folder: folder, sizes: map[string]int64{}}
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "index.html" || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		if kinds[path.Ext(plainName(name))] == "" {
			return fmt.Errorf("the web terminal holds %s, and nobody says what kind of file that is: add it to kinds in web/web.go", name)
		}
		info, err := d.Info()
		if err == nil {
			s.sizes[name] = info.Size()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if page, err := fs.ReadFile(folder, "index.html"); err == nil {
		s.page = page
	}
	return s, nil
}

// plainName is the name of a file without the ending that compressing gave it.
func plainName(name string) string {
	for _, c := range codings {
		if plain, ok := strings.CutSuffix(name, c.ending); ok {
			return plain
		}
	}
	return name
}

// Page answers with the page, which finds out by its address what to show. It is never
// kept: a page from a cache, even one that is asked whether it is current, would have
// the nonce of another answer than the policy that comes with it. elsewhere says that a
// page of another site led there.
func (s *Site) Page(w http.ResponseWriter, status int, nonce string, elsewhere bool) error {
	page := bytes.ReplaceAll(s.page, []byte(hole), []byte(`nonce="`+nonce+`"`))
	if elsewhere {
		page = bytes.ReplaceAll(page, []byte(fromHere), []byte(fromElsewhere))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	_, err := w.Write(page)
	return err
}

// File answers with a file, as small as the client can take it. It is false where there
// is no such file, and then nothing was answered.
func (s *Site) File(w http.ResponseWriter, r *http.Request, name string) bool {
	if _, known := s.sizes[name]; !known || plainName(name) != name {
		return false
	}
	h := w.Header()
	stored := name
	for _, c := range codings {
		if _, there := s.sizes[name+c.ending]; there && takes(r, c.name) {
			stored = name + c.ending
			h.Set("Content-Encoding", c.name)
			break
		}
	}
	f, err := s.folder.Open(stored)
	if err != nil {
		h.Del("Content-Encoding")
		return false
	}
	defer f.Close()
	h.Set("Content-Type", kinds[path.Ext(name)])
	h.Set("Content-Length", strconv.FormatInt(s.sizes[stored], 10))
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=3600") // an icon, say, whose name stays
	if strings.HasPrefix(name, "assets/") {        // whose names have a hash of what is in them
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, f) // a client that has gone has nobody to tell
	}
	return true
}

// takes tells whether the client says that it takes a coding.
func takes(r *http.Request, coding string) bool {
	for _, header := range r.Header.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(header, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
			_, q, _ := strings.Cut(strings.TrimSpace(weight), "=")
			if n, err := strconv.ParseFloat(q, 64); strings.EqualFold(strings.TrimSpace(name), coding) {
				return err != nil || n > 0
			}
		}
	}
	return false
}
