//! The text formats of the job shop.
//!
//! - Standard (OR-Library, JSPLIB): a line `jobs machines`, then a line of `machine duration` pairs per job, machines
//!   from 0, after comments that begin with `#`.
//! - Taillard's: his line of sizes, seeds and bounds, a block `Times` and a block `Machines`, machines from 1.
//! - JSON, for jobs of different lengths too (see `json`).
//!
//! Solutions: one line of jobs per machine, or start, end and machine of every operation in JSON.

use std::io::{self, Write};

use super::{Jssp, Operation, Schedule, json};
use crate::format::{Format, ParseError, Rounding};
use crate::problem::{COST_LIMIT, Cost, Problem};
use crate::text::{Line, count, data_lines, integers, is_json, lines, quoted, unmarked, words};

impl Format for Jssp {
    fn read(text: &str, _: Rounding) -> Result<Self, ParseError> {
        let jssp = if is_json(text) {
            json::read(text)?
        } else {
            let (comment, lines) = split(text);
            let taillard = lines.iter().any(|(_, words)| is_heading(words, "times"));
            let jssp = if taillard { read_taillard(lines)? } else { read_standard(lines)? };
            Self { comment, ..jssp }
        };
        let work =
            jssp.jobs.iter().flatten().try_fold(0, |sum: Cost, operation| {
                sum.checked_add(operation.duration).filter(|&sum| sum <= COST_LIMIT)
            });
        match work {
            Some(_) => Ok(jssp),
            None => Err(ParseError::whole("durations with a sum up to 2^60", "more")),
        }
    }

    /// Writes the standard format, or JSON where the jobs do not have one operation per machine.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.jobs.is_empty() || self.jobs.iter().any(|job| job.len() != self.machines) {
            return writeln!(out, "{}", json::write(self));
        }
        for line in self.comment.lines() {
            writeln!(out, "# {line}")?;
        }
        writeln!(out, "{} {}", self.jobs.len(), self.machines)?;
        for job in &self.jobs {
            let pairs: Vec<String> = job.iter().map(|o| format!("{} {}", o.machine, o.duration)).collect();
            writeln!(out, "{}", pairs.join(" "))?;
        }
        Ok(())
    }

    fn read_solution(&self, text: &str) -> Result<Schedule, ParseError> {
        if is_json(text) {
            return json::read_starts(self, text).map(Schedule::Starts);
        }
        let sequence = |line: (usize, &str)| -> Option<Result<Vec<u32>, ParseError>> {
            let (index, content) = line;
            let job =
                |word: &str| word.parse::<u32>().map_err(|_| ParseError::at(index + 1, "a job's number", quoted(word)));
            // An empty line is a machine without operations.
            (!content.starts_with('#')).then(|| content.split_ascii_whitespace().map(job).collect())
        };
        let sequences: Vec<Vec<u32>> =
            unmarked(text).lines().enumerate().filter_map(sequence).collect::<Result<_, _>>()?;
        if sequences.iter().all(Vec::is_empty) && self.operations() > 0 {
            return Err(ParseError::whole("a line of jobs per machine, or start times in JSON", "no job"));
        }
        Ok(Schedule::Sequences(sequences))
    }

    fn write_solution(&self, schedule: &Schedule, out: &mut dyn Write) -> io::Result<()> {
        match schedule {
            Schedule::Starts(starts) => writeln!(out, "{}", json::write_starts(self, starts)),
            Schedule::Sequences(sequences) => {
                if let Ok(makespan) = self.evaluate(schedule) {
                    writeln!(out, "# makespan {makespan}; a line per machine: its jobs, from 0, in order")?;
                }
                sequences.iter().try_for_each(|sequence| {
                    let jobs: Vec<String> = sequence.iter().map(u32::to_string).collect();
                    writeln!(out, "{}", jobs.join(" "))
                })
            }
        }
    }
}

/// Whether `text` begins as a job shop: with matrices of durations in JSON, Taillard's heading, or a line of two
/// numbers before a first job of as many pairs as the second one says.
pub fn resembles(text: &str) -> bool {
    if is_json(text) {
        return text.contains("\"duration_matrix\"");
    }
    let mut lines = data_lines(text).map(|(_, line)| line);
    if lines.clone().take(3).any(|line| line.eq_ignore_ascii_case("times")) {
        return true;
    }
    let (sizes, job) = (lines.next().and_then(integers), lines.next().and_then(integers));
    // With one machine the first line could be anything's.
    match (sizes.as_deref(), job) {
        (Some(&[_, machines]), Some(job)) => machines > 1 && job.len() as u64 == 2 * machines,
        _ => false,
    }
}

/// The comment, and the words of every line that has some.
fn split(text: &str) -> (String, Vec<Line<'_>>) {
    let comment: Vec<&str> = lines(text).filter_map(|(_, line)| line.strip_prefix('#').map(str::trim)).collect();
    (comment.join("\n"), data_lines(text).map(words).collect())
}

fn is_heading(words: &[&str], name: &str) -> bool {
    matches!(words, [word] if word.eq_ignore_ascii_case(name))
}

