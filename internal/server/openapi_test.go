package server

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"vsay/internal/wire"
)

// spec is the little of an OpenAPI document that the tests look at.
type spec struct {
	Paths      map[string]map[string]any `yaml:"paths"`
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any `yaml:"properties"`
		} `yaml:"schemas"`
	} `yaml:"components"`
}

func readSpec(t *testing.T) (doc spec) {
	t.Helper()
	b, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestOpenAPIHasEveryRouteAndNoOther(t *testing.T) {
	var documented, served []string
	for path, methods := range readSpec(t).Paths {
		for method := range methods {
			if slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) {
				documented = append(documented, strings.ToUpper(method)+" "+path)
			}
		}
	}
	for _, r := range new(Server).table() {
		if r.who == forPages {
			continue
		}
		served = append(served, r.pattern)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("docs/openapi.yaml has\n%s\nthe server has\n%s", strings.Join(documented, "\n"), strings.Join(served, "\n"))
	}
}

func TestOpenAPIHasTheFieldsOfTheTypes(t *testing.T) {
	schemas := readSpec(t).Components.Schemas
	for name, v := range map[string]any{
		"Machine": wire.Machine{}, "ChangeMachine": wire.ChangeMachine{}, "Session": wire.Session{}, "Viewer": wire.Viewer{},
		"Account": wire.Account{}, "ServerInfo": wire.ServerInfo{}, "LoginInfo": wire.LoginInfo{},
		"Signup": wire.Signup{}, "Login": wire.Login{}, "AskTicket": wire.AskTicket{}, "Ticket": wire.Ticket{},
		"AdminUser": wire.AdminUser{}, "NewPassword": wire.NewPassword{}, "PasswordReset": wire.PasswordReset{},
		"Invite": wire.Invite{}, "NewInvite": wire.NewInvite{},
		"AuditRecord": wire.AuditRecord{}, "AuditRecords": wire.AuditRecords{}, "AuditCheck": wire.AuditCheck{},
	} {
		var fields []string
		for i := range reflect.TypeOf(v).NumField() {
			field, _, _ := strings.Cut(reflect.TypeOf(v).Field(i).Tag.Get("json"), ",")
			fields = append(fields, field)
		}
		slices.Sort(fields)
		documented := slices.Sorted(maps.Keys(schemas[name].Properties))
		if !slices.Equal(fields, documented) {
			t.Errorf("%s is documented with %v, and has %v", name, documented, fields)
		}
	}
}
