# Everything runs under the Node that npm brings (node_modules/.bin/node), whatever Node the machine has.
NODE := node_modules/.bin/node
# The option is that of bin/pinned-node.cjs.
ROWHOUSE := $(NODE) --max-semi-space-size=8 control-plane/main.ts
# Programs that name `node` in their first line are to find that one too.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup run serve test test-unit fuzz check typecheck lint format bench bench-against docs pack clean

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

setup: ## install what is missing: packages from the lock file, the pinned Node, the embedded Postgres
	@node bin/setup.cjs

run: setup ## start Postgres and the server with the tenant `demo`; Ctrl-C stops both
	@$(ROWHOUSE) serve --demo

serve: setup ## start Postgres and the server, nothing more
	@$(ROWHOUSE) serve

test: setup ## every check and test; ends with `N passed, N failed`
	@$(NODE) test/run.ts

test-unit: setup ## the tests that need no database
	@$(NODE) node_modules/vitest/vitest.mjs run --project unit

fuzz: setup ## the property tests from a random seed, to find what the fixed one of `make test` does not
	@FC_SEED=random $(NODE) node_modules/vitest/vitest.mjs run test/property

check: setup typecheck lint ## type check and Biome

typecheck: setup
	@$(NODE) node_modules/.bin/tsc -p tsconfig.json

lint: setup
	@node_modules/.bin/biome check --error-on-warnings .

format: setup ## put the code into its usual shape
	@node_modules/.bin/biome check --write .

bench: setup ## seed sized data and print the ratio table of bench/ (needs pgbench)
	@$(NODE) bench/run.ts

bench-against: setup ## this checkout beside another commit of it: REF=main
	@$(NODE) bench/against.ts $(REF)

docs: setup ## write the generated pages of docs/
	@$(NODE) docs/generate.ts

pack: setup ## the package as npm would publish it
	@npm pack

clean: ## remove what was built and the demo's data; node_modules stay
	@rm -rf dist coverage .rowhouse
