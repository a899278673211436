//! Progress on standard error: one line that updates on a terminal, a line every few seconds elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use heuron::plot::in_units;
use heuron::{Event, gap};
use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where lines cannot be updated.
const EVERY: Duration = Duration::from_secs(2);

/// Between two updates on a terminal.
const TICK: Duration = Duration::from_millis(100);

/// Tells how a run goes.
pub struct Progress {
    form: Form,
    name: String,
    scale: f64,
    last: Instant,
}

enum Form {
    Silent,
    Lines,
    Updating(ProgressBar),
}

impl Progress {
    /// Progress of the instance called `name`.
    pub fn new(quiet: bool, name: &str, scale: f64) -> Self {
        let form = match (quiet, io::stderr().is_terminal()) {
            (true, _) => Form::Silent,
            (false, false) => Form::Lines,
            (false, true) => Form::Updating(bar()),
        };
        Self { form, name: name.into(), scale, last: Instant::now() }
    }

    /// Shows `event` if it is time to.
    pub fn show(&mut self, event: &Event<'_>) {
        let every = match self.form {
            Form::Silent => return,
            Form::Lines => EVERY,
            Form::Updating(_) => TICK,
        };
        if self.last.elapsed() < every {
            return;
        }
        self.last = Instant::now();
        let line = self.line(event);
        match &self.form {
            Form::Updating(bar) => bar.set_message(line),
            _ => say(&line),
        }
    }

    /// Ends the progress; `line` remains.
    pub fn close(self, line: &str) {
        match self.form {
            Form::Silent => {}
            Form::Lines => say(line),
            Form::Updating(bar) => {
                bar.finish_and_clear();
                say(line);
            }
        }
    }

    fn line(&self, event: &Event<'_>) -> String {
        let mut line = format!("{}: {:.1} s", self.name, event.elapsed.as_secs_f64());
        line += &format!(", {} iterations", short(event.iterations));
        if let Some(cost) = event.cost {
            line += &format!(", cost {}", in_units(cost, self.scale));
        }
        if let Some(gap) = gap(event.cost, event.bound) {
            line += &format!(", gap {:.3} %", 100.0 * gap);
        }
        if !event.method.is_empty() {
            line += &format!(", {}", event.method);
        }
        line
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

/// Progress is no part of the answer: a closed standard error does not matter.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Three or four digits and a unit.
fn short(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}
