# `make test` is the README's test command; everything else is for developers.

.PHONY: build test lint docs bench versus

build:
	cargo build --release

# Unit, integration and documentation tests. Tests on public files run where HEURON_INSTANCES names their folder.
test:
	cargo test --workspace

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Speed of the parts, by criterion: benches/README.md says how to compare two versions.
bench:
	cargo bench --package heuron-benches

# Quality against the peers, on a few files of every size: benches/versus/README.md.
versus:
	python3 benches/versus/versus.py
