//! Best known costs from a table: CSV with the columns `instance` and `best_known`, and `problem` if it mixes problems.

use std::fs;
use std::path::{Path, PathBuf};

use heuron_problems::{Cost, ParseError};

use crate::error::Error;
use crate::instance::{Instance, Kind};

/// File name of a table that lies beside its instances.
const TABLE: &str = "best_known.csv";

/// The best known cost of `instance` according to the table, in the instance's integer units; none if it is not listed.
/// For a knapsack the table holds the profit, as the literature does.
///
/// # Errors
/// [`Error::File`] and [`Error::Parse`].
pub fn best_known(table: &Path, instance: &Instance) -> Result<Option<Cost>, Error> {
    let path = table.display().to_string();
    let text = fs::read_to_string(table).map_err(|source| Error::file(&path, "read", source))?;
    search(&text, instance).map_err(|source| Error::Parse { path, source })
}

/// The table beside an instance file, in its folder or one of the two above (`instances/cvrp/X` shares one table).
pub fn table_beside(file: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(file).ok()?;
    folder.ancestors().skip(1).take(3).map(|folder| folder.join(TABLE)).find(|table| table.is_file())
}

/// A cost in units of the file as the instance's own integer. None for a fraction where the instance has integers only:
/// such a value was computed with other distances.
pub fn in_integer_units(value: &str, scale: f64) -> Option<Cost> {
    if scale == 1.0 {
        return value.parse().ok();
    }
    let cost = (value.parse::<f64>().ok()? * scale).round();
    (cost.abs() < heuron_problems::COST_LIMIT as f64).then_some(cost as Cost)
}

fn search(text: &str, instance: &Instance) -> Result<Option<Cost>, ParseError> {
    let mut lines = text.lines().enumerate();
    let header = lines.next().map(|(_, line)| fields(line)).unwrap_or_default();
    let column = |name: &str| header.iter().position(|field| field.trim() == name);
    let (Some(names), Some(costs)) = (column("instance"), column("best_known")) else {
        return Err(ParseError::at(1, "the columns `instance` and `best_known`", format!("`{}`", header.join(","))));
    };
    let problems = column("problem");
    for (index, line) in lines {
        let fields = fields(line);
        let of_problem = problems.is_none_or(|at| fields.get(at).is_some_and(|name| name == instance.kind().name()));
        if !of_problem || fields.get(names).is_none_or(|name| bare(name) != bare(instance.name())) {
            continue;
        }
        let value = fields.get(costs).map_or("", |value| value.trim());
        if value.parse::<f64>().is_err() {
            return Err(ParseError::at(index + 1, "a number as best_known", format!("`{value}`")));
        }
        return Ok(in_integer_units(value, instance.scale()).map(|value| instance.kind().sign() * value));
    }
    Ok(None)
}

/// A name without the extension that some files have in it (`NAME : ulysses16.tsp`).
fn bare(name: &str) -> &str {
    let stem = |(stem, extension)| Kind::of_extension(extension).map(|_| stem);
    name.rsplit_once('.').and_then(stem).unwrap_or(name)
}

/// The fields of a CSV line; quotes protect commas, two quotes in quotes are one.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, quoted, fields.last_mut()) {
            ('"', true, Some(field)) if characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            ('"', ..) => quoted = !quoted,
            (',', false, _) => fields.push(String::new()),
            (c, _, Some(field)) => field.push(c),
            _ => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Distances, Tsp};

    use super::*;

    const TEXT: &str = "problem,instance,note,best_known\ncvrp,a,\"x, \"\"y\"\"\",8.5\ntsp,a,,7\ntsp,b,,many\n";

    fn tsp(name: &str) -> Instance {
        Tsp::new(name, Distances::from_matrix(1, vec![0])).into()
    }

    #[test]
    fn row_is_chosen_by_problem_and_name() {
        assert_eq!(search(TEXT, &tsp("a")), Ok(Some(7)));
        assert_eq!(search(TEXT, &tsp("a.tsp")), Ok(Some(7)));
        assert_eq!(search(TEXT, &tsp("c")), Ok(None));
    }

    #[test]
    fn fraction_counts_only_where_distances_are_not_rounded() {
        let mut cvrp = Cvrp::new("a", Distances::from_matrix(1, vec![0]), vec![0], 1);
        assert_eq!(search(TEXT, &cvrp.clone().into()), Ok(None));
        cvrp.scale = 1e6;
        assert_eq!(search(TEXT, &cvrp.into()), Ok(Some(8_500_000)));
    }

    #[test]
    fn cost_that_is_no_number_is_refused_with_its_line() {
        assert_eq!(search(TEXT, &tsp("b")).unwrap_err().line, Some(4));
        assert_eq!(search("name,cost\n", &tsp("b")).unwrap_err().line, Some(1));
    }
}
