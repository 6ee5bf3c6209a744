package server

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"vsay/internal/wire"
)

// A machine is called what its owner wants, also when its agent comes back and when it
// enrolls again, until the owner gives that up or the agent asks for something new.
func TestAMachineIsCalledWhatItsOwnerWants(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b, other := newBox(w), newBox(w)
	b.enroll(ann.apiKey, "box")
	other.enroll(ann.apiKey, "other")
	says := func(name, description string) {
		t.Helper()
		h := wire.Hello{Name: name, Description: description, OS: "linux", Arch: "amd64", Labels: map[string]string{"room": "lab"}}
		if err := w.s.store.SawMachine(t.Context(), b.id, h, "192.0.2.1", w.now()); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when, name, description string, labels map[string]string) {
		t.Helper()
		var one wire.OneMachine
		w.do("GET", "/api/machines/"+b.id, nil, bearer(ann.token)).into(t, &one)
		if m := one.Machine; m.Name != name || m.Description != description || !maps.Equal(m.Labels, labels) {
			t.Errorf("%s: %q, %q, %v", when, m.Name, m.Description, m.Labels)
		}
	}
	change := func(body string) reply { return w.do("PATCH", "/api/machines/"+b.id, body, bearer(ann.token)) }
	lab, db := map[string]string{"room": "lab"}, map[string]string{"role": "db"}

	says("box", "debian")
	r := change(`{"name":"web1","description":"the shop","labels":{"role":"db"}}`)
	var one wire.OneMachine
	if r.into(t, &one); r.status != http.StatusOK || one.Machine.Name != "web1" || one.Machine.Labels["role"] != "db" {
		t.Errorf("%d %s", r.status, r.body)
	}
	says("box", "debian 13")
	check("back again", "web1", "the shop", db)
	b.enroll(ann.apiKey, "box")
	check("enrolled again", "web1", "the shop", db)
	change(`{"description":""}`)
	says("box", "debian 13")
	check("without a description", "web1", "debian 13", db)
	change(`{"name":"","labels":{}}`)
	check("given back", "box", "debian 13", lab)
	change(`{"name":"web1"}`)
	says("web2", "debian 13")
	check("the agent asked for another name", "web2", "debian 13", lab)

	if r := change(`{"name":"OTHER"}`); r.status != http.StatusConflict {
		t.Errorf("a name in use: %d %s", r.status, r.body)
	}
	for _, bad := range []string{
		`{"name":"a:b"}`, `{"name":"-x"}`, `{"name":"a b"}`, `{"name":"` + strings.Repeat("x", 65) + `"}`, `{"name":"x\u001b"}`,
		`{"description":"two\nlines"}`, `{"description":"` + strings.Repeat("x", 257) + `"}`, `{"description":"\u202e"}`,
		`{"labels":{"":"x"}}`, `{"labels":{"k":"\u0007"}}`, `{"labels":["k"]}`, `{"name":7}`,
	} {
		change(bad).refused(t, wire.ErrBadRequest)
	}
	check("after all that", "web2", "debian 13", lab)
	if n := strings.Count(w.log.String(), `"event":"machine changed"`); n != 4 {
		t.Errorf("%d times in the audit", n)
	}
}
