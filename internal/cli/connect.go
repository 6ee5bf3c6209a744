package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/store"
	"vsay/internal/wire"
)

// envToken is the token that bypasses the cache.
func envToken() string { return strings.TrimSpace(os.Getenv("VSAY_TOKEN")) }

// endpoint prepares to speak to host, as a user wrote it.
func (a *app) endpoint(host string) (*wire.Endpoint, error) {
	u, err := wire.ParseHost(host, a.InsecureHTTP)
	if err != nil {
		return nil, err
	}
	return a.endpointAt(u)
}

func (a *app) endpointAt(u *url.URL) (*wire.Endpoint, error) {
	ep, err := wire.NewEndpoint(u, wire.Trust{File: a.TLSCA})
	var we *wire.Error
	if err != nil && !errors.As(err, &we) {
		return nil, usage("--tls-ca: %s", err)
	}
	if err != nil {
		return nil, err
	}
	ep.UserAgent = userAgent()
	return ep, nil
}

// userAgent says which vsay asks, and from where, for vsay logins to show.
func userAgent() string {
	b := thisBuild()
	host, err := os.Hostname()
	if err != nil {
		host = "" // it is there for people to know it by
	}
	return fmt.Sprintf("vsay/%s (%s/%s; %s)", b.Version, b.OS, b.Arch, plainWord(host))
}

// plainWord leaves of a name what a header can carry.
func plainWord(name string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune("();", r) {
			return r
		}
		return -1
	}, name[:min(len(name), 64)])
}

// openCache opens the token cache, once, and makes it where it is missing.
func (a *app) openCache(ctx context.Context) (*store.Cache, error) {
	if a.cache != nil {
		return a.cache, nil
	}
	dir, err := stateDir()
	if err != nil {
		return nil, err
	}
	a.cache, err = store.OpenCache(ctx, dir)
	return a.cache, err
}

// readCache is openCache for who only wants to know: nothing is made.
func (a *app) readCache(ctx context.Context) (*store.Cache, error) {
	dir, err := stateDir()
	if err != nil {
		return nil, err
	}
	if !store.HasCache(dir) {
		return new(store.Cache), nil
	}
	return a.openCache(ctx)
}

// close lets go of what the run held on to.
func (a *app) close() {
	if a.cache != nil {
		_ = a.cache.Close() // what it acknowledged is on disk
	}
}

// login is an account of a server that commands act as.
type login struct {
	api    *client.Client
	tokens client.Tokens
	cache  *store.Cache // nil with VSAY_TOKEN, which touches no disk
	who    store.Account
}

// client makes the client that commands use.
func (a *app) client(ctx context.Context) (*client.Client, error) {
	l, err := a.login(ctx)
	if err != nil {
		return nil, err
	}
	return l.api, nil
}

// login finds the account to act as, once: that of VSAY_TOKEN, or of the cache,
// which stays open until vsay ends.
func (a *app) login(ctx context.Context) (*login, error) {
	if a.acting != nil {
		return a.acting, nil
	}
	var err error
	if token := envToken(); token != "" {
		a.acting, err = a.givenLogin(token)
		return a.acting, err
	}
	cache, err := a.readCache(ctx)
	if err != nil {
		return nil, err
	}
	a.acting, err = a.cachedLogin(ctx, cache)
	return a.acting, err
}

func (a *app) givenLogin(token string) (*login, error) {
	if a.Host == "" {
		return nil, usage("VSAY_TOKEN is set, but not for which server: set VSAY_HOST or --host")
	}
	ep, err := a.endpoint(a.Host)
	if err != nil {
		return nil, err
	}
	api := client.New(ep, nil)
	tokens := client.GivenToken(api, token)
	api.Tokens = tokens
	return &login{api: api, tokens: tokens, who: store.Account{Host: ep.URL.String()}}, nil
}

func (a *app) cachedLogin(ctx context.Context, cache *store.Cache) (*login, error) {
	host := a.Host
	if host == "" {
		var err error
		if host, err = cache.Host(ctx); err != nil {
			return nil, err
		}
	}
	u, err := wire.ParseHost(host, a.InsecureHTTP)
	if err != nil {
		return nil, err
	}
	who, err := cache.Account(ctx, u.String(), a.Account)
	if err != nil {
		return nil, err
	}
	ep, err := a.endpointAt(u)
	if err != nil {
		return nil, err
	}
	api := client.New(ep, nil)
	tokens := client.CachedToken(api, cache, who)
	api.Tokens = tokens
	return &login{api: api, tokens: tokens, cache: cache, who: who}, nil
}

// machine finds one machine by its id or its name, and the client to reach it with.
func (a *app) machine(ctx context.Context, nameOrID string) (*client.Client, wire.Machine, error) {
	api, err := a.client(ctx)
	if err != nil {
		return nil, wire.Machine{}, err
	}
	list, err := api.Machines(ctx)
	if err != nil {
		return nil, wire.Machine{}, err
	}
	m, err := pick(list.Machines, nameOrID)
	return api, m, err
}

// pick chooses the machine that is meant: an id is meant before a name.
func pick(machines []wire.Machine, nameOrID string) (wire.Machine, error) {
	var named []wire.Machine
	for _, m := range machines {
		if m.AgentID == nameOrID {
			return m, nil
		}
		if m.Name == nameOrID {
			named = append(named, m)
		}
	}
	switch len(named) {
	case 0:
		return wire.Machine{}, wire.ErrNotFound.With("no machine named %q: vsay ls lists them", nameOrID)
	case 1:
		return named[0], nil
	}
	ids := make([]string, len(named))
	for i, m := range named {
		ids[i] = m.AgentID
	}
	return wire.Machine{}, wire.ErrNotFound.With("%d machines are named %q: name one by its id, %s", len(named), nameOrID, strings.Join(ids, " or "))
}

// splitTarget cuts MACHINE:SESSION; without a colon there is no session.
func splitTarget(s string) (machine, session string) {
	machine, session, _ = strings.Cut(s, ":")
	return machine, session
}

// completeMachines completes the first argument with machines' names. A shell
// waits for it, so it gives up soon.
func (a *app) completeMachines(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || a.settleAll(cmd) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 300*time.Millisecond)
	defer cancel()
	api, err := a.client(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, err := api.Machines(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, m := range list.Machines {
		if m.Name == clean(m.Name) { // a name a shell would choke on is not offered
			names = append(names, m.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
