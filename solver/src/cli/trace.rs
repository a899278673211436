//! The trace: a JSON object per line and new best solution.

use std::io::{self, Write};

use heuron::{Error, Event};
use serde::Serialize;

use super::place::Place;

/// Writes trace lines. A failure does not disturb the search: it is reported at the end.
pub struct Trace {
    out: Box<dyn Write>,
    name: String,
    failure: Option<io::Error>,
}

#[derive(Serialize)]
struct Line<'a> {
    instance: &'a str,
    elapsed_s: f64,
    iterations: u64,
    cost: i64,
    method: &'a str,
}

impl Trace {
    /// A trace at `place`.
    pub fn new(place: &Place, name: String) -> Result<Self, Error> {
        Ok(Self { out: place.open()?, name, failure: None })
    }

    /// Records `event` if it is a new best solution of `instance`.
    pub fn record(&mut self, instance: &str, event: &Event<'_>) {
        let (Some(cost), true, None) = (event.cost, event.improved.is_some(), &self.failure) else { return };
        let Event { elapsed, iterations, method, .. } = *event;
        let line = Line { instance, elapsed_s: elapsed.as_secs_f64(), iterations, cost, method };
        self.failure = write_line(&mut self.out, &line).err();
    }

    /// The first failure, if any.
    pub fn close(self) -> Result<(), Error> {
        match self.failure {
            Some(source) => Err(Error::File { path: self.name, action: "write", source }),
            None => Ok(()),
        }
    }
}

/// One JSON object and a line feed in one piece, so that a reader never sees half a line.
pub fn write_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}
