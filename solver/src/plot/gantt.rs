//! Gantt charts: a row per machine, a bar per operation, a colour per job. A flow shop's rows are `stage.machine`.

use std::fmt::Write;

use heuron_problems::ffsp::Task;
use heuron_problems::jssp::Operation;
use heuron_problems::{Cost, Ffsp, Jssp, Plan, Problem, Schedule};

use super::{Caption, frame, palette, thousands};

/// Width of the time axis in pixels.
const WIDTH: f64 = 1200.0;
/// Room for the machines' numbers.
const LEFT: f64 = 84.0;
const RIGHT: f64 = 36.0;
/// Room under the rows for the axis.
const FOOT: f64 = 64.0;
/// Height of a row: this much for few machines, so that many still fit a page.
const ROW: (f64, f64) = (9.0, 30.0);
/// Height that all rows together should have.
const ROWS: f64 = 760.0;
/// Bars narrower than this have no number.
const LABEL: f64 = 15.0;

/// A bar: when a job is where.
struct Bar {
    row: usize,
    start: Cost,
    end: Cost,
}

/// The chart of a feasible schedule; none for an infeasible one.
pub(crate) fn gantt(jssp: &Jssp, schedule: &Schedule, caption: &Caption) -> Option<String> {
    let starts = jssp.start_times(schedule).ok()?;
    let job = |(operations, starts): (&Vec<Operation>, &Vec<Cost>)| {
        let bar = |(operation, &start): (&Operation, &Cost)| Bar {
            row: operation.machine as usize,
            start,
            end: start + operation.duration,
        };
        operations.iter().zip(starts).map(bar).collect()
    };
    let bars: Vec<Vec<Bar>> = jssp.jobs.iter().zip(&starts).map(job).collect();
    Some(chart(&bars, &(0..jssp.machines).map(|machine| machine.to_string()).collect::<Vec<_>>(), caption))
}

/// The chart of a feasible plan, the stages one below the other; none for an infeasible one.
pub(crate) fn flow_gantt(ffsp: &Ffsp, plan: &Plan, caption: &Caption) -> Option<String> {
    ffsp.evaluate(plan).ok()?;
    let first = |stage: usize| ffsp.machines[..stage].iter().sum::<usize>();
    let job = |(job, tasks): (usize, &Vec<Task>)| {
        let bar = |(stage, task): (usize, &Task)| Bar {
            row: first(stage) + task.machine as usize,
            start: task.start,
            end: task.start + ffsp.time(stage, job, task.machine as usize),
        };
        tasks.iter().enumerate().map(bar).collect()
    };
    let bars: Vec<Vec<Bar>> = plan.tasks.iter().enumerate().map(job).collect();
    let stage = |(stage, &machines): (usize, &usize)| (0..machines).map(move |machine| format!("{stage}.{machine}"));
    let rows: Vec<String> = ffsp.machines.iter().enumerate().flat_map(stage).collect();
    Some(chart(&bars, &rows, caption))
}

