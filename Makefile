# The words of this house. CI says the same ones, so what passes here passes there.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null)
DATE    ?= $(shell git log -1 --format=%cI 2>/dev/null)
LDFLAGS  = -s -w $(foreach v,version=$(VERSION) commit=$(COMMIT) date=$(DATE),-X vsay/internal/cli.$(v))

# Tools have module files of their own, so that none of their hundreds of
# dependencies is one of vsay's. goreleaser is apart: it takes minutes to build.
TOOL      = $(GO) tool -modfile=tools/go.mod
RELEASER  = $(GO) tool -modfile=tools/goreleaser/go.mod goreleaser

# The pages of the web terminal need Node. Without it everything else is built, and the
# server says in their place how to build them.
ifeq ($(shell tools/node-fits.sh && echo yes),yes)
PAGES   := web/dist/index.html
MODULES := web/node_modules/.package-lock.json
endif
NODE     = npm and Node 20.19 or newer

FUZZTIME ?= 150000x

# of make chaos: the same seed gives the same faults; OLD is a git ref, of which
# the second build is made
OLD      ?=
SEED     ?= 1
FOR      ?= 5m
SESSIONS ?= 7
KILLS    ?= 200
AGENTS   ?= 10000

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.PHONY: help build web no-node without-pages test chaos fifty crash comeback abuse systemd lint fmt run release-check cross fuzz

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

build: $(or $(PAGES),without-pages) ## builds bin/vsay, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/vsay ./cmd/vsay

web: $(or $(PAGES),no-node) ## builds the web terminal, which the next build of the server holds

no-node: # fails, since a release must not lack its pages
	@echo 'the web terminal is built by $(NODE): install them' >&2; exit 1

without-pages:
	@echo 'without the web terminal, which is built by $(NODE)' >&2

# Folders are as new as the last file that came to them, or went.
web/dist/index.html: $(MODULES) web/index.html web/tsconfig.json web/vite.config.ts $(shell find web/src web/build web/public)
	npm --prefix web run --silent build

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	npm --prefix web ci

test: $(or $(PAGES),without-pages) ## runs every test, with the race detector
	$(if $(PAGES),npm --prefix web run --silent test)
	$(GO) test -race -timeout 30m ./...

chaos: ## breaks all that can break under sessions and counts their bytes: SEED=1 FOR=5m SESSIONS=7 OLD=
	$(GO) test ./internal/chaos -run '^TestChaos$$' -count=1 -v -timeout 0 -seed $(SEED) -for $(FOR) -sessions $(SESSIONS) -old '$(OLD)'

fifty: ## kills the server under fifty sessions and says how soon they go on
	$(GO) test ./internal/chaos -run '^TestFifty$$' -count=1 -v -timeout 5m -fifty -seed $(SEED)

crash: ## kills the server, and fails its writes, amid changes of accounts and looks what is left: SEED=1 KILLS=200
	$(GO) test ./internal/chaos -run '^(TestCrash|TestFailingWrites)$$' -count=1 -v -timeout 2h -kills $(KILLS) -seed $(SEED)

comeback: ## kills the server under thousands of agents, which then all knock at once: AGENTS=10000
	$(GO) test ./internal/chaos -run '^TestComeback$$' -count=1 -v -timeout 10m -agents $(AGENTS)

abuse: ## does to a server what strangers do, and measures what the others feel
	$(GO) test ./internal/chaos -run '^(TestAbuse|TestFewFiles)$$' -count=1 -v -timeout 15m -abuse

systemd: # as root: boots a systemd in namespaces and breaks the agent's service under sessions
	@GO='$(GO)' tools/systemd-test.sh

lint: $(MODULES) ## looks for badly formatted, doubtful and vulnerable code
	$(if $(PAGES),npm --prefix web run --silent check)
	$(TOOL) golangci-lint fmt --diff
	$(GO) vet ./...
	$(TOOL) golangci-lint run
	@GO='$(GO)' tools/vuln.sh

fmt: $(MODULES) ## formats all files of Go and of the pages
	$(if $(PAGES),npm --prefix web run --silent fix)
	$(TOOL) golangci-lint fmt

run: ## starts a vsay to play with: server, account, agent and a shell through them
	$(GO) run ./cmd/vsay try

release-check: ## builds all that a release holds, twice, and compares
	GORELEASER='$(RELEASER)' tools/release-check.sh

cross: # the client on every system, the agent where it runs
	@GO='$(GO)' tools/cross.sh

fuzz: # each fuzz target: make fuzz FUZZTIME=5m (or a number of runs: 150000x)
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' tools/fuzz.sh
