//! The example that embeds the solver.

use std::time::{Duration, Instant};

#[path = "../../examples/embed.rs"]
mod example;

#[test]
fn embedding_example_is_cancelled_from_its_other_thread() {
    let begin = Instant::now();
    example::main().unwrap();
    // Its own limit is a minute.
    assert!(begin.elapsed() < Duration::from_secs(30));
}