/// The chart of bars \[jobs\] in rows with these names.
fn chart(jobs: &[Vec<Bar>], names: &[String], caption: &Caption) -> String {
    let makespan = jobs.iter().flatten().map(|bar| bar.end).max().unwrap_or(0);
    let row = (ROWS / names.len().max(1) as f64).clamp(ROW.0, ROW.1);
    let bottom = frame::HEAD + 24.0 + row * names.len() as f64;
    let mut svg = String::new();
    frame::open_sheet(&mut svg, [LEFT + WIDTH + RIGHT, bottom + FOOT], caption);
    let x = |time: Cost| LEFT + WIDTH * time as f64 / makespan.max(1) as f64;
    axis(&mut svg, makespan, bottom, x);
    rows(&mut svg, names, row);
    let style = Bars { row, font: (row * 0.42).min(12.0) };
    for (job, bars) in jobs.iter().enumerate() {
        let _ = writeln!(svg, r#"<g fill="{}"><title>job {job}</title>"#, palette::distinct(job));
        bars.iter().for_each(|bar| style.draw(&mut svg, job, bar.row, x(bar.start), x(bar.end)));
        svg.push_str("</g>\n");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// How bars are drawn.
struct Bars {
    row: f64,
    font: f64,
}

impl Bars {
    fn draw(&self, svg: &mut String, job: usize, machine: usize, from: f64, to: f64) {
        let gap = (0.12 * self.row).min(3.0);
        let (top, height) = (frame::HEAD + 24.0 + machine as f64 * self.row + gap / 2.0, self.row - gap);
        // A hairline between neighbours, unless nothing would be left of the bar.
        let width = (to - from - 0.6).max(0.3);
        let _ = writeln!(svg, r#"<rect x="{from:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="1.5"/>"#);
        if self.font >= 6.0 && to - from >= LABEL {
            let (x, y) = ((from + to) / 2.0, top + height / 2.0 + 0.35 * self.font);
            let (font, paper) = (self.font, palette::PAPER);
            let _ = writeln!(
                svg,
                r#"<text x="{x:.1}" y="{y:.1}" font-size="{font:.1}" fill="{paper}" text-anchor="middle">{job}</text>"#
            );
        }
    }
}

/// Names of rows, as many as are legible.
fn rows(svg: &mut String, names: &[String], row: f64) {
    let every = (13.0 / row).ceil() as usize;
    for (machine, name) in names.iter().enumerate().step_by(every) {
        let y = frame::HEAD + 24.0 + (machine as f64 + 0.5) * row + 4.0;
        let (x, grey) = (LEFT - 10.0, palette::GREY);
        let _ = writeln!(
            svg,
            r#"<text x="{x:.1}" y="{y:.1}" font-size="12" fill="{grey}" text-anchor="end">{name}</text>"#
        );
    }
}

/// Lines and numbers at round times, and the makespan.
fn axis(svg: &mut String, makespan: Cost, bottom: f64, x: impl Fn(Cost) -> f64) {
    let (top, faint, grey) = (frame::HEAD + 18.0, palette::FAINT, palette::GREY);
    let step = step(makespan);
    let mut time = 0;
    while time <= makespan {
        let at = x(time);
        let _ = writeln!(svg, r#"<path stroke="{faint}" d="M{at:.1} {top:.0}V{:.0}"/>"#, bottom + 6.0);
        // The last number would run into the makespan's.
        if x(makespan) - at > 60.0 || time == 0 {
            let number = thousands(&time.to_string());
            let _ = writeln!(
                svg,
                r#"<text x="{at:.1}" y="{:.0}" font-size="13" fill="{grey}" text-anchor="middle">{number}</text>"#,
                bottom + 24.0
            );
        }
        time += step;
    }
    let (at, dark) = (x(makespan), palette::DARK);
    let _ = writeln!(svg, r#"<path stroke="{dark}" d="M{at:.1} {top:.0}V{:.0}"/>"#, bottom + 6.0);
    let number = thousands(&makespan.to_string());
    let _ = writeln!(
        svg,
        r#"<text x="{at:.1}" y="{:.0}" font-size="13" font-weight="600" fill="{dark}"
text-anchor="middle">{number}</text>"#,
        bottom + 24.0
    );
    let _ = writeln!(
        svg,
        r#"<text x="{LEFT}" y="{:.0}" font-size="13" fill="{grey}"
>time; rows are machines, colours and numbers are jobs</text>"#,
        bottom + 46.0
    );
}

/// The smallest of 1, 2, 5, 10, 20, 50, ... that gives at most 12 steps.
fn step(makespan: Cost) -> Cost {
    let mut decade: Cost = 1;
    loop {
        for factor in [1, 2, 5] {
            if makespan / (decade * factor) <= 12 {
                return decade * factor;
            }
        }
        decade *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_jobs() -> Jssp {
        let operation = |(machine, duration)| Operation { machine, duration };
        let jobs = [[(0, 3), (1, 2)], [(1, 4), (0, 1)]];
        Jssp::new("two", 2, jobs.iter().map(|job| job.iter().copied().map(operation).collect()).collect())
    }

    #[test]
    fn chart_has_a_bar_per_operation() {
        let svg = gantt(&two_jobs(), &Schedule::Sequences(vec![vec![0, 1], vec![1, 0]]), &Caption::default()).unwrap();
        assert_eq!(svg.matches(r#"rx="1.5""#).count(), 4);
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn infeasible_schedule_has_no_chart() {
        assert_eq!(gantt(&two_jobs(), &Schedule::Sequences(vec![vec![1, 0], vec![0, 1]]), &Caption::default()), None);
    }

    #[test]
    fn an_empty_shop_has_an_empty_chart() {
        let jssp = Jssp::new("none", 0, Vec::new());
        let svg = gantt(&jssp, &Schedule::Sequences(Vec::new()), &Caption::default()).unwrap();
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn steps_are_round() {
        assert_eq!([0, 12, 13, 930, 5_464].map(step), [1, 1, 2, 100, 500]);
    }
}
