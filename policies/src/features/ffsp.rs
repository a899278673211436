//! Flexible flow shops: nodes are jobs on the machines of a stage, and a choice is a job, on the machine that ends it
//! first. The job that could end its next stage first names the stage, and the jobs that could begin there before that
//! end are the choices.

use heuron_problems::ffsp::construct::Partial;
use heuron_problems::{Construct, Cost, Ffsp};

use super::shop::{Choices, Floor, NONE, Relation, Shop, squash};
use crate::architecture::Task;

/// Numbers per job and machine.
pub const NODE: usize = 9;

/// Which of them is the processing time.
pub const TIME: usize = 0;

/// Numbers per choice.
pub const CHOICE: usize = 21;

/// A plan under way.
#[derive(Clone, Debug)]
pub struct Board {
    partial: Partial,
    /// Tasks so far.
    done: usize,
    makespan: Cost,
}

/// The next task of a job, on the machine that ends it first.
#[derive(Clone, Copy, Debug)]
struct Next {
    job: usize,
    stage: usize,
    machine: usize,
    start: Cost,
    end: Cost,
    /// When the second best machine would end it; the same without one.
    second: Cost,
    /// Least work of the stages after it.
    tail: Cost,
}

/// What the choices are compared with.
#[derive(Clone, Copy, Debug)]
struct Summary {
    first_start: Cost,
    first_end: Cost,
    /// The longest job if nothing more gets in the way.
    longest: Cost,
    /// Jobs that wait for the stage or for one before it.
    waiting: usize,
    /// When the machines of the stage are free, on average.
    mean_free: f32,
    count: usize,
    most_tail: Cost,
    work: Cost,
}

impl Shop for Ffsp {
    const TASK: Task = Task::Ffsp;

    type Board = Board;

    fn floor(&self) -> Floor {
        let (mut sum, mut count) = (0, 0);
        self.times.iter().flatten().flatten().for_each(|&time| (sum, count) = (sum + time, count + 1));
        let least = |stage: usize, job: usize| self.times[stage][job].iter().copied().min().unwrap_or(0);
        let total = |job: usize| -> Cost { (0..self.stages()).map(|stage| least(stage, job)).sum() };
        let load = |stage: usize| -> Cost {
            (0..self.jobs).map(|job| least(stage, job)).sum::<Cost>() / self.machines[stage] as Cost
        };
        let longest = (0..self.jobs).map(total).max().unwrap_or(0);
        let busiest = (0..self.stages()).map(load).max().unwrap_or(0);
        // By stages and jobs: what follows a stage.
        let tails = (0..self.stages()).flat_map(|stage| {
            (0..self.jobs).map(move |job| (stage + 1..self.stages()).map(|later| least(later, job)).sum())
        });
        let mut floor = Floor {
            relations: relations(self),
            first: offsets(self),
            tails: tails.collect(),
            unit: (sum as f32 / count.max(1) as f32).max(1.0),
            span: longest.max(busiest).max(1) as f32,
            ..Floor::default()
        };
        describe(self, &mut floor);
        floor
    }

    fn board(&self) -> Board {
        Board { partial: self.start(), done: 0, makespan: 0 }
    }

    fn choices(&self, floor: &Floor, board: &Board, into: &mut Choices) {
        into.clear();
        let nexts: Vec<Next> = (0..self.jobs).filter_map(|job| next(self, floor, board, job)).collect();
        let node = |next: &Next| floor.first[next.stage] + (next.job * self.machines[next.stage] + next.machine) as u32;
        into.field.extend(nexts.iter().map(node));
        let Some(first) = nexts.iter().min_by_key(|next| next.end) else { return };
        let is_choice = |next: &&Next| next.stage == first.stage && (next.start < first.end || next.job == first.job);
        let choices: Vec<Next> = nexts.iter().filter(is_choice).copied().collect();
        into.actions.extend(choices.iter().map(|next| (next.job * self.widest() + next.machine) as u32));
        into.nodes.extend(choices.iter().map(node));
        if choices.len() < 2 {
            return;
        }
        let machines = 0..self.machines[first.stage];
        let free: Cost = machines.map(|machine| board.partial.machine_free(first.stage, machine)).sum();
        let summary = Summary {
            first_start: nexts.iter().map(|next| next.start).min().unwrap_or(0),
            first_end: first.end,
            longest: nexts.iter().map(|next| next.end + next.tail).max().unwrap_or(0),
            waiting: nexts.iter().filter(|next| next.stage <= first.stage).count(),
            mean_free: free as f32 / self.machines[first.stage] as f32,
            count: choices.len(),
            most_tail: choices.iter().map(|next| next.tail).max().unwrap_or(0),
            work: choices.iter().map(|next| next.end - next.start).sum(),
        };
        for choice in &choices {
            let part = |is_before: fn(&Next, &Next) -> bool| {
                choices.iter().filter(|other| is_before(other, choice)).count() as f32 / choices.len() as f32
            };
            let longer = part(|other, own| other.tail > own.tail);
            let quicker = part(|other, own| other.end - other.start < own.end - own.start);
            into.features.extend(judge(self, floor, board, &summary, choice, [longer, quicker]));
        }
    }

