//! What files of schedules state beside the start times although it follows from these: it must be true, or nobody
//! knows which of the two was meant.

use std::fmt::Display;

use crate::format::ParseError;
use crate::problem::Cost;

/// The stated makespan, if there is one, is the last end.
pub(crate) fn makespan(stated: Option<Cost>, last: Cost) -> Result<(), ParseError> {
    match stated.filter(|&stated| stated != last) {
        Some(stated) => {
            Err(ParseError::whole(format!("`makespan` {last}, as the schedule ends then, or none"), stated.to_string()))
        }
        None => Ok(()),
    }
}

/// The stated numbers of operations \[jobs\]\[operations\], if there are any, are those that follow from `source`.
pub(crate) fn numbers<T: PartialEq + Display>(
    key: &str,
    stated: Option<&[Vec<T>]>,
    follow: &[Vec<T>],
    source: &str,
) -> Result<(), ParseError> {
    let Some(stated) = stated else { return Ok(()) };
    if stated.iter().map(Vec::len).ne(follow.iter().map(Vec::len)) {
        let expected = format!("`{key}` with a number for every operation of every job, or none at all");
        return Err(ParseError::whole(expected, "another number of them"));
    }
    for (job, (stated, follow)) in stated.iter().zip(follow).enumerate() {
        if let Some(operation) = (0..stated.len()).find(|&operation| stated[operation] != follow[operation]) {
            let number = &follow[operation];
            let expected = format!("`{key}` {number} of operation {operation} of job {job}, as {source}, or none");
            return Err(ParseError::whole(expected, stated[operation].to_string()));
        }
    }
    Ok(())
}
