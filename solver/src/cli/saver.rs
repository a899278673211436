//! Saves the best solution while the search goes on, so that a killed process loses little.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use heuron::{Event, Instance, Solution};

use super::place::{answer, write_whole};

/// Time between two saves.
const EVERY: Duration = Duration::from_secs(3);

/// No save begins this close to the deadline: a slow disk must not delay the answer.
const QUIET: Duration = Duration::from_secs(1);

/// Writes the incumbent to a file from a thread of its own, because waiting for the disk would hold up the search.
pub struct Saver {
    /// Never holds more than one text; none once the thread is gone.
    queue: Option<SyncSender<Vec<u8>>>,
    path: Option<PathBuf>,
    thread: Option<JoinHandle<()>>,
    /// Found since the last save.
    pending: Option<Solution>,
    last: Instant,
    deadline: Option<Instant>,
}

impl Saver {
    /// A saver to `path`; none where the answer goes to standard output.
    pub fn new(path: Option<PathBuf>, deadline: Option<Instant>) -> Self {
        let (queue, thread) = path.clone().map(writer).unzip();
        Self { queue, path, thread, pending: None, last: Instant::now(), deadline }
    }

    /// Looks at `event` and saves what is due.
    pub fn watch(&mut self, instance: &Instance, event: &Event<'_>) {
        let Some(queue) = &self.queue else { return };
        if let Some(solution) = event.improved {
            self.pending = Some(solution.clone());
        }
        let late = self.deadline.is_some_and(|deadline| Instant::now() + QUIET > deadline);
        if late || self.last.elapsed() < EVERY {
            return;
        }
        if let Some(text) =
            self.pending.take().and_then(|solution| answer(instance, &solution, self.path.as_deref()).ok())
        {
            self.last = Instant::now();
            // A full queue means that the disk is slower than we are: the next save has a better solution.
            let _ = queue.try_send(text);
        }
    }

    /// Waits for the save under way.
    pub fn close(mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was reported by the runtime; the final answer is written by the caller anyway.
            let _ = thread.join();
        }
    }
}

fn writer(path: PathBuf) -> (SyncSender<Vec<u8>>, JoinHandle<()>) {
    let (send, receive) = sync_channel(1);
    let thread = thread::spawn(move || receive.iter().for_each(|text: Vec<u8>| save(&path, &text)));
    (send, thread)
}

fn save(path: &Path, text: &[u8]) {
    // If it fails here it fails at the end too, where the error is reported.
    let _ = write_whole(path, text);
}
