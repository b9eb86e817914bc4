# make run, make test: everything else is detail. Works with GNU make 3.81 and newer.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TOOL := go tool -modfile=tools.mod
PACKAGES := ./cmd/... ./internal/... ./bench/...

# What the binary is made of: all but tests. A file that goes away is noticed by its directory's date.
SOURCES := go.mod go.sum $(shell find cmd internal ! -name '*_test.go' ! -path '*/testdata*' ! -path '*/assets/dist/*')
ASSET_SOURCES := $(shell find internal/web/assets internal/factor/common -type f ! -path '*/dist/*' ! -name '*.go' ! -name '*.txt*' 2>/dev/null)
MODULES := node_modules/.package-lock.json
ASSETS := internal/web/assets/dist/.made

.PHONY: help run build assets test test-go test-slow test-verify test-third test-browser check fmt generate bench fuzz audit screenshots clean need-go need-node

help: ## this list
	@echo 'Coffer: a card vault that writes down what happens to it.'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'Start with: make run, then open http://localhost:8880'

run: bin/coffer ## build what changed and start on http://localhost:8880; ARGS= adds flags
	@exec bin/coffer serve $(ARGS)

build: bin/coffer bin/coffer-verify ## build both binaries into bin/: the vault with its page assets inside, and the judge of its log

test: ## run every test: Go with the race detector on SQLite and PostgreSQL, both verifiers, the browser
	@.ci/packages cc postgresql openssl strace chromium
	@$(MAKE) test-go
	@$(MAKE) test-verify
	@$(MAKE) test-browser

test-go: $(ASSETS) | need-go ## run the Go tests alone (a C compiler and PostgreSQL are needed)
	@.ci/packages cc postgresql openssl strace
	go run ./internal/apptest/pgserve -- go test -race -timeout 25m -shuffle=on $(PACKAGES)

test-slow: | need-go ## kill -9 under load two hundred times on each engine (test does eight), cut the power twenty times (root)
	@.ci/packages cc postgresql openssl strace btrfs
	KILL_ROUNDS=$(or $(KILL_ROUNDS),200) POWER_CUTS=$(or $(POWER_CUTS),20) go test -timeout 60m -v -run 'TestKill|TestPowerCut' ./cmd/coffer
	LOGINS=500 go test -timeout 10m -v -run 'TestLoginsAtOnce|TestIdleConnections' ./internal/app

test-verify: bin/coffer-verify | need-node ## hold the browser's verifier and coffer-verify to the forgery corpus, and to each other
	node --test test/verify/*.test.mjs

test-third: bin/coffer bin/coffer-verify | need-go ## show a log to programs that others wrote: tessera's fsck, torchwood, openssl
	@.ci/third-parties

test-browser: bin/coffer ## run the browser tests alone (Chromium is needed)
	@.ci/packages chromium
	node --test --test-concurrency=1 test/browser/*.test.mjs

check: $(ASSETS) | need-go ## formatting, vet, staticcheck, generated files fresh, known vulnerabilities
	@.ci/check $(PACKAGES)

fmt: | need-go ## format everything
	$(TOOL) gofumpt -w cmd internal bench
	$(TOOL) templ fmt internal

generate: | need-go ## make the templates' Go code and docs/EVENTS.md again
	$(TOOL) templ generate -path internal/web
	go generate ./internal/...

bench: bin/coffer bin/coffer-verify ## measure beside a bare server, raw inserts and bare hashes of the same run
	go run ./bench bin/coffer

fuzz: $(ASSETS) | need-go ## fuzz each decoder for FUZZTIME (20s)
	@.ci/fuzz $(or $(FUZZTIME),20s)

audit: $(ASSETS) | need-go ## list what gosec finds risky, for a person to judge
	$(TOOL) gosec -quiet -no-fail -exclude-generated -exclude=G104,G204,G304,G702,G703 $(PACKAGES)

screenshots: bin/coffer ## take a picture of every page into bin/screenshots
	@.ci/packages chromium
	node test/browser/screenshots.mjs bin/screenshots

clean: ## remove what make made; your data stays
	rm -rf bin node_modules
	find internal/web/assets/dist -mindepth 1 ! -name 'placeholder*' -delete

assets: $(ASSETS) ## build the page assets

bin/coffer: $(SOURCES) $(ASSETS) | need-go
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/coffer

# The judge needs no assets, and is made of little: it is built anew whenever a source changed.
bin/coffer-verify: $(SOURCES) | need-go
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/coffer-verify

$(MODULES): package.json package-lock.json | need-node
	npm ci --no-audit --no-fund
	@touch $@

$(ASSETS): $(MODULES) $(ASSET_SOURCES) | need-node
	npm run --silent build
	@touch $@

need-go:
	@.ci/need go

need-node:
	@.ci/need node npm
