//! The command line through the real binary, and the example that embeds the library.

mod adapt;
mod answers;
mod bandit;
mod embed;
#[cfg(unix)]
mod learn;
mod run;
mod sandbox;
mod shop;
