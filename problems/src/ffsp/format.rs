//! Flexible flow shop files: a line `jobs stages`, a line with the number of machines per stage, then for every stage a
//! line per job with its time on each machine. Solutions: start times and machines in JSON.

use std::io::{self, Write};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ffsp, Plan, Task};
use crate::format::{Format, ParseError, Rounding};
use crate::problem::{COST_LIMIT, Cost};
use crate::text::{self, count, data_lines, integers, quoted};

/// `{"machines": [[0, 1], [2, 0]], "start_times": [[0, 3], [1, 4]]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Machine within the stage \[jobs\]\[stages\].
    machines: Vec<Vec<u32>>,
    /// \[jobs\]\[stages\]
    start_times: Vec<Vec<Cost>>,
    /// Stated, not used: evaluation computes it.
    #[serde(default, rename = "makespan")]
    _makespan: Option<Value>,
}

impl Format for Ffsp {
    fn read(text: &str, _: Rounding) -> Result<Self, ParseError> {
        let mut lines = data_lines(text);
        let sizes = numbers(lines.next(), 2, "the numbers of jobs and stages")?;
        let [jobs, stages] = [sizes[0], sizes[1]];
        let machines: Vec<usize> = numbers(lines.next(), stages as usize, "a number of machines per stage")?
            .into_iter()
            .map(|machines| machines as usize)
            .collect();
        let least = |what: &str| ParseError::whole(format!("at least one {what}"), "0");
        for (number, what) in [
            (jobs, "job"),
            (stages, "stage"),
            (machines.iter().copied().min().unwrap_or(0) as Cost, "machine per stage"),
        ] {
            if number == 0 {
                return Err(least(what));
            }
        }
        let mut times = Vec::new();
        let mut longest: Cost = 0;
        for (stage, &machines) in machines.iter().enumerate() {
            let mut rows = Vec::new();
            for job in 0..jobs {
                let row = numbers(lines.next(), machines, &format!("{machines} times of job {job} at stage {stage}"))?;
                longest = longest.saturating_add(row.iter().copied().max().unwrap_or(0));
                rows.push(row);
            }
            times.push(rows);
        }
        if let Some((line, words)) = lines.next() {
            return Err(ParseError::at(line, "nothing after the last job of the last stage", quoted(words)));
        }
        if longest > COST_LIMIT {
            return Err(ParseError::whole("times whose longest sum is at most 2^60", "more"));
        }
        Ok(Self { name: String::new(), times, machines, jobs: jobs as usize })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} {}", self.jobs, self.stages())?;
        writeln!(out, "{}", joined(&self.machines))?;
        self.times.iter().flatten().try_for_each(|row| writeln!(out, "{}", joined(row)))
    }

    fn read_solution(&self, text: &str) -> Result<Plan, ParseError> {
        let file: File = text::json(text, "a JSON plan with machines and start_times")?;
        if file.machines.iter().map(Vec::len).ne(file.start_times.iter().map(Vec::len)) {
            return Err(ParseError::whole("as many machines as start_times for every job", "different numbers"));
        }
        let task = |(&machine, &start): (&u32, &Cost)| Task { machine, start };
        let job = |(machines, starts): (&Vec<u32>, &Vec<Cost>)| machines.iter().zip(starts).map(task).collect();
        Ok(Plan { tasks: file.machines.iter().zip(&file.start_times).map(job).collect() })
    }

    fn write_solution(&self, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
        let machines: Vec<Vec<u32>> =
            plan.tasks.iter().map(|job| job.iter().map(|task| task.machine).collect()).collect();
        let starts: Vec<Vec<Cost>> = plan.tasks.iter().map(|job| job.iter().map(|task| task.start).collect()).collect();
        writeln!(out, "{}", json!({ "machines": machines, "start_times": starts }))
    }
}

/// Whether `text` is a line `jobs stages`, a line with a number of machines per stage, and as many lines as jobs and
/// stages ask for.
pub fn resembles(text: &str) -> bool {
    let mut lines = data_lines(text).map(|(_, line)| line);
    let (Some(sizes), Some(machines)) = (lines.next().and_then(integers), lines.next().and_then(integers)) else {
        return false;
    };
    let [jobs, stages] = sizes[..] else { return false };
    let rows = jobs.checked_mul(stages);
    machines.len() as u64 == stages && rows == Some(lines.count() as u64)
}

fn joined<T: ToString>(numbers: &[T]) -> String {
    numbers.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

/// The numbers of a line, which must be as many as wanted.
fn numbers(line: Option<(usize, &str)>, wanted: usize, what: &str) -> Result<Vec<Cost>, ParseError> {
    let Some((line, text)) = line else { return Err(ParseError::whole(what, "the end of the file")) };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if words.len() != wanted {
        return Err(ParseError::at(line, what, quoted(text)));
    }
    words.into_iter().map(|word| count(word, line, what)).collect()
}