/// A number of jobs or machines.
fn size(word: &str, line: usize, what: &str) -> Result<usize, ParseError> {
    let number = word.parse::<u32>().ok().filter(|&number| number > 0);
    number
        .map(|number| number as usize)
        .ok_or_else(|| ParseError::at(line, format!("{what} (at least 1)"), quoted(word)))
}

/// Nothing may follow what was read.
fn end<'a>(mut rest: impl Iterator<Item = Line<'a>>, after: &str) -> Result<(), ParseError> {
    match rest.next() {
        Some((line, words)) => Err(ParseError::at(line, format!("nothing after {after}"), quoted(&words.join(" ")))),
        None => Ok(()),
    }
}

fn read_standard(lines: Vec<Line<'_>>) -> Result<Jssp, ParseError> {
    let mut lines = lines.into_iter();
    let Some((line, words)) = lines.next() else {
        return Err(ParseError::whole("a line with the numbers of jobs and machines", "no line"));
    };
    let [jobs, machines] = words[..] else {
        return Err(ParseError::at(line, "the numbers of jobs and machines", quoted(&words.join(" "))));
    };
    let (jobs, machines) = (size(jobs, line, "a number of jobs")?, size(machines, line, "a number of machines")?);
    let mut list = Vec::with_capacity(jobs.min(lines.len()));
    for job in 0..jobs {
        let Some((line, words)) = lines.next() else {
            return Err(ParseError::whole(format!("{jobs} jobs, a line each"), format!("{job} lines")));
        };
        if words.len() != 2 * machines {
            let expected = format!("{machines} pairs of machine and duration for job {job}");
            return Err(ParseError::at(line, expected, format!("{} numbers", words.len())));
        }
        let operation = |pair: &[&str]| {
            Ok(Operation {
                machine: machine(pair[0], line, 0, machines)?,
                duration: count(pair[1], line, "a duration")?,
            })
        };
        list.push(words.chunks_exact(2).map(operation).collect::<Result<_, ParseError>>()?);
    }
    end(lines, "the last job")?;
    Ok(Jssp::new("", machines, list))
}

/// A machine that the file numbers from `first` on.
fn machine(word: &str, line: usize, first: usize, machines: usize) -> Result<u32, ParseError> {
    let last = first + machines - 1;
    let number = word.parse::<usize>().ok().filter(|number| (first..=last).contains(number));
    let number = number.map(|number| (number - first) as u32);
    number.ok_or_else(|| ParseError::at(line, format!("a machine from {first} to {last}"), quoted(word)))
}

fn read_taillard(lines: Vec<Line<'_>>) -> Result<Jssp, ParseError> {
    // Column titles in words come first in Taillard's own files.
    let is_title = |(_, words): &Line<'_>| words.iter().any(|word| word.contains(|c: char| c.is_alphabetic()));
    let mut lines = lines.into_iter().peekable();
    let title = lines.next_if(|line| is_title(line) && !is_heading(&line.1, "times"));
    let line = title.map_or(1, |(line, _)| line);
    let sizes = lines.next_if(|line| !is_title(line));
    let Some((line, [jobs, machines, rest @ ..])) = sizes.as_ref().map(|(line, words)| (*line, &words[..])) else {
        return Err(ParseError::at(line, "a line with the numbers of jobs and machines before Times", "none"));
    };
    let (jobs, machines) = (size(jobs, line, "a number of jobs")?, size(machines, line, "a number of machines")?);
    // Seeds and bounds say nothing that matters, but junk does not belong here.
    rest.iter().try_for_each(|word| count(word, line, "a seed or bound").map(|_| ()))?;
    let durations = block(&mut lines, "Times", jobs, machines, |word, line| count(word, line, "a duration"))?;
    let orders = block(&mut lines, "Machines", jobs, machines, |word, line| machine(word, line, 1, machines))?;
    end(lines, "the machines of the last job")?;
    let job = |(durations, machines): (Vec<Cost>, Vec<u32>)| {
        machines.into_iter().zip(durations).map(|(machine, duration)| Operation { machine, duration }).collect()
    };
    Ok(Jssp::new("", machines, durations.into_iter().zip(orders).map(job).collect()))
}

/// The rows under a heading \[jobs\]\[machines\].
fn block<'a, T>(
    lines: &mut impl Iterator<Item = Line<'a>>,
    heading: &str,
    jobs: usize,
    machines: usize,
    number: impl Fn(&str, usize) -> Result<T, ParseError>,
) -> Result<Vec<Vec<T>>, ParseError> {
    match lines.next() {
        Some((_, words)) if is_heading(&words, heading) => {}
        Some((line, words)) => {
            return Err(ParseError::at(line, format!("the heading {heading}"), quoted(&words.join(" "))));
        }
        None => return Err(ParseError::whole(format!("the heading {heading}"), "the end of the file")),
    }
    let mut rows = Vec::new();
    for job in 0..jobs {
        let Some((line, words)) = lines.next() else {
            return Err(ParseError::whole(format!("{jobs} rows under {heading}"), format!("{job}")));
        };
        if words.len() != machines {
            let expected = format!("{machines} numbers for job {job} under {heading}");
            return Err(ParseError::at(line, expected, words.len().to_string()));
        }
        rows.push(words.into_iter().map(|word| number(word, line)).collect::<Result<_, _>>()?);
    }
    Ok(rows)
}
