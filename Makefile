# `make` lists the targets.

.DEFAULT_GOAL := help
.PHONY: help build demo test test-tools lint format protos check-protos \
	bench-datapath bench-push bench-scale bench-xds clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

build: ## Build the programs: heddled, heddle-agent, heddlectl, bookinfo
	@scripts/install-deps
	swift build -c release

demo: ## Split the traffic of bookinfo's reviews on this machine, and watch it move
	@scripts/install-deps --demo
	swift build -c release
	@scripts/demo

test: ## Run every check, as CI does
	@scripts/test

test-tools: ## Install the peers of the tests into .cache/tools, and print their variables
	@scripts/install-deps --test
	@scripts/test-tools

lint: ## Check the format, the imports, and that nothing warns
	@scripts/install-deps
	scripts/lint
	scripts/build-tests

format: ## Format the Swift sources
	scripts/lint --fix

protos: ## Generate the C code of proto/
	@scripts/install-deps --test
	scripts/generate-protos

check-protos: ## Check that the generated C code is what proto/ yields
	@scripts/install-deps --test
	scripts/generate-protos --check

bench-datapath: ## Measure the agent beside nginx and HAProxy
	@scripts/install-deps --demo --bench
	swift build -c release
	Benchmarks/bench-datapath

bench-push: ## Measure how long a change takes to reach the proxies
	@scripts/install-deps --demo --bench
	swift build -c release
	Benchmarks/bench-push

bench-scale: ## Measure what many routes cost, to change and to serve
	@scripts/install-deps --demo --bench
	swift build -c release
	Benchmarks/bench-scale

bench-xds: ## Measure the discovery server: many streams, many clusters
	@scripts/install-deps --bench
	swift build -c release
	Benchmarks/bench-xds

clean: ## Remove what was built, and the test tools
	rm -rf .build .cache
