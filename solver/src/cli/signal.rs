//! SIGINT, SIGTERM and SIGHUP: the first asks for the best solution found, a second aborts.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use heuron::Stop;

/// Exit code of an abort: 128 + SIGINT, as shells report it.
const ABORTED: i32 = 130;

/// `timeout` and some supervisors send a signal to the process and to its group: two signals this close are one.
const SAME: Duration = Duration::from_millis(100);

/// Whether the program waits for standard input: there is nothing to save then.
static WAITING: AtomicBool = AtomicBool::new(false);

/// From now on signals cancel `stop`.
pub fn listen(stop: &Stop) {
    let stop = stop.clone();
    let mut first: Option<Instant> = None;
    // Fails only if a handler exists already: this is called once.
    let _ = ctrlc::set_handler(move || {
        let again = first.is_some_and(|first| first.elapsed() > SAME);
        if again || WAITING.load(Ordering::Relaxed) {
            process::exit(ABORTED);
        }
        first.get_or_insert_with(Instant::now);
        stop.cancel();
    });
}

/// Runs `read`, which may wait for standard input for ever: a signal ends the program meanwhile.
pub fn while_waiting<T>(read: impl FnOnce() -> T) -> T {
    WAITING.store(true, Ordering::Relaxed);
    let result = read();
    WAITING.store(false, Ordering::Relaxed);
    result
}
