//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"vsay/internal/wire"
)

// subject is an account, and what its owner was told of it.
type subject struct {
	asker
	boss *boss
	rnd  *rand.Rand
	ep   *wire.Endpoint

	name, email string
	invited     wire.Invite // by which the account is made
	exists      bool
	id          string
	disabled    bool
	admin       bool
	lookedShut  int // how often it was tried whether it is
	password    string
	former      string // the password before, until that was looked at
	key         string
	oldKey      string
	gen         int      // of the key
	live, dead  []string // tokens
	boxes, gone []*box
	doubt       *deed // what was begun, and not answered
	told        int   // changes that were
}

// box is a machine of a subject.
type box struct {
	*light
	gen int // of the key that it counts for
}

// deed is one change of an account.
type deed struct {
	what string
	do   func(ctx context.Context) (status int, err error)
	done func()
	// happened finds out by one look whether it did, when nobody was told. That all
	// of it did, or nothing, is what check finds out.
	happened func(ctx context.Context) (bool, error)
}

func newSubject(url string, rnd *rand.Rand) (*subject, error) {
	u, err := wire.ParseHost(url, false)
	if err != nil {
		return nil, err
	}
	ep, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("u%x", rnd.Uint64())
	return &subject{asker: newAsker(url), rnd: rnd, ep: ep, name: name, email: name + "@example.com", password: someText(rnd)}, nil
}

func someText(rnd *rand.Rand) string { return fmt.Sprintf("x%016x", rnd.Uint64()) }

// act does one deed, and notes it when the server says that it is done. An error
// is no answer.
func (u *subject) act(ctx context.Context) error {
	d := u.next()
	u.doubt = d
	status, err := d.do(ctx)
	if err != nil {
		return err
	}
	switch {
	case status/100 == 2:
		u.doubt = nil
		u.told++
		d.done()
		return nil
	case status == http.StatusServiceUnavailable:
		return errRefused
	}
	u.doubt = nil
	return fmt.Errorf("%s: %s was answered %d: %w", u.name, d.what, status, errAnswer)
}

var (
	errAnswer = errors.New("an answer that makes no sense")
	// errRefused says that nothing was done. Of what a disk did not take a part may
	// come to light in the next life all the same, whole.
	errRefused = errors.New("the server cannot do it now")
)

// next picks what to do, of what can be done.
func (u *subject) next() *deed {
	switch {
	case !u.exists && u.invited.Code == "":
		return u.invite()
	case !u.exists:
		return u.signup()
	case u.disabled:
		return u.enable()
	}
	if len(u.live) == 0 {
		return u.login()
	}
	for {
		switch n := u.rnd.IntN(24); { // what hashes a password takes long, and would be hit most
		case n < 1:
			return u.login()
		case n < 2:
			return u.changePassword()
		case n < 4 && len(u.live) > 1:
			return u.logout()
		case n < 8:
			return u.regenerate(u.rnd.IntN(2) == 0)
		case n < 11 && len(u.boxes) > 0:
			return u.deleteBox(u.boxes[u.rnd.IntN(len(u.boxes))])
		case n < 14 && slices.ContainsFunc(u.boxes, u.admitted):
			return u.rename(u.boxes[slices.IndexFunc(u.boxes, u.admitted)])
		case n == 20:
			return u.disable()
		case n == 21:
			return u.promote(!u.admin)
		case n == 22:
			return u.rotate()
		case n >= 14 && len(u.boxes) < 4:
			return u.enroll()
		}
	}
}

func (u *subject) admitted(b *box) bool { return b.gen == u.gen }

func (u *subject) signup() *deed {
	return &deed{
		what: "signup",
		do: func(ctx context.Context) (int, error) {
			return u.ask(ctx, "POST", "/api/signup", "", wire.Signup{Username: u.name, Email: u.email, Password: u.password, Invite: u.invited.Code}, nil)
		},
		done: func() { u.exists = true },
		happened: func(ctx context.Context) (bool, error) {
			_, ok, err := u.signIn(ctx, u.password)
			return ok, err
		},
	}
}

func (u *subject) login() *deed {
	var signed wire.Signed
	return &deed{
		what: "login",
		do: func(ctx context.Context) (int, error) {
			return u.ask(ctx, "POST", "/api/login", "", wire.Login{Email: u.email, Password: u.password}, &signed)
		},
		done: func() {
			u.key, u.id = signed.User.APIKey, signed.User.ID
			u.live = append(u.live, signed.Token)
		},
		happened: func(context.Context) (bool, error) { return false, nil }, // nobody has the token
	}
}

func (u *subject) logout() *deed {
	i := u.rnd.IntN(len(u.live))
	token := u.live[i]
	return &deed{
		what: "logout",
		do: func(ctx context.Context) (int, error) {
			return u.ask(ctx, "POST", "/api/auth/logout", token, nil, nil)
		},
		done: func() {
			u.live = slices.Delete(u.live, i, i+1)
			u.dead = append(u.dead, token)
		},
		happened: func(ctx context.Context) (bool, error) {
			status, err := u.ask(ctx, "GET", "/api/profile", token, nil, nil)
			return status == http.StatusUnauthorized, err
		},
	}
}

