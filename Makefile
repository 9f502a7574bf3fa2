# The short ways. `make demo` to see it, `make test` before a change is handed in.

.PHONY: help setup demo test ci package fmt lint docs bench clean-web

help:
	@echo "make demo    captions of a recording, in a browser: http://127.0.0.1:31979"
	@echo "make test    all tests"
	@echo "make ci      all tests and checks, as .ci/run does"
	@echo "make package a .deb and a tarball in target/package, installed and tried on a clean Debian"
	@echo "make setup   install what is needed and build the page (TESTS=1: what the tests need too)"
	@echo "make fmt lint docs bench"

setup:
	@.ci/setup $(if $(TESTS),tests)

# Without a terminal nobody can press Ctrl-C: there the demo ends with its recording.
demo: setup
	@if [ -t 1 ]; then exec .ci/demo run pipelines/demo.toml; else exec .ci/demo run pipelines/demo.toml --exit; fi

# CHECKS=1: also formatting, lints, documentation, and each bench once.
test:
	@.ci/test $(if $(CHECKS),--checks)

ci:
	@.ci/run

# What cannot be tried here (no Debian, no root) says so and is left out: packaging/README.md.
package: setup
	@packaging/build
	@packaging/check
	@if command -v mmdebstrap >/dev/null; then packaging/try $(MODEL); else echo "package: not tried: mmdebstrap is missing" >&2; fi
	@if [ "$$(id -u)" = 0 ] && command -v systemd-nspawn mmdebstrap >/dev/null; then packaging/try-boot; else echo "package: not booted: that needs root, mmdebstrap and systemd-nspawn" >&2; fi

fmt:
	cargo fmt --all

lint:
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --all-targets --no-default-features -- -D warnings

docs:
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items

bench:
	cargo bench

clean-web:
	rm -rf web/dist web/node_modules
