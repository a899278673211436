//! The instances of one `heuron solve`: each is attempted on its own, and what comes of it is delivered in their order.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use heuron::plot::Caption;
use heuron::{Error, Event, Instance, Options, Outcome, Report, solve_since};

use super::batch::{self, Job};
use super::crew;
use super::place::{Place, answer, write_whole};
use super::progress::Progress;
use super::saver::Saver;
use super::solve::Solve;
use super::summary::{self, Row};
use super::trace::{Lines, Trace};
use super::{complain, is_broken_pipe, print, say};

/// One command line being carried out: what all its instances share.
pub struct Session<'a> {
    /// As given.
    pub arguments: &'a Solve,
    /// Options of every instance, threads shared out.
    pub options: Options,
    /// Where solutions go. None: nowhere, because something else has standard output.
    pub output: Option<Place>,
    /// Where pictures go.
    pub plot: Option<Place>,
    /// New best solutions of all instances.
    pub trace: Option<Mutex<Trace>>,
}

/// An instance that was attempted.
struct Attempt {
    stem: String,
    result: Result<Solved, Error>,
}

/// What is to be delivered.
struct Solved {
    instance: Instance,
    outcome: Outcome,
    /// Where the solution goes; none for standard output.
    file: Option<PathBuf>,
    /// A bug in a search, which does not take the solution away.
    failure: Option<Error>,
}

/// Carries answers to their places, and remembers how it went.
pub struct Delivery {
    /// Report lines of all instances.
    pub report: Option<Lines>,
    rows: Vec<Row>,
    /// The worst exit code so far.
    worst: u8,
}

impl Delivery {
    /// Nothing delivered yet.
    pub fn new(report: Option<Lines>) -> Self {
        Self { report, rows: Vec::new(), worst: 0 }
    }
}

impl Session<'_> {
    /// Solves everything, `parallel` instances at a time; the exit code is the worst of all.
    pub fn run(self, parallel: usize, started: Instant, mut delivery: Delivery) -> Result<u8, Error> {
        // The first instance's limit covers the start of the program; the others' begin with their file.
        let begin = Mutex::new(Some(started));
        let jobs = batch::jobs(&self.arguments.files, self.arguments.shard(), &self.options);
        let mut gone = false;
        crew::in_order(
            parallel,
            jobs,
            |job| {
                let first = begin.lock().unwrap_or_else(PoisonError::into_inner).take();
                // An interrupt ends the instances under way with their best, and begins no other.
                let skipped = first.is_none() && self.options.stop.is_cancelled();
                (!skipped).then(|| self.attempt(job, first.unwrap_or_else(Instant::now)))
            },
            |attempt| match attempt.map(|attempt| delivery.take(&self, attempt)) {
                Some(Ok(())) => true,
                Some(Err(Gone)) => {
                    gone = true;
                    self.options.stop.cancel();
                    false
                }
                None => {
                    say("heuron: interrupted: the instances that follow were not solved");
                    delivery.worst = delivery.worst.max(1);
                    false
                }
            },
        );
        if gone {
            return Ok(delivery.worst);
        }
        if batch::is_several(&self.arguments.files) && !self.arguments.quiet {
            say(summary::table(&delivery.rows).trim_end());
        }
        let trace = self.trace.map(|trace| trace.into_inner().unwrap_or_else(PoisonError::into_inner));
        trace.map_or(Ok(()), Trace::close).map(|()| delivery.worst)
    }

    fn attempt(&self, job: Job, started: Instant) -> Attempt {
        let Job { path, stem, instance } = job;
        let result = instance.and_then(|instance| {
            let options = self.arguments.prepare(&self.options, &instance, &path);
            let options = options.map_err(|error| error.in_file(&path, &instance))?;
            self.solve(instance, (&path, &stem), &options, started)
        });
        Attempt { stem, result }
    }

    fn solve(
        &self,
        instance: Instance,
        (path, stem): (&Path, &str),
        options: &Options,
        started: Instant,
    ) -> Result<Solved, Error> {
        let file = self.output.as_ref().and_then(|place| place.file(stem, instance.kind().solution_extension()));
        let deadline = options.budget().time.map(|limit| started + limit);
        let mut saver = Saver::new(file.clone(), deadline);
        let mut progress = Progress::new(self.arguments.quiet, instance.name(), instance.scale());
        let result = solve_since(started, &instance, options, |event: &Event<'_>| {
            progress.show(event);
            saver.watch(&instance, event);
            if let Some(trace) = &self.trace {
                trace.lock().unwrap_or_else(PoisonError::into_inner).record(instance.name(), event);
            }
        });
        saver.close();
        let (outcome, failure) = match result {
            Ok(outcome) => (outcome, None),
            Err(Error::Internal { message, rescued: Some(outcome) }) => {
                (*outcome, Some(Error::Internal { message, rescued: None }))
            }
            Err(error) => return Err(error.in_file(path, &instance)),
        };
        progress.close(&summary::line(&outcome.report));
        Ok(Solved { instance, outcome, file, failure })
    }
}

/// The reader of standard output has gone away: nothing more is wanted.
struct Gone;

impl Delivery {
    /// Delivers an attempt; errors are told and counted.
    fn take(&mut self, session: &Session<'_>, attempt: Attempt) -> Result<(), Gone> {
        let Attempt { stem, result } = attempt;
        let delivered = match result {
            Ok(solved) => self.deliver(session, &stem, solved),
            Err(Error::NoSolution { place, report }) => {
                self.write_report(&report).and(Err(Error::NoSolution { place, report }))
            }
            Err(error) => Err(error),
        };
        match delivered {
            Ok(report) => self.rows.push(Row { stem, result: Ok(report) }),
            Err(error) if is_broken_pipe(&error) => return Err(Gone),
            Err(error) => {
                self.worst = self.worst.max(complain(&error));
                self.rows.push(Row::failed(stem, &error));
            }
        }
        Ok(())
    }

    /// Files first, standard output last: a reader that goes away does not cost the files.
    fn deliver(&mut self, session: &Session<'_>, stem: &str, solved: Solved) -> Result<Report, Error> {
        let Solved { instance, outcome, file, failure } = solved;
        let text = answer(&instance, &outcome.solution, file.as_deref())?;
        if let Some(path) = &file {
            write_whole(path, &text)?;
        }
        if let Some(place) = &session.plot {
            let picture = instance.picture(&outcome.solution, &Caption::of(&outcome.report))?;
            match place.file(stem, "svg") {
                Some(path) => write_whole(&path, picture.as_bytes())?,
                None => print(picture.as_bytes())?,
            }
        }
        self.write_report(&outcome.report)?;
        if let (Some(Place::Stdout), None) = (&session.output, file) {
            print(&text)?;
        }
        failure.map_or(Ok(outcome.report), Err)
    }

    fn write_report(&mut self, report: &Report) -> Result<(), Error> {
        self.report.as_mut().map_or(Ok(()), |lines| lines.write(report))
    }
}
