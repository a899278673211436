//! A table as CSV, Markdown and SVG.

use std::fmt::Write;

use super::{Row, Section, Table};
use crate::plot::{Caption, Group, Mark, Panel, bars, lines};

const HEADER: &str = "section,source,method,instances,objective,gap,gap_low,gap_high,paired_with,difference,\
difference_low,difference_high,time_s,trajectories\n";

/// One line per row; gaps are fractions, empty fields unknown.
pub fn csv(table: &Table) -> String {
    let mut text = HEADER.to_string();
    for section in &table.sections {
        for row in &section.rows {
            let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.7}"));
            let bound = |side: usize| number(row.interval.map(|interval| interval[side]));
            let paired = row.paired.as_ref();
            let fields = [
                quoted(&section.name),
                quoted(row.source),
                quoted(&row.method),
                row.instances.map_or(String::new(), |count| count.to_string()),
                number(row.objective),
                number(row.gap),
                bound(0),
                bound(1),
                paired.map_or(String::new(), |paired| quoted(&paired.with)),
                number(paired.map(|paired| paired.mean)),
                number(paired.map(|paired| paired.interval[0])),
                number(paired.map(|paired| paired.interval[1])),
                row.time_s.map_or(String::new(), |time| format!("{time:.3}")),
                row.trajectories.map_or(String::new(), |count| format!("{count:.1}")),
            ];
            text += &(fields.join(",") + "\n");
        }
    }
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}

/// A section per set, our rows in bold. `command` made the table.
pub fn markdown(table: &Table, command: &str) -> String {
    let mut text = format!("# {}\n\n`{command}`, heuron {}\n", table.title, env!("CARGO_PKG_VERSION"));
    table.notes.iter().for_each(|note| text += &format!("\n{note}\n"));
    text += "\nTimes: of published rows as published, for all instances on the authors' machines; of ours CPU time.\n";
    for section in &table.sections {
        let _ = write!(text, "\n## {}\n\nOur gaps are relative to `{}`.\n\n", section.name, section.reference);
        let _ = writeln!(
            text,
            "| source | method | {} | gap in % (95 %) | against | time | per instance | constructions |",
            section.objective
        );
        text += "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: |\n";
        section.rows.iter().for_each(|row| text += &line(row));
    }
    text
}

fn line(row: &Row) -> String {
    let percent = |gap: f64| format!("{:.3}", 100.0 * gap);
    let range = |[low, high]: [f64; 2]| format!(" ({} to {})", percent(low), percent(high));
    let paired = row.paired.as_ref().map(|paired| {
        let sign = if paired.mean > 0.0 { "+" } else { "" };
        format!("{sign}{}{} than {}", percent(paired.mean), range(paired.interval), paired.with)
    });
    let each = row.time_s.zip(row.instances).map(|(time, count)| duration(time / count.max(1) as f64));
    let fields = [
        row.source.into(),
        row.method.clone(),
        row.objective.map_or(String::new(), |objective| format!("{objective:.3}")),
        row.gap.map_or(String::new(), percent) + &row.interval.map_or(String::new(), range),
        paired.unwrap_or_default(),
        row.time_s.map_or(String::new(), duration),
        each.unwrap_or_default(),
        row.trajectories.map_or(String::new(), |count| format!("{count:.0}")),
    ];
    let bold = |field: String| if row.is_ours() && !field.is_empty() { format!("**{field}**") } else { field };
    format!("| {} |\n", fields.map(bold).join(" | "))
}

/// A time in the unit that suits it.
fn duration(seconds: f64) -> String {
    match seconds {
        ..1e-3 => format!("{:.0} µs", 1e6 * seconds),
        ..1.0 => format!("{:.1} ms", 1e3 * seconds),
        ..120.0 => format!("{seconds:.1} s"),
        ..7_200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

/// The gaps as bars, ours in colour.
pub fn picture(table: &Table) -> String {
    let group =
        |section: &Section| Group { name: section.name.clone(), marks: section.rows.iter().filter_map(mark).collect() };
    let groups: Vec<Group> = table.sections.iter().map(group).filter(|group| !group.marks.is_empty()).collect();
    let caption = Caption { title: table.title.into(), subtitle: "gap in %, logarithmic; blue: heuron".into() };
    bars(&groups, &caption)
}

/// The gaps over attempts, a panel per section that has any; none where none has.
pub fn curves(table: &Table) -> Option<String> {
    let panel = |section: &Section| Panel { name: section.name.clone(), lines: section.curves.clone() };
    let panels: Vec<Panel> = table.sections.iter().filter(|section| !section.curves.is_empty()).map(panel).collect();
    let subtitle = "gap in % over attempts, both logarithmic".into();
    (!panels.is_empty()).then(|| lines(&panels, &Caption { title: table.title.into(), subtitle }))
}

fn mark(row: &Row) -> Option<Mark> {
    let label = if row.is_ours() { row.method.clone() } else { format!("{}, {}", row.method, row.source) };
    Some(Mark {
        label,
        value: 100.0 * row.gap?,
        interval: row.interval.map(|i| i.map(|x| 100.0 * x)),
        ours: row.is_ours(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{OURS, Paired};
    use super::*;

    fn table() -> Table {
        let paired = Paired { with: "sampling".into(), mean: -0.001, interval: [-0.002, -0.0005] };
        let published = Row { source: "A, B 2020", method: "LKH3".into(), gap: Some(0.0), ..Row::default() };
        let ours = Row {
            source: OURS,
            method: "greedy \"x8\"".into(),
            instances: Some(10),
            objective: Some(7.76),
            gap: Some(0.0125),
            interval: Some([0.01, 0.015]),
            paired: Some(paired),
            time_s: Some(0.5),
            trajectories: Some(800.0),
        };
        let rows = vec![published, ours];
        let curves = Vec::new();
        let section = Section { name: "tsp100".into(), objective: "length", reference: "exact".into(), rows, curves };
        Table { name: "test", title: "A test", sections: vec![section], notes: vec!["Careful.".into()] }
    }

    #[test]
    fn every_row_has_every_column() {
        let text = csv(&table());
        let columns = |line: &str| {
            let mut quoted = false;
            line.chars()
                .filter(|&c| {
                    if c == '"' {
                        quoted = !quoted;
                        false
                    } else {
                        c == ',' && !quoted
                    }
                })
                .count()
        };
        assert!(text.lines().all(|line| columns(line) == 13), "{text}");
        assert!(
            text.contains("tsp100,heuron,\"greedy \"\"x8\"\"\",10,7.7600000,0.0125000,0.0100000,0.0150000,sampling")
        );
    }

    #[test]
    fn markdown_says_what_was_run_and_what_the_intervals_are() {
        let text = markdown(&table(), "heuron table test");
        for part in [
            "`heuron table test`",
            "Careful.",
            "**1.250 (1.000 to 1.500)**",
            "**-0.100 (-0.200 to -0.050) than sampling**",
            "**50.0 ms**",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn picture_shows_every_row_with_a_gap() {
        let svg = picture(&table());
        assert!(svg.contains("LKH3, A, B 2020") && svg.contains("greedy &quot;x8&quot;") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN"));
    }
}