func (u *subject) regenerate(keep bool) *deed {
	var signed wire.Signed
	return &deed{
		what: "regenerate",
		do: func(ctx context.Context) (int, error) {
			return u.ask(ctx, "POST", "/api/profile/regenerate-api-key", u.live[0], wire.RegenerateKey{KeepMachines: keep}, &signed)
		},
		done: func() {
			u.oldKey, u.key = u.key, signed.APIKey
			for _, b := range u.boxes {
				if keep && b.gen == u.gen {
					b.gen++
				}
			}
			u.gen++
		},
		happened: func(ctx context.Context) (bool, error) {
			now, ok, err := u.signIn(ctx, u.password)
			if err != nil || !ok {
				return false, errors.Join(err, fmt.Errorf("%s cannot sign in", u.name))
			}
			signed.APIKey = now.User.APIKey
			return signed.APIKey != u.key, nil
		},
	}
}

func (u *subject) changePassword() *deed {
	next := someText(u.rnd)
	mine := u.live[0]
	return &deed{
		what: "password",
		do: func(ctx context.Context) (int, error) {
			return u.ask(ctx, "POST", "/api/profile/reset-password", mine, wire.ResetPassword{CurrentPassword: u.password, NewPassword: next}, nil)
		},
		done: func() {
			u.former, u.password = u.password, next
			u.dead = append(u.dead, u.live[1:]...)
			u.live = []string{mine}
		},
		happened: func(ctx context.Context) (bool, error) {
			_, ok, err := u.signIn(ctx, next)
			return ok, err
		},
	}
}

func (u *subject) enroll() *deed {
	b := &box{newLight(u.ep, "m"+someText(u.rnd)), u.gen}
	return &deed{
		what: "enrol",
		do: func(ctx context.Context) (int, error) {
			err := b.light.enroll(ctx, u.key)
			return statusOf(err)
		},
		done: func() { u.boxes = append(u.boxes, b) },
		happened: func(ctx context.Context) (bool, error) {
			m, err := u.machine(ctx, func(m wire.Machine) bool { return m.Name == b.name })
			if m == nil || err != nil {
				return false, err
			}
			b.id = m.AgentID
			return true, nil
		},
	}
}

func (u *subject) deleteBox(b *box) *deed {
	return &deed{
		what: "delete",
		do: func(ctx context.Context) (int, error) {
			return u.ask(ctx, "DELETE", "/api/machines/"+b.id, u.live[0], nil, nil)
		},
		done: func() {
			u.boxes = slices.DeleteFunc(u.boxes, func(x *box) bool { return x == b })
			u.gone = append(u.gone, b)
		},
		happened: func(ctx context.Context) (bool, error) {
			m, err := u.machine(ctx, func(m wire.Machine) bool { return m.AgentID == b.id })
			return m == nil, err
		},
	}
}

// rename has the machine say another name. What acknowledges it is the name in
// the list of machines.
func (u *subject) rename(b *box) *deed {
	old, next := b.name, "n"+someText(u.rnd)
	there := func(ctx context.Context) (bool, error) {
		m, err := u.machine(ctx, func(m wire.Machine) bool { return m.AgentID == b.id && m.Name == next })
		return m != nil, err
	}
	return &deed{
		what: "rename",
		do: func(ctx context.Context) (int, error) {
			b.name = next
			conn, err := b.link(ctx)
			b.name = old
			if err != nil {
				return statusOf(err)
			}
			defer conn.CloseNow()
			for {
				if ok, err := there(ctx); ok || err != nil {
					return http.StatusOK, err
				}
				if f, err := contextRead(ctx, conn, 5*time.Millisecond); err != nil {
					return 0, fmt.Errorf("the link ended after %v: %w", f, err)
				}
			}
		},
		done:     func() { b.name = next },
		happened: there,
	}
}

// contextRead waits a little, unless the link ends.
func contextRead(ctx context.Context, conn *wire.Conn, wait time.Duration) (wire.Frame, error) {
	select {
	case <-time.After(wait):
		return wire.Frame{}, conn.Write(ctx, wire.Frame{Kind: wire.KindBeat, Payload: wire.Encode(wire.Facts{})})
	case <-ctx.Done():
		return wire.Frame{}, ctx.Err()
	}
}

// statusOf is a refusal as an answer, and anything else as none.
func statusOf(err error) (int, error) {
	var e *wire.Error
	switch {
	case err == nil:
		return http.StatusOK, nil
	case errors.As(err, &e) && !errors.Is(err, wire.ErrUnreachable) && !errors.Is(err, wire.ErrLinkLost):
		return e.Status, nil
	}
	return 0, err
}

func (u *subject) signIn(ctx context.Context, password string) (signed wire.Signed, ok bool, err error) {
	for {
		status, err := u.ask(ctx, "POST", "/api/login", "", wire.Login{Email: u.email, Password: password}, &signed)
		switch {
		case err != nil, status/100 == 2, status == http.StatusUnauthorized:
			return signed, status/100 == 2, err
		case status != http.StatusServiceUnavailable: // others hash their passwords
			return signed, false, fmt.Errorf("%s: a login was answered %d", u.name, status)
		}
	}
}

// machine is one of those that the server lists, nil if it lists none such.
func (u *subject) machine(ctx context.Context, is func(wire.Machine) bool) (*wire.Machine, error) {
	var list wire.Machines
	status, err := u.ask(ctx, "GET", "/api/machines", u.live[0], nil, &list)
	if err != nil || status != http.StatusOK {
		return nil, errors.Join(err, fmt.Errorf("%s: the list of machines was answered %d", u.name, status))
	}
	if i := slices.IndexFunc(list.Machines, is); i >= 0 {
		return &list.Machines[i], nil
	}
	return nil, nil
}
