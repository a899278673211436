//! Files of JSON lines, and the trace: a line per new best solution.

use std::io::{self, Write};

use heuron::{Error, Event};
use serde::Serialize;

use super::place::Place;

/// Writes lines of JSON. The file appears with the first line: what is refused before the search leaves none.
pub struct Lines {
    place: Place,
    name: String,
    out: Option<Box<dyn Write + Send>>,
}

impl Lines {
    /// Lines at `place`, which the user called `name`.
    pub fn new(place: Place, name: String) -> Self {
        Self { place, name, out: None }
    }

    /// Writes an object and a line feed in one piece, so that a reader never sees half a line.
    pub fn write(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let out = match &mut self.out {
            Some(out) => out,
            out => out.insert(self.place.open()?),
        };
        let written = serde_json::to_vec(value).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            out.write_all(&line)?;
            out.flush()
        });
        written.map_err(|source| Error::File { path: self.name.clone(), action: "write", source })
    }
}

/// Writes trace lines. A failure does not disturb the search: it is reported at the end.
pub struct Trace {
    lines: Lines,
    failure: Option<Error>,
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
    /// A trace of these lines.
    pub fn new(lines: Lines) -> Self {
        Self { lines, failure: None }
    }

    /// Records `event` if it is a new best solution of `instance`.
    pub fn record(&mut self, instance: &str, event: &Event<'_>) {
        let (Some(cost), true, None) = (event.cost, event.improved.is_some(), &self.failure) else { return };
        let Event { elapsed, iterations, method, .. } = *event;
        let line = Line { instance, elapsed_s: elapsed.as_secs_f64(), iterations, cost, method };
        self.failure = self.lines.write(&line).err();
    }

    /// The first failure, if any.
    pub fn close(self) -> Result<(), Error> {
        self.failure.map_or(Ok(()), Err)
    }
}
