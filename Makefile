# `make test` is the README's test command; everything else is for developers.

.PHONY: build test test-quick test-train test-highs check-gpu check-library lint lint-python docs bench versus

build:
	cargo build --release

# Everything. Tests on public files run where HEURON_INSTANCES names their folder.
test: test-quick test-train

# Unit, integration and documentation tests of the default build, without burn.
test-quick:
	cargo test --workspace

# Training and the reference networks. burn takes minutes to compile, so it is built in one profile only.
test-train:
	cargo test --release --package heuron-policies --package heuron --features heuron/train,heuron-policies/train --lib --bins --tests

# Certificates by HiGHS (cargo feature `highs`) in place of microlp. HiGHS is compiled from C++: CONTRIBUTING.md says what it needs. Both
# commands have the packages and the profile of `make test-quick`, so that HiGHS is compiled once and little else anew.
test-highs:
	cargo clippy --workspace --features heuron-tests/highs --profile test --lib --test mip -- -D warnings
	cargo test --workspace --features heuron-tests/highs --test mip

# The code for graphics cards compiles: `cuda` would need the internet (CONTRIBUTING.md). Where there is a card with a Vulkan driver,
# `cargo test --release --package heuron-policies --features gpu --lib graphics` compares what it computes with the processor.
check-gpu:
	cargo check --release --package heuron --features gpu

# The library as embedders take it builds without the crates of the command line.
check-library:
	cargo clippy --package heuron --no-default-features --lib -- -D warnings
	@! cargo tree --package heuron --no-default-features --edges normal --prefix none | grep -E '^(clap|ctrlc|indicatif) '

lint: lint-python
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

# The comparison scripts: they compile, and ruff has nothing to say. It is installed into benches/versus/.venv; where that fails, as
# without the internet, the scripts are compiled only.
lint-python:
	python3 -m compileall -q -l benches/versus
	@if python3 benches/versus/environment.py lint; \
	then echo "ruff check benches/versus"; benches/versus/.venv/bin/ruff check --quiet --no-cache benches/versus; \
	else echo "ruff cannot be had here: benches/versus is compiled only"; fi

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Speed of the parts, by criterion: benches/README.md says how to compare two versions.
bench:
	cargo bench --package heuron-benches

# Quality against the peers, on a few files of every size: benches/versus/README.md.
versus:
	python3 benches/versus/versus.py