    fn advance(&self, board: &mut Board, action: u32) {
        let (job, machine) = (action as usize / self.widest(), action as usize % self.widest());
        let stage = board.partial.stage(job);
        let start = board.partial.job_free(job).max(board.partial.machine_free(stage, machine));
        board.makespan = board.makespan.max(start + self.time(stage, job, machine));
        board.done += 1;
        self.step(&mut board.partial, action);
    }

    fn state(board: &Board) -> &Partial {
        &board.partial
    }
}

/// Goes on with a plan under way.
pub fn resume(ffsp: &Ffsp, partial: &Partial) -> Board {
    let done = (0..ffsp.jobs).map(|job| partial.stage(job)).sum();
    let makespan = (0..ffsp.jobs).map(|job| partial.job_free(job)).max().unwrap_or(0);
    Board { partial: partial.clone(), done, makespan }
}

fn next(ffsp: &Ffsp, floor: &Floor, board: &Board, job: usize) -> Option<Next> {
    let stage = board.partial.stage(job);
    let count = *ffsp.machines.get(stage)?;
    let start = |machine: usize| board.partial.job_free(job).max(board.partial.machine_free(stage, machine));
    let end = |machine: usize| start(machine) + ffsp.time(stage, job, machine);
    // The first of those that end it first; a stage has at least one machine.
    let machine = (0..count).min_by_key(|&machine| end(machine))?;
    let second = (0..count).filter(|&other| other != machine).map(end).min().unwrap_or(end(machine));
    let tail = floor.tails[stage * ffsp.jobs + job];
    Some(Next { job, stage, machine, start: start(machine), end: end(machine), second, tail })
}

/// The numbers of a choice.
fn judge(
    ffsp: &Ffsp,
    floor: &Floor,
    board: &Board,
    summary: &Summary,
    choice: &Next,
    ranks: [f32; 2],
) -> [f32; CHOICE] {
    let Next { job, stage, machine, start, end, second, tail } = *choice;
    let late = |time: Cost| squash(time as f32 / floor.unit);
    let time = end - start;
    let least = ffsp.times[stage][job].iter().copied().min().unwrap_or(0);
    let has_next = stage + 1 < ffsp.stages();
    let (wait, following) = if has_next {
        let machines = 0..ffsp.machines[stage + 1];
        let free = machines.map(|machine| board.partial.machine_free(stage + 1, machine)).min().unwrap_or(0);
        (late(free - end), late(ffsp.times[stage + 1][job].iter().copied().min().unwrap_or(0)))
    } else {
        (0.0, 0.0)
    };
    [
        late(start - summary.first_start),
        late(end - summary.first_end),
        late(start - board.partial.machine_free(stage, machine)),
        late(start - board.partial.job_free(job)),
        tail as f32 / floor.span,
        late(time),
        late(time - least),
        late(second - end),
        stage as f32 / ffsp.stages() as f32,
        summary.waiting as f32 / ffsp.jobs as f32,
        late(summary.longest - end - tail),
        squash(summary.count as f32 - 1.0),
        late(summary.most_tail - tail),
        late(time) - squash(summary.work as f32 / summary.count as f32 / floor.unit),
        board.done as f32 / (ffsp.jobs * ffsp.stages()) as f32,
        late(board.makespan - start),
        wait,
        following,
        squash((summary.mean_free - end as f32) / floor.unit),
        ranks[0],
        ranks[1],
    ]
}

