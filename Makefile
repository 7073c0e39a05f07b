# `make` prints what it offers. The work is done in scripts/.

# The server's major version, and for `make install` whose.
PG ?= 15
PG_CONFIG ?= pg_config
# Real projects' migrations, replayed end to end.
CORPUS ?= ../shared/corpus
export PG CORPUS
# What `make seed` builds from, and where to.
MIGRATIONS = examples/astrolabe/drizzle
OUT = target/seed.tar.gz

.PHONY: help demo seed test test-core test-client test-pgrx test-sessions test-restore test-upgrade test-regress test-docs test-e2e test-oracle test-pairs test-equivalence test-postgres lint bench install clean

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 18

demo: ## devices that were away follow a server whose schema moved on
	@scripts/setup
	@scripts/npm-ci clients/pglite tests/e2e examples/astrolabe
	@scripts/cluster run -- node examples/astrolabe/demo.js

seed: ## a seed database; MIGRATIONS=folder OUT=file for your own
	@scripts/setup
	@scripts/npm-ci clients/pglite
	@scripts/cluster run -- node clients/pglite/bin/electric-schema.js seed --migrations '$(MIGRATIONS)' --out '$(OUT)'

test: ## all tests; the last line has the totals
	@scripts/test

test-core: ## the pure core: laws and snapshots, no Postgres
	@scripts/test core

test-client: ## the PGlite client
	@scripts/test client

test-pgrx: ## inside a server: transactions, locks, roles
	@scripts/test pgrx

test-sessions: ## a storm of DDL from many sessions at once
	@scripts/test sessions

test-restore: ## dumps, and restores in every way that people do
	@scripts/test restore

test-upgrade: ## ALTER EXTENSION UPDATE; UPGRADE_FROM=15 for pg_upgrade and a dump from there, too
	@scripts/test upgrade

test-regress: ## what a user sees in psql
	@scripts/test regress

test-postgres: ## Postgres's own regression suite, with the extension and without
	@scripts/test postgres

test-docs: ## every SQL block of README.md and docs/
	@scripts/test docs

test-e2e: ## real migration histories into real PGlite databases
	@scripts/test e2e

test-oracle: ## the classification against random DDL; ORACLE='--seed=7 --changes=20000' for more
	@scripts/test oracle

test-pairs: ## the plan from every entry to every later one, on clients with rows; PAIRS='--seed=7' for others
	@scripts/test pairs

test-equivalence: ## the same change made in many ways; EQUIVALENCE='--only=enum' for some
	@scripts/test equivalence

lint: ## rustfmt and clippy
	@scripts/test lint

bench: ## what the extension costs, into bench/RESULTS.md; BENCH=--quick to see that it works
	@scripts/bench $(BENCH)

install: ## into your own Postgres: make install PG_CONFIG=/path/to/pg_config
	@scripts/install $(PG_CONFIG)

clean: ## what was built; tools that were installed for building stay
	@scripts/cluster stop
	@if [ -d target ]; then find target -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} +; fi
