//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"vsay/internal/wire"
)

// boss is the administrator, who does to the others what only an administrator may.
type boss struct {
	asker
	token string
}

// newBoss is the one whom the server invited when it was started.
func newBoss(t *testing.T, s *stack) *boss {
	t.Helper()
	code := regexp.MustCompile(`vsay_inv_\w+`).FindString(s.whole("server"))
	b := &boss{asker: newAsker(s.url("127.0.0.1"))}
	me := wire.Signup{Username: "boss", Email: "boss@example.com", Password: "correct horse", Invite: code}
	if status, err := b.ask(t.Context(), "POST", "/api/signup", "", me, nil); err != nil || status != http.StatusCreated {
		t.Fatalf("the first signup was answered %d, %v", status, err)
	}
	var signed wire.Signed
	if status, err := b.ask(t.Context(), "POST", "/api/login", "", wire.Login{Email: me.Email, Password: me.Password}, &signed); err != nil || status != http.StatusOK {
		t.Fatalf("the first login was answered %d, %v", status, err)
	}
	b.token = signed.Token
	return b
}

// row is what an administrator sees of a user.
func (b *boss) row(ctx context.Context, email string) (wire.AdminUser, error) {
	var all wire.AdminUsers
	status, err := b.ask(ctx, "GET", "/api/admin/users", b.token, nil, &all)
	if err != nil || status != http.StatusOK {
		return wire.AdminUser{}, errors.Join(err, fmt.Errorf("the list of users was answered %d", status))
	}
	i := slices.IndexFunc(all.Users, func(u wire.AdminUser) bool { return u.Email == email })
	if i < 0 {
		return wire.AdminUser{}, fmt.Errorf("%s is not in the list of users", email)
	}
	return all.Users[i], nil
}

// invite asks for the invitation that the signup needs.
func (u *subject) invite() *deed {
	var made wire.OneInvite
	return &deed{
		what: "invite",
		do: func(ctx context.Context) (int, error) {
			return u.boss.ask(ctx, "POST", "/api/admin/invites", u.boss.token, wire.NewInvite{Email: u.email}, &made)
		},
		done:     func() { u.invited = made.Invite },
		happened: func(context.Context) (bool, error) { return false, nil }, // nobody has the code
	}
}

func (u *subject) disable() *deed {
	return u.byBoss("disable", "disable", func() {
		u.disabled, u.lookedShut = true, 0
		u.dead = append(u.dead, u.live...)
		u.live = nil
	}, func(r wire.AdminUser) bool { return r.Disabled })
}

func (u *subject) enable() *deed {
	return u.byBoss("enable", "enable", func() { u.disabled = false }, func(r wire.AdminUser) bool { return !r.Disabled })
}

func (u *subject) promote(admin bool) *deed {
	act := map[bool]string{true: "promote", false: "demote"}[admin]
	return u.byBoss(act, act, func() { u.admin = admin }, func(r wire.AdminUser) bool { return r.Admin == admin })
}

func (u *subject) byBoss(what, act string, done func(), is func(wire.AdminUser) bool) *deed {
	return &deed{
		what: what,
		do: func(ctx context.Context) (int, error) {
			return u.boss.ask(ctx, "POST", "/api/admin/users/"+u.id+"/"+act, u.boss.token, nil, nil)
		},
		done: done,
		happened: func(ctx context.Context) (bool, error) {
			r, err := u.boss.row(ctx, u.email)
			return is(r), err
		},
	}
}

// rotate has another key sign tokens from now on. Those that are out stay good,
// which is looked at with every look.
func (u *subject) rotate() *deed {
	return &deed{
		what: "rotate",
		do: func(ctx context.Context) (int, error) {
			return u.boss.ask(ctx, "POST", "/api/admin/rotate-keys", u.boss.token, nil, nil)
		},
		done:     func() {},
		happened: func(context.Context) (bool, error) { return false, nil }, // it shows nowhere
	}
}

// checkInvite looks whether the invitation was used exactly when there is an account.
func (u *subject) checkInvite(ctx context.Context) error {
	var all wire.Invites
	status, err := u.boss.ask(ctx, "GET", "/api/admin/invites", u.boss.token, nil, &all)
	if err != nil || status != http.StatusOK {
		return errors.Join(err, fmt.Errorf("the list of invitations was answered %d", status))
	}
	i := slices.IndexFunc(all.Invites, func(in wire.Invite) bool { return in.ID == u.invited.ID })
	if i < 0 {
		return errors.New("the invitation is not there")
	}
	if used := all.Invites[i].UsedBy == u.name; used != u.exists {
		return fmt.Errorf("there is an account: %t, and its invitation was used: %t", u.exists, used)
	}
	return nil
}

// checkRow looks at what an administrator made of the account.
func (u *subject) checkRow(ctx context.Context) error {
	r, err := u.boss.row(ctx, u.email)
	if err != nil {
		return err
	}
	if r.Disabled != u.disabled || r.Admin != u.admin {
		return fmt.Errorf("it is disabled: %t, an administrator: %t, and should be %t, %t", r.Disabled, r.Admin, u.disabled, u.admin)
	}
	if u.disabled {
		return nil
	}
	want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[u.admin]
	if status, err := u.ask(ctx, "GET", "/api/admin/users", u.live[0], nil, nil); err != nil || status != want {
		return errors.Join(err, fmt.Errorf("the list of users was answered %d, not %d", status, want))
	}
	return nil
}

// checkShut tries to sign in to a disabled account, and not so often that it would
// have to wait once it is enabled.
func (u *subject) checkShut(ctx context.Context) error {
	if u.lookedShut++; u.lookedShut > 2 {
		return nil
	}
	if _, ok, err := u.signIn(ctx, u.password); ok || err != nil {
		return errors.Join(err, errors.New("it is disabled, and one can sign in"))
	}
	return nil
}