/// The first node of every stage.
fn offsets(ffsp: &Ffsp) -> Vec<u32> {
    ffsp.machines
        .iter()
        .scan(0, |node, machines| Some(std::mem::replace(node, *node + (machines * ffsp.jobs) as u32)))
        .collect()
}

/// Stage, job and machine of every node.
fn nodes(ffsp: &Ffsp) -> impl Iterator<Item = (usize, usize, usize)> {
    ffsp.machines.iter().enumerate().flat_map(|(stage, &machines)| {
        (0..ffsp.jobs).flat_map(move |job| (0..machines).map(move |machine| (stage, job, machine)))
    })
}

/// All of the job, all of the machine, and the job at the stages before and after.
fn relations(ffsp: &Ffsp) -> [Relation; 4] {
    let first: Vec<u32> =
        ffsp.machines.iter().scan(0, |sum, count| Some(std::mem::replace(sum, *sum + *count as u32))).collect();
    let job: Vec<u32> = nodes(ffsp).map(|(_, job, _)| job as u32).collect();
    let machine: Vec<u32> = nodes(ffsp).map(|(stage, _, machine)| first[stage] + machine as u32).collect();
    let visit = |stage: usize, job: usize| (stage * ffsp.jobs + job) as u32;
    let own: Vec<u32> = nodes(ffsp).map(|(stage, job, _)| visit(stage, job)).collect();
    let before = nodes(ffsp).map(|(stage, job, _)| stage.checked_sub(1).map_or(NONE, |stage| visit(stage, job)));
    let after = nodes(ffsp).map(|(stage, job, _)| if stage + 1 < ffsp.stages() { visit(stage + 1, job) } else { NONE });
    let visits = ffsp.stages() * ffsp.jobs;
    [
        Relation { of: job.clone(), hears: job, groups: ffsp.jobs },
        Relation { of: machine.clone(), hears: machine, groups: ffsp.machines.iter().sum() },
        Relation { hears: before.collect(), of: own.clone(), groups: visits },
        Relation { hears: after.collect(), of: own, groups: visits },
    ]
}

/// Fills in the numbers of the nodes. O(nodes log jobs).
fn describe(ffsp: &Ffsp, floor: &mut Floor) {
    let (unit, span, jobs) = (floor.unit, floor.span, ffsp.jobs);
    let part = |smaller: usize, count: usize| smaller as f32 / count as f32;
    let mut heads: Vec<Cost> = vec![0; jobs];
    for (stage, rows) in ffsp.times.iter().enumerate() {
        let least: Vec<Cost> = rows.iter().map(|row| row.iter().copied().min().unwrap_or(0)).collect();
        let columns: Vec<Column> =
            (0..ffsp.machines[stage]).map(|machine| Column::new(rows.iter().map(|row| row[machine]), &least)).collect();
        for (job, row) in rows.iter().enumerate() {
            let mut sorted = row.clone();
            sorted.sort_unstable();
            floor.nodes.extend(row.iter().zip(&columns).flat_map(|(&time, column)| {
                [
                    time as f32 / unit / 2.0,
                    squash((time - least[job]) as f32 / unit),
                    squash((time as f32 - column.sum as f32 / jobs as f32) / unit),
                    part(sorted.partition_point(|&other| other < time), row.len()),
                    part(column.sorted.partition_point(|&other| other < time), jobs),
                    heads[job] as f32 / span,
                    floor.tails[stage * jobs + job] as f32 / span,
                    stage as f32 / ffsp.stages() as f32,
                    part(column.favourites, jobs),
                ]
            }));
        }
        heads.iter_mut().zip(least).for_each(|(head, least)| *head += least);
    }
}

/// The times of all jobs on a machine.
struct Column {
    /// In ascending order.
    sorted: Vec<Cost>,
    sum: Cost,
    /// Jobs for which no machine of the stage is faster.
    favourites: usize,
}

impl Column {
    fn new(times: impl Iterator<Item = Cost>, least: &[Cost]) -> Self {
        let mut sorted: Vec<Cost> = times.collect();
        let favourites = sorted.iter().zip(least).filter(|(time, least)| time == least).count();
        sorted.sort_unstable();
        Self { sum: sorted.iter().sum(), sorted, favourites }
    }
}
