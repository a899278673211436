//! JSON files: instances as matrices of durations and machines, schedules as start times.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Jssp, Operation};
use crate::format::ParseError;
use crate::problem::{COST_LIMIT, Cost};

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

/// A schedule: `{"start_times": [[0, 3], [1, 4]]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starts {
    /// \[jobs\]\[operations\]
    start_times: Vec<Vec<Cost>>,
    /// Stated, not used: evaluation computes it.
    #[serde(default, rename = "makespan")]
    _makespan: Option<Cost>,
}

/// Reads an instance. As many machines as the largest number says.
pub(super) fn read(text: &str) -> Result<Jssp, ParseError> {
    let file: File = parse(text, "a JSON job shop instance with duration_matrix and machines_matrix")?;
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
    let durations: Vec<Vec<Cost>> = jssp.jobs.iter().map(|job| job.iter().map(|o| o.duration).collect()).collect();
    let machines: Vec<Vec<u32>> = jssp.jobs.iter().map(|job| job.iter().map(|o| o.machine).collect()).collect();
    json!({ "name": jssp.name, "duration_matrix": durations, "machines_matrix": machines }).to_string()
}

/// Reads start times \[jobs\]\[operations\].
pub(super) fn read_starts(text: &str) -> Result<Vec<Vec<Cost>>, ParseError> {
    Ok(parse::<Starts>(text, "a JSON schedule with start_times")?.start_times)
}

/// Start times as JSON.
pub(super) fn write_starts(starts: &[Vec<Cost>]) -> String {
    json!({ "start_times": starts }).to_string()
}

fn parse<T: for<'a> Deserialize<'a>>(text: &str, expected: &str) -> Result<T, ParseError> {
    serde_json::from_str(text).map_err(|error| match error.line() {
        0 => ParseError::whole(expected, error.to_string()),
        line => ParseError::at(line, expected, error.to_string()),
    })
}
