//! JSON files: instances as matrices of durations and machines, schedules as start times.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Jssp, Operation};
use crate::format::ParseError;
use crate::problem::{COST_LIMIT, Cost};
use crate::{stated, text};

/// The layout of job_shop_lib (P. Ariño, 2023). Keys with other constraints are refused by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    name: String,
    /// \[jobs\]\[operations\]
    duration_matrix: Vec<Vec<Cost>>,
    /// Machines from 0 \[jobs\]\[operations\].
    machines_matrix: Vec<Vec<u32>>,
    /// Anything: bounds, references.
    #[serde(default, rename = "metadata")]
    _metadata: Map<String, Value>,
}

/// A schedule: `{"start_times": [[0, 3], [1, 4]]}`, with ends and machines if they are wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starts {
    /// \[jobs\]\[operations\]
    start_times: Vec<Vec<Cost>>,
    /// Must be what starts and durations say \[jobs\]\[operations\].
    end_times: Option<Vec<Vec<Cost>>>,
    /// Must be those of the instance \[jobs\]\[operations\].
    machines: Option<Vec<Vec<u32>>>,
    /// Must be the last end.
    makespan: Option<Cost>,
}

/// Reads an instance. As many machines as the largest number says.
pub(super) fn read(text: &str) -> Result<Jssp, ParseError> {
    let file: File = text::json(text, "a JSON job shop instance with duration_matrix and machines_matrix")?;
    let (durations, machines) = (file.duration_matrix, file.machines_matrix);
    if durations.len() != machines.len() {
        let expected = format!("machines_matrix with {} rows as in duration_matrix", durations.len());
        return Err(ParseError::whole(expected, machines.len().to_string()));
    }
    let mut jobs = Vec::with_capacity(durations.len());
    for (job, (durations, machines)) in durations.iter().zip(&machines).enumerate() {
        if durations.len() != machines.len() {
            let expected = format!("{} machines for job {job} as in duration_matrix", durations.len());
            return Err(ParseError::whole(expected, machines.len().to_string()));
        }
        if let Some(duration) = durations.iter().find(|duration| !(0..=COST_LIMIT).contains(*duration)) {
            let expected = format!("durations of job {job} from 0 to 2^60");
            return Err(ParseError::whole(expected, duration.to_string()));
        }
        let pairs = machines.iter().zip(durations);
        jobs.push(pairs.map(|(&machine, &duration)| Operation { machine, duration }).collect());
    }
    let operations = || jobs.iter().flatten().map(|operation: &Operation| operation.machine as usize);
    let (largest, count) = (operations().max(), operations().count());
    // A machine without operations takes memory too.
    if let Some(machine) = largest.filter(|&machine| machine > 10 * count + 1_000) {
        let expected = format!("machines numbered from 0, as {count} operations can use them");
        return Err(ParseError::whole(expected, machine.to_string()));
    }
    Ok(Jssp { name: file.name, comment: String::new(), machines: largest.map_or(0, |machine| machine + 1), jobs })
}

/// The instance as JSON.
pub(super) fn write(jssp: &Jssp) -> String {
    let (durations, machines) = (matrix(jssp, |o| o.duration), matrix(jssp, |o| o.machine));
    json!({ "name": jssp.name, "duration_matrix": durations, "machines_matrix": machines }).to_string()
}

/// Reads start times \[jobs\]\[operations\].
pub(super) fn read_starts(jssp: &Jssp, text: &str) -> Result<Vec<Vec<Cost>>, ParseError> {
    let file: Starts = text::json(text, "a JSON schedule with start_times")?;
    let instance = matrix(jssp, |operation| operation.machine);
    stated::numbers("machines", file.machines.as_deref(), &instance, "in the instance")?;
    // Of a schedule that breaks a rule, evaluation says which.
    if jssp.check_starts(&file.start_times).is_ok() {
        let ends = ends(jssp, &file.start_times);
        stated::numbers("end_times", file.end_times.as_deref(), &ends, "start and duration say")?;
        stated::makespan(file.makespan, jssp.makespan(&file.start_times))?;
    }
    Ok(file.start_times)
}

/// Start, end and machine of every operation as JSON.
pub(super) fn write_starts(jssp: &Jssp, starts: &[Vec<Cost>]) -> String {
    let (ends, machines) = (ends(jssp, starts), matrix(jssp, |operation| operation.machine));
    let makespan = jssp.makespan(starts);
    json!({ "makespan": makespan, "start_times": starts, "end_times": ends, "machines": machines }).to_string()
}

/// When operations end that begin at `starts` \[jobs\]\[operations\].
fn ends(jssp: &Jssp, starts: &[Vec<Cost>]) -> Vec<Vec<Cost>> {
    let end = |(start, operation): (&Cost, &Operation)| start.saturating_add(operation.duration);
    starts.iter().zip(&jssp.jobs).map(|(starts, job)| starts.iter().zip(job).map(end).collect()).collect()
}

/// A number of every operation \[jobs\]\[operations\].
fn matrix<T>(jssp: &Jssp, number: impl Fn(&Operation) -> T) -> Vec<Vec<T>> {
    jssp.jobs.iter().map(|job| job.iter().map(&number).collect()).collect()
}
