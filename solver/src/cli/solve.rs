//! `heuron solve`: instances in, solutions out; reports, traces and pictures beside them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use heuron::plot::Caption;
use heuron::{Error, Event, Instance, Options, Outcome, Report};
use heuron::{best_known, in_integer_units, load_solution, solve_since, table_beside};

use super::batch::{self, Job, Shard};
use super::place::{Place, write_whole};
use super::progress::Progress;
use super::saver::Saver;
use super::summary::{self, Row};
use super::trace::{Lines, Trace};
use super::{complain, is_broken_pipe, print, say, signal};

/// Files, options, and where answers go.
#[derive(Args)]
pub struct Solve {
    /// Instance files, solved one after the other with all threads; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    options: Options,

    /// Options from a TOML or JSON file (keys as the flags, with underscores); flags win
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Warm start: a feasible solution file; the answer is never worse
    #[arg(long, value_name = "FILE")]
    initial: Option<PathBuf>,

    /// Best known cost, or a CSV table of them [default: best_known.csv beside the instance, if there is one]
    #[arg(long, value_name = "FILE|VALUE")]
    best_known: Option<String>,

    /// Solution file, or folder for several instances; saved every few seconds while solving [default: standard output]
    #[arg(long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,

    /// Report: one line of JSON per instance. `-` puts it on standard output in place of the solution
    #[arg(long, value_name = "FILE|-")]
    report: Option<PathBuf>,

    /// Trace: one line of JSON per new best solution
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Picture of the solution, or folder for several instances
    #[arg(long, value_name = "FILE.svg|DIR")]
    plot: Option<PathBuf>,

    /// No progress
    #[arg(long)]
    quiet: bool,

    /// Of all instances, solve every N-th, beginning with I (job arrays); I counts from 0 or from 1
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

/// Where the answers of all instances go; all of it was found writable.
struct Places {
    /// None: nowhere, because something else has standard output.
    output: Option<Place>,
    plot: Option<Place>,
    report: Option<Lines>,
    trace: Option<Trace>,
}

/// One command line being carried out.
struct Session<'a> {
    arguments: &'a Solve,
    options: &'a Options,
    places: Places,
}

impl Solve {
    /// Solves everything. The exit code is the worst of all instances.
    pub fn run(mut self, started: Instant) -> Result<u8, Error> {
        let options = std::mem::take(&mut self.options).over(self.config()?);
        options.check()?;
        signal::listen(&options.stop);
        let several = batch::is_several(&self.files);
        self.check_files(several)?;
        let places = self.places(several)?;
        Session { arguments: &self, options: &options, places }.run(started, several)
    }

    fn config(&self) -> Result<Options, Error> {
        let Some(path) = &self.config else { return Ok(Options::default()) };
        let text = heuron::load_text(path)?;
        let json = path.extension().is_some_and(|extension| extension == "json");
        let options = if json { Options::from_json(&text) } else { Options::from_toml(&text) };
        options.map_err(|message| Error::Config { path: path.display().to_string(), message })
    }

    fn check_files(&self, several: bool) -> Result<(), Error> {
        let named = self.output.is_some() || self.plot.is_some();
        if let Some((a, b)) = batch::clash(&self.files).filter(|_| named) {
            let expected = "files of different names, because answers are named after them".into();
            let found = format!("{} and {}", a.display(), b.display());
            return Err(Error::Option { key: "output", expected, found });
        }
        match &self.initial {
            Some(path) if several => {
                let expected = "one instance file with a warm start".into();
                Err(Error::Option { key: "initial", expected, found: path.display().to_string() })
            }
            _ => Ok(()),
        }
    }

    fn places(&self, several: bool) -> Result<Places, Error> {
        let named = [&self.output, &self.report, &self.trace, &self.plot];
        let standard = named.iter().filter(|path| path.as_deref() == Some(Path::new("-"))).count();
        if standard > 1 {
            let expected = "`-` for one of output, report, trace and plot".into();
            return Err(Error::Option { key: "output", expected, found: format!("`-` for {standard} of them") });
        }
        let per_instance = |path: &PathBuf| Place::per_instance(path, several);
        let lines = |path: &PathBuf| Ok::<_, Error>(Lines::new(Place::single(path)?, path.display().to_string()));
        Ok(Places {
            output: match &self.output {
                Some(path) => Some(per_instance(path)?),
                None => (standard == 0).then_some(Place::Stdout),
            },
            plot: self.plot.as_ref().map(per_instance).transpose()?,
            report: self.report.as_ref().map(lines).transpose()?,
            trace: self.trace.as_ref().map(lines).transpose()?.map(Trace::new),
        })
    }
}

