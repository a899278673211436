//! `heuron solve`: instances in, solutions out; reports, traces and pictures beside them.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use clap::Args;
use heuron::{Error, Instance, Options, Timer};
use heuron::{best_known, in_integer_units, load_solution, table_beside};

use super::batch::{self, Shard};
use super::place::Place;
use super::session::{Delivery, Session};
use super::signal;
use super::trace::{Lines, Trace};

/// Files, options, and where answers go.
#[derive(Args)]
pub struct Solve {
    /// Instance files, solved one after the other with all threads; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    #[command(flatten)]
    options: Options,

    /// Options from a TOML or JSON file (keys as the flags, with underscores); flags win
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Warm start: a feasible solution file; the answer is never worse
    #[arg(long, value_name = "FILE")]
    initial: Option<PathBuf>,

    /// Best known cost (of a knapsack: profit), or a CSV table of them [default: best_known.csv beside the instance, if
    /// there is one]
    #[arg(long, value_name = "FILE|VALUE")]
    best_known: Option<String>,

    /// Solution file, or folder for several instances; saved every few seconds while solving; schedules are
    /// written with their times where its name ends in .json [default: standard output]
    #[arg(long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,

    /// Report: one line of JSON per instance. `-` puts it on standard output in place of the solution
    #[arg(long, value_name = "FILE|-")]
    report: Option<PathBuf>,

    /// Trace: one line of JSON per new best solution
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Picture of the solution as SVG, or folder for several instances
    #[arg(long, value_name = "FILE.svg|DIR")]
    plot: Option<PathBuf>,

    /// No progress
    #[arg(long)]
    pub(super) quiet: bool,

    /// Of all instances, solve every N-th, beginning with I (job arrays); I counts from 0 or from 1
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// Solve K instances at a time, the threads shared between them; answers keep the order of the instances
    #[arg(long, value_name = "K", default_value_t = NonZeroUsize::MIN)]
    parallel: NonZeroUsize,
}

impl Solve {
    /// Solves everything. The exit code is the worst of all instances.
    pub fn run(mut self, started: Instant) -> Result<u8, Error> {
        let options = std::mem::take(&mut self.options).over(self.config()?);
        options.check()?;
        let options = self.share_threads(options)?;
        signal::listen(&options.stop);
        let several = batch::is_several(&self.files);
        self.check_files(several)?;
        self.check_standard_output()?;
        let lines = |path: &PathBuf| Ok::<_, Error>(Lines::new(Place::single(path)?, path.display().to_string()));
        let output = match &self.output {
            Some(path) => Some(Place::per_instance(path, several)?),
            None => self.standard_outputs().next().is_none().then_some(Place::Stdout),
        };
        let plot = self.plot.as_ref().map(|path| Place::of_picture(path, several)).transpose()?;
        let delivery = Delivery::new(self.report.as_ref().map(lines).transpose()?);
        let trace = self.trace.as_ref().map(lines).transpose()?.map(|lines| Mutex::new(Trace::new(lines)));
        let session = Session { arguments: &self, options, output, plot, trace };
        session.run(self.parallel.get(), started, delivery)
    }

    /// The options of every instance: of those that are solved at the same time each gets its part of the threads.
    fn share_threads(&self, options: Options) -> Result<Options, Error> {
        let parallel = self.parallel.get();
        if parallel == 1 {
            return Ok(options);
        }
        if matches!(options.clock, Some(Timer::Cpu)) {
            let (other, reason) = ("`--clock cpu`".into(), "CPU time is counted for the whole process".into());
            let remedy = "leave one of them out".into();
            return Err(Error::Conflict { key: "parallel", other, reason, remedy });
        }
        let threads = options.threads();
        if parallel > threads {
            let expected = format!("at most the number of threads, {threads}");
            return Err(Error::Option { key: "parallel", expected, found: parallel.to_string() });
        }
        Ok(Options { threads: Some(threads / parallel), ..options })
    }

    /// The part of the instances that is ours.
    pub(super) fn shard(&self) -> Shard {
        self.shard.unwrap_or(Shard::ALL)
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
        if !several {
            self.check_overwriting()?;
        }
        match &self.initial {
            Some(path) if several => {
                let (other, reason) = ("several instances".into(), "a warm start is a solution of one".into());
                let remedy = format!("solve the instance of {} alone", path.display());
                Err(Error::Conflict { key: "initial", other, reason, remedy })
            }
            _ => Ok(()),
        }
    }

    /// What is written must not take the place of the instance, or of something else that is written.
    fn check_overwriting(&self) -> Result<(), Error> {
        let whole = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_default();
        let mut taken: Vec<PathBuf> = self.files.iter().map(|path| whole(path)).collect();
        for (key, path) in self.destinations() {
            // Devices and folders can be named twice.
            if path == Path::new("-")
                || path.exists() && !path.is_file()
                || path.as_os_str().to_string_lossy().ends_with('/')
            {
                continue;
            }
            if taken.contains(&whole(path)) {
                let expected = "a file that is neither read nor written otherwise".into();
                return Err(Error::Option { key, expected, found: path.display().to_string() });
            }
            taken.push(whole(path));
        }
        Ok(())
    }

    /// The options that name a place to write to, and the place.
    fn destinations(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let all = [("output", &self.output), ("report", &self.report), ("trace", &self.trace), ("plot", &self.plot)];
        all.into_iter().filter_map(|(key, path)| Some((key, path.as_deref()?)))
    }

    /// What is to go to standard output.
    fn standard_outputs(&self) -> impl Iterator<Item = &'static str> {
        self.destinations().filter(|(_, path)| *path == Path::new("-")).map(|(key, _)| key)
    }

    fn check_standard_output(&self) -> Result<(), Error> {
        let mut keys = self.standard_outputs();
        match (keys.next(), keys.next()) {
            (Some(first), Some(key)) => {
                let (other, reason) = (format!("`--{first} -`"), "standard output takes one of them".into());
                Err(Error::Conflict { key, other, reason, remedy: format!("give `--{key}` a file") })
            }
            _ => Ok(()),
        }
    }

    /// The options of this instance: warm start and best known cost are its own. Refuses what can be told before the
    /// search.
    pub(super) fn prepare(&self, options: &Options, instance: &Instance, path: &Path) -> Result<Options, Error> {
        let mut options = options.clone();
        if let Some(file) = &self.initial {
            options.initial = Some(load_solution(file, instance)?);
        }
        options.best_known = self.best_known(instance, path)?.or(options.best_known);
        if self.plot.is_some() && !instance.has_picture() {
            return Err(Error::NoCoordinates { place: instance.name().into() });
        }
        Ok(options)
    }

    fn best_known(&self, instance: &Instance, path: &Path) -> Result<Option<i64>, Error> {
        match &self.best_known {
            Some(given) if given.parse::<f64>().is_ok() => {
                let cost = in_integer_units(given, instance.scale());
                let expected = "an integer, because the distances are integers".into();
                cost.map(|cost| Some(instance.kind().sign() * cost)).ok_or(Error::Option {
                    key: "best_known",
                    expected,
                    found: given.clone(),
                })
            }
            Some(table) => best_known(Path::new(table), instance, Some(path)),
            None => match table_beside(path) {
                Some(table) => best_known(&table, instance, Some(path)),
                None => Ok(None),
            },
        }
    }
}
