//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"vsay/internal/wire"
)

// recall compares the account with what its owner knows, after a crash.
func (u *subject) recall(ctx context.Context) error {
	if d := u.doubt; d != nil {
		u.doubt = nil
		happened, err := d.happened(ctx)
		if err != nil {
			return fmt.Errorf("after %s: %w", d.what, err)
		}
		if happened {
			d.done()
		}
		if err := u.check(ctx); err != nil {
			return fmt.Errorf("a crash amid %s (which happened: %t): %w", d.what, happened, err)
		}
		return nil
	}
	return u.check(ctx)
}

func (u *subject) check(ctx context.Context) error {
	looks := []func(context.Context) error{u.checkInvite, u.checkPasswords, u.checkTokens, u.checkRow, u.checkList, u.checkBoxes, u.checkOldKey}
	switch {
	case u.invited.Code == "":
		return nil
	case !u.exists:
		looks = looks[:1]
	case u.disabled:
		looks = []func(context.Context) error{u.checkInvite, u.checkShut, u.checkTokens, u.checkRow, u.checkBoxes}
	}
	for _, look := range looks {
		if err := look(ctx); err != nil {
			return fmt.Errorf("%s: %w", u.name, err)
		}
	}
	return nil
}

func (u *subject) checkPasswords(ctx context.Context) error {
	if u.former != "" {
		if _, ok, err := u.signIn(ctx, u.former); ok || err != nil {
			return errors.Join(err, errors.New("the password before the change is still good"))
		}
		u.former = ""
	}
	signed, ok, err := u.signIn(ctx, u.password)
	if !ok || err != nil {
		return errors.Join(err, errors.New("the password is not good"))
	}
	if u.key != "" && signed.User.APIKey != u.key {
		return errors.New("the API key is another")
	}
	u.key, u.id = signed.User.APIKey, signed.User.ID
	u.live = append(u.live, signed.Token)
	u.live = u.live[max(0, len(u.live)-4):]
	u.dead = u.dead[max(0, len(u.dead)-6):]
	return nil
}

func (u *subject) checkTokens(ctx context.Context) error {
	for want, tokens := range map[int][]string{http.StatusOK: u.live, http.StatusUnauthorized: u.dead} {
		for i, token := range tokens {
			status, err := u.ask(ctx, "GET", "/api/profile", token, nil, nil)
			if err != nil || status != want {
				return errors.Join(err, fmt.Errorf("token %d of those that have to be answered %d was answered %d", i, want, status))
			}
		}
	}
	return nil
}

func (u *subject) checkList(ctx context.Context) error {
	var list wire.Machines
	if _, err := u.ask(ctx, "GET", "/api/machines", u.live[0], nil, &list); err != nil {
		return err
	}
	var want, got []string
	for _, b := range u.boxes {
		want = append(want, b.id+" "+b.name)
	}
	for _, m := range list.Machines {
		got = append(got, m.AgentID+" "+m.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return fmt.Errorf("the machines are %q, and should be %q", got, want)
	}
	return nil
}

// checkBoxes has each machine dial, and dial again with the credential it used
// last, which no crash may make good again.
func (u *subject) checkBoxes(ctx context.Context) error {
	u.gone = u.gone[max(0, len(u.gone)-2):]
	for _, b := range slices.Concat(u.boxes, u.gone) {
		if b.spent != "" {
			if err := mustRefuse(b.dial(ctx, b.spent)); err != nil {
				return fmt.Errorf("a used credential of %s: %w", b.name, err)
			}
		}
		conn, err := b.knock(ctx)
		if slices.Contains(u.boxes, b) && u.admitted(b) && !u.disabled {
			if err != nil {
				return fmt.Errorf("the machine %s cannot dial: %w", b.name, err)
			}
			conn.CloseNow()
			continue
		}
		if err := mustRefuse(conn, err); err != nil {
			return fmt.Errorf("the machine %s, which was shut out: %w", b.name, err)
		}
	}
	return nil
}

func mustRefuse(conn *wire.Conn, err error) error {
	if err == nil {
		conn.CloseNow()
		return errors.New("it was let in")
	}
	if !errors.Is(err, wire.ErrUnauthed) {
		return fmt.Errorf("it was refused with %w", err)
	}
	return nil
}

func (u *subject) checkOldKey(ctx context.Context) error {
	if u.oldKey == "" {
		return nil
	}
	if err := newLight(u.ep, "x").enroll(ctx, u.oldKey); !errors.Is(err, wire.ErrUnauthed) {
		return fmt.Errorf("an API key that was replaced: %w", errors.Join(err, errors.New("it still enrols")))
	}
	return nil
}