impl Session<'_> {
    fn run(mut self, started: Instant, several: bool) -> Result<u8, Error> {
        let mut rows = Vec::new();
        let mut worst = 0;
        // The first instance's limit covers the start of the program; the others' begin with their file.
        let mut clock = Some(started);
        let shard = self.arguments.shard.unwrap_or(Shard::ALL);
        for job in batch::jobs(&self.arguments.files, shard, self.options) {
            let begin = clock.take().unwrap_or_else(Instant::now);
            if self.options.stop.is_cancelled() && !rows.is_empty() {
                say("heuron: interrupted: the instances that follow were not solved");
                worst = worst.max(1);
                break;
            }
            let stem = job.stem.clone();
            match self.job(job, begin) {
                Ok(report) => rows.push(Row { stem, result: Ok(report) }),
                Err(error) if is_broken_pipe(&error) => return Ok(worst),
                Err(error) => {
                    worst = worst.max(complain(&error));
                    rows.push(Row::failed(stem, &error));
                }
            }
        }
        if several && !self.arguments.quiet {
            say(summary::table(&rows).trim_end());
        }
        match self.places.trace {
            Some(trace) => trace.close().map(|()| worst),
            None => Ok(worst),
        }
    }

    fn job(&mut self, job: Job, started: Instant) -> Result<Report, Error> {
        let instance = job.instance?;
        let options = self.prepare(&instance, &job.path)?;
        let file = self.places.output.as_ref().and_then(|place| place.file(&job.stem, solution_extension(&instance)));
        let deadline = options.budget().time.map(|limit| started + limit);
        let mut saver = Saver::new(file.clone(), deadline);
        let mut progress = Progress::new(self.arguments.quiet, instance.name(), instance.scale());
        let trace = &mut self.places.trace;
        let result = solve_since(started, &instance, &options, |event: &Event<'_>| {
            progress.show(event);
            saver.watch(&instance, event);
            if let Some(trace) = trace {
                trace.record(instance.name(), event);
            }
        });
        saver.close();
        let (answer, failure) = match result {
            Ok(outcome) => (Ok(outcome), None),
            // A bug in a search does not take the solution away.
            Err(Error::Internal { message, rescued: Some(outcome) }) => {
                (Ok(*outcome), Some(Error::Internal { message, rescued: None }))
            }
            Err(error) => (Err(error), None),
        };
        match answer {
            Ok(outcome) => {
                progress.close(&summary::line(&outcome.report));
                self.deliver(&instance, &job.stem, &outcome, file)?;
                failure.map_or(Ok(outcome.report), Err)
            }
            Err(error) => {
                if let Error::NoSolution { report } = &error {
                    self.write_report(report)?;
                }
                Err(error)
            }
        }
    }

    /// The options of this instance: warm start and best known cost are its own. Refuses what can be told before the
    /// search.
    fn prepare(&self, instance: &Instance, path: &Path) -> Result<Options, Error> {
        let mut options = self.options.clone();
        if let Some(file) = &self.arguments.initial {
            options.initial = Some(load_solution(file, instance)?);
        }
        options.best_known = self.best_known(instance, path)?.or(options.best_known);
        if self.places.plot.is_some() && !instance.has_picture() {
            return Err(Error::NoCoordinates { instance: instance.name().into() });
        }
        Ok(options)
    }

    fn best_known(&self, instance: &Instance, path: &Path) -> Result<Option<i64>, Error> {
        match &self.arguments.best_known {
            Some(given) if given.parse::<f64>().is_ok() => {
                let cost = in_integer_units(given, instance.scale());
                let expected = "an integer, because the distances are integers".into();
                cost.map(Some).ok_or(Error::Option { key: "best_known", expected, found: given.clone() })
            }
            Some(table) => best_known(Path::new(table), instance),
            None => match table_beside(path) {
                Some(table) => best_known(&table, instance),
                None => Ok(None),
            },
        }
    }

    /// Files first, standard output last: a reader that goes away does not cost the files.
    fn deliver(
        &mut self,
        instance: &Instance,
        stem: &str,
        outcome: &Outcome,
        file: Option<PathBuf>,
    ) -> Result<(), Error> {
        let text = instance.solution_text(&outcome.solution)?;
        if let Some(path) = &file {
            write_whole(path, &text)?;
        }
        if let Some(place) = &self.places.plot {
            let picture = instance.picture(&outcome.solution, &Caption::of(&outcome.report))?;
            match place.file(stem, "svg") {
                Some(path) => write_whole(&path, picture.as_bytes())?,
                None => print(picture.as_bytes())?,
            }
        }
        self.write_report(&outcome.report)?;
        match (&self.places.output, file) {
            (Some(Place::Stdout), None) => print(&text),
            _ => Ok(()),
        }
    }

    fn write_report(&mut self, report: &Report) -> Result<(), Error> {
        self.places.report.as_mut().map_or(Ok(()), |lines| lines.write(report))
    }
}

fn solution_extension(instance: &Instance) -> &'static str {
    instance.kind().solution_extension()
}
