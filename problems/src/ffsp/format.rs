//! Flexible flow shop files: a line `jobs stages`, a line with the number of machines per stage, then for every stage a
//! line per job with its time on each machine. Solutions: start, end and machine of every task, and the jobs in order
//! on every machine, in JSON.

use std::io::{self, Write};

use serde::Deserialize;
use serde_json::json;

use super::{Ffsp, Plan, Task};
use crate::format::{Format, ParseError, Rounding};
use crate::problem::{COST_LIMIT, Cost, Problem};
use crate::stated;
use crate::text::{self, count, data_lines, integers, quoted};

/// `{"machines": [[0, 1], [2, 0]], "start_times": [[0, 3], [1, 4]]}`, with what follows from these if it is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Machine within the stage \[jobs\]\[stages\].
    machines: Vec<Vec<u32>>,
    /// \[jobs\]\[stages\]
    start_times: Vec<Vec<Cost>>,
    /// Must be what starts and times say \[jobs\]\[stages\].
    end_times: Option<Vec<Vec<Cost>>>,
    /// Jobs in the order in which they begin, which must be that of the starts \[stages\]\[machines\].
    sequences: Option<Vec<Vec<Vec<u32>>>>,
    /// Must be the last end.
    makespan: Option<Cost>,
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
        let plan = Plan { tasks: file.machines.iter().zip(&file.start_times).map(job).collect() };
        // Of a plan that breaks a rule, evaluation says which.
        if let Ok(makespan) = self.evaluate(&plan) {
            stated::numbers("end_times", file.end_times.as_deref(), &self.ends(&plan), "start and time say")?;
            stated::makespan(file.makespan, makespan)?;
            if file.sequences.is_some_and(|stated| !self.is_order(&plan, &stated)) {
                let expected = "`sequences` with the jobs of every machine of every stage as they begin, or none";
                return Err(ParseError::whole(expected, "another order"));
            }
        }
        Ok(plan)
    }

    fn write_solution(&self, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
        let machines: Vec<Vec<u32>> =
            plan.tasks.iter().map(|job| job.iter().map(|task| task.machine).collect()).collect();
        let starts: Vec<Vec<Cost>> = plan.tasks.iter().map(|job| job.iter().map(|task| task.start).collect()).collect();
        let file = match self.evaluate(plan) {
            Ok(makespan) => json!({
                "makespan": makespan,
                "start_times": starts,
                "end_times": self.ends(plan),
                "machines": machines,
                "sequences": self.orders(plan),
            }),
            Err(_) => json!({ "start_times": starts, "machines": machines }),
        };
        writeln!(out, "{file}")
    }
}

impl Ffsp {
    /// When the tasks of a plan without a fault end \[jobs\]\[stages\].
    fn ends(&self, plan: &Plan) -> Vec<Vec<Cost>> {
        let end = |job: usize, (stage, task): (usize, &Task)| {
            task.start.saturating_add(self.time(stage, job, task.machine as usize))
        };
        let jobs = plan.tasks.iter().enumerate();
        jobs.map(|(job, tasks)| tasks.iter().enumerate().map(|task| end(job, task)).collect()).collect()
    }

    /// Whether these are the jobs of the machines of a plan without a fault, as they begin \[stages\]\[machines\].
    /// Tasks of length 0 may come in any order.
    fn is_order(&self, plan: &Plan, stated: &[Vec<Vec<u32>>]) -> bool {
        let orders = self.orders(plan);
        let sorted = |jobs: &[u32]| -> Vec<u32> {
            let mut jobs = jobs.to_vec();
            jobs.sort_unstable();
            jobs
        };
        stated.iter().map(Vec::len).eq(orders.iter().map(Vec::len))
            && stated.iter().zip(&orders).enumerate().all(|(stage, (stated, orders))| {
                stated.iter().zip(orders).all(|(stated, order)| {
                    let start = |job: &u32| plan.tasks[*job as usize][stage].start;
                    sorted(stated) == sorted(order) && stated.is_sorted_by_key(start)
                })
            })
    }
}

/// Whether `text` is a line `jobs stages`, a line with a number of machines per stage, and as many lines as jobs and
/// stages ask for. No knapsack instance is: of as many items as there are jobs it would have fewer lines.
pub fn resembles(text: &str) -> bool {
    let Some((jobs, machines, lines)) = headed(text) else { return false };
    jobs.checked_mul(machines.len() as u64) == Some(lines.count() as u64)
}

/// Whether `text` begins as a flow shop, with the numbers of times that its first lines ask for, and ends too soon.
pub fn is_cut_off(text: &str) -> bool {
    let Some((jobs, machines, lines)) = headed(text) else { return false };
    let rows = lines.clone().zip(0_u64..);
    let fits = |(line, row): (&str, u64)| {
        let stage = row.checked_div(jobs).and_then(|stage| machines.get(stage as usize));
        stage.is_some_and(|&machines| integers(line).is_some_and(|times| times.len() as u64 == machines))
    };
    jobs.checked_mul(machines.len() as u64).is_some_and(|rows| rows > lines.count() as u64) && rows.clone().all(fits)
}

/// The jobs, the machines per stage and the lines that follow, if the first lines of `text` say as much.
fn headed(text: &str) -> Option<(u64, Vec<u64>, impl Iterator<Item = &str> + Clone)> {
    let mut lines = data_lines(text).map(|(_, line)| line);
    let (sizes, machines) = (lines.next().and_then(integers)?, lines.next().and_then(integers)?);
    match sizes[..] {
        [jobs, stages] if machines.len() as u64 == stages => Some((jobs, machines, lines)),
        _ => None,
    }
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
