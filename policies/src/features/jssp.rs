//! Job shops: nodes are operations, and a choice is one between the operations that compete for a machine in the
//! construction of active schedules (B. Giffler and G. L. Thompson, "Algorithms for solving production-scheduling
//! problems", Operations Research 8, 1960): the operation that could end first names the machine, and the operations
//! that could start there before that end are the choices. Every active schedule, and so an optimal one, comes of
//! exactly one sequence of choices.

use heuron_problems::jssp::construct::Partial;
use heuron_problems::{Construct, Cost, Jssp};

use super::shop::{Choices, Floor, NONE, Relation, Shop, squash};
use crate::architecture::Task;

/// Numbers per operation.
pub const OPERATION: usize = 13;

/// Numbers per choice.
pub const CHOICE: usize = 24;

/// A schedule under way.
#[derive(Clone, Debug)]
pub struct Board {
    partial: Partial,
    /// Work that is still to come \[machines\].
    loads: Vec<Cost>,
    /// Operations scheduled.
    done: usize,
    makespan: Cost,
}

/// The next operation of a job.
#[derive(Clone, Copy, Debug)]
struct Next {
    job: usize,
    machine: usize,
    node: u32,
    start: Cost,
    end: Cost,
    /// Work of the job after it.
    tail: Cost,
}

/// What the choices are compared with.
#[derive(Clone, Copy, Debug)]
struct Summary {
    /// Over the next operations of all jobs.
    first_start: Cost,
    mean_start: f32,
    /// The longest job and machine if nothing more gets in the way.
    longest_job: Cost,
    longest_machine: Cost,
    /// Over the choices.
    count: usize,
    least_tail: Cost,
    most_tail: Cost,
    work: Cost,
}

impl Shop for Jssp {
    const TASK: Task = Task::Jssp;

    type Board = Board;

    fn floor(&self) -> Floor {
        let first: Vec<u32> =
            self.jobs.iter().scan(0, |node, job| Some(std::mem::replace(node, *node + job.len() as u32))).collect();
        let tails = self.jobs.iter().flat_map(|job| {
            let total: Cost = job.iter().map(|operation| operation.duration).sum();
            job.iter().scan(total, |left, operation| {
                *left -= operation.duration;
                Some(*left)
            })
        });
        let durations = || self.jobs.iter().flatten().map(|operation| operation.duration);
        let work: Cost = durations().sum();
        let longest = self.jobs.iter().map(|job| job.iter().map(|operation| operation.duration).sum()).max();
        let busiest = loads(self).into_iter().max();
        let mut floor = Floor {
            nodes: Vec::with_capacity(self.operations() * OPERATION),
            relations: relations(self),
            first,
            tails: tails.collect(),
            unit: (work as f32 / self.operations().max(1) as f32).max(1.0),
            span: longest.max(busiest).unwrap_or(0).max(1) as f32,
        };
        describe(self, &mut floor);
        floor
    }

    fn board(&self) -> Board {
        Board { partial: self.start(), loads: loads(self), done: 0, makespan: 0 }
    }

    fn choices(&self, floor: &Floor, board: &Board, into: &mut Choices) {
        into.clear();
        let nexts: Vec<Next> = (0..self.jobs.len()).filter_map(|job| next(self, floor, board, job)).collect();
        into.field.extend(nexts.iter().map(|next| next.node));
        // The first of those that could end first.
        let Some(earliest) = nexts.iter().min_by_key(|next| next.end) else { return };
        // An operation of length 0 may end at its start: then it alone is certain to be a choice.
        let is_choice =
            |next: &&Next| next.machine == earliest.machine && (next.start < earliest.end || next.job == earliest.job);
        let choices: Vec<Next> = nexts.iter().filter(is_choice).copied().collect();
        into.actions.extend(choices.iter().map(|next| next.job as u32));
        into.nodes.extend(choices.iter().map(|next| next.node));
        if choices.len() < 2 {
            return;
        }
        let machine = |machine: usize| board.partial.machine_free(machine) + board.loads[machine];
        let summary = Summary {
            first_start: nexts.iter().map(|next| next.start).min().unwrap_or(0),
            mean_start: nexts.iter().map(|next| next.start).sum::<Cost>() as f32 / nexts.len() as f32,
            longest_job: nexts.iter().map(|next| next.end + next.tail).max().unwrap_or(0),
            longest_machine: (0..self.machines).map(machine).max().unwrap_or(0),
            count: choices.len(),
            least_tail: choices.iter().map(|next| next.tail).min().unwrap_or(0),
            most_tail: choices.iter().map(|next| next.tail).max().unwrap_or(0),
            work: choices.iter().map(|next| next.end - next.start).sum(),
        };
        for choice in &choices {
            let part = |is_before: fn(&Next, &Next) -> bool| {
                choices.iter().filter(|other| is_before(other, choice)).count() as f32 / choices.len() as f32
            };
            let ranks = [part(|other, own| other.tail > own.tail), part(|other, own| other.start < own.start)];
            // The longest rival if it has to wait.
            let rivals = choices.iter().filter(|other| other.job != choice.job);
            let after = rivals.map(|other| other.start.max(choice.end) + other.end - other.start + other.tail).max();
            into.features.extend(judge(self, floor, board, &summary, choice, after.unwrap_or(0), ranks));
        }
    }

    fn advance(&self, board: &mut Board, action: u32) {
        let Some((operation, start)) = self.upcoming(&board.partial, action as usize) else { return };
        board.loads[operation.machine as usize] -= operation.duration;
        board.makespan = board.makespan.max(start + operation.duration);
        board.done += 1;
        self.step(&mut board.partial, action);
    }

    fn state(board: &Board) -> &Partial {
        &board.partial
    }
}

fn next(jssp: &Jssp, floor: &Floor, board: &Board, job: usize) -> Option<Next> {
    let (operation, start) = jssp.upcoming(&board.partial, job)?;
    let node = floor.first[job] + board.partial.scheduled(job) as u32;
    let (machine, end) = (operation.machine as usize, start + operation.duration);
    Some(Next { job, machine, node, start, end, tail: floor.tails[node as usize] })
}

/// Work of every machine.
fn loads(jssp: &Jssp) -> Vec<Cost> {
    let mut loads = vec![0; jssp.machines];
    jssp.jobs.iter().flatten().for_each(|operation| loads[operation.machine as usize] += operation.duration);
    loads
}

/// The numbers of a choice. `after`: the longest of the rivals that then wait.
fn judge(
    jssp: &Jssp,
    floor: &Floor,
    board: &Board,
    summary: &Summary,
    choice: &Next,
    after: Cost,
    ranks: [f32; 2],
) -> [f32; CHOICE] {
    let Next { job, machine, start, end, tail, .. } = *choice;
    let late = |time: Cost| squash(time as f32 / floor.unit);
    let share = |work: Cost| work as f32 / floor.span;
    let (free, load, place) = (board.partial.machine_free(machine), board.loads[machine], board.partial.scheduled(job));
    let following = jssp.jobs[job].get(place + 1);
    let (wait, queue, duration) = following.map_or((0.0, 0.0, 0.0), |operation| {
        let machine = operation.machine as usize;
        (late(board.partial.machine_free(machine) - end), share(board.loads[machine]), late(operation.duration))
    });
    let (longest_job, longest_machine) = (summary.longest_job, summary.longest_machine);
    let rest = summary.work - (end - start);
    [
        late(start - summary.first_start),
        late(end - board.makespan),
        late(start - free),
        late(start - board.partial.job_free(job)),
        share(tail),
        late(end - start),
        share(load),
        (jssp.jobs[job].len() - place) as f32 / jssp.jobs[job].len() as f32,
        late(longest_job - end - tail),
        late(longest_machine - free - load),
        squash(summary.count as f32 - 1.0),
        late(summary.most_tail - tail),
        late(end - start) - squash(summary.work as f32 / summary.count as f32 / floor.unit),
        board.done as f32 / jssp.operations() as f32,
        late(board.makespan - start),
        squash((start as f32 - summary.mean_start) / floor.unit),
        wait,
        queue,
        f32::from(u8::from(following.is_some())),
        duration,
        ranks[0],
        ranks[1],
        late(after - longest_job),
        late(end + rest + summary.least_tail - longest_job),
    ]
}

/// Neighbours in the job and on the machine.
fn relations(jssp: &Jssp) -> [Relation; 4] {
    let n = jssp.operations();
    let own: Vec<u32> = (0..n as u32).collect();
    let jobs = (0..).zip(&jssp.jobs);
    let job: Vec<u32> = jobs.flat_map(|(job, operations)| operations.iter().map(move |_| job)).collect();
    let machine: Vec<u32> = jssp.jobs.iter().flatten().map(|operation| operation.machine).collect();
    let neighbour = |node: usize, other: usize| if job.get(other) == Some(&job[node]) { other as u32 } else { NONE };
    let before = (0..n).map(|node| node.checked_sub(1).map_or(NONE, |other| neighbour(node, other))).collect();
    let after = (0..n).map(|node| neighbour(node, node + 1)).collect();
    [
        Relation { of: job.clone(), hears: job.clone(), groups: jssp.jobs.len() },
        Relation { of: machine.clone(), hears: machine, groups: jssp.machines },
        Relation { of: own.clone(), hears: before, groups: n },
        Relation { of: own, hears: after, groups: n },
    ]
}

/// What the operations of a machine have in common.
#[derive(Clone, Copy, Debug)]
struct Machine {
    work: Cost,
    count: usize,
    /// Sum of the middles of its operations, each at its earliest.
    middles: f32,
    least_head: Cost,
    least_tail: Cost,
}

/// Fills in the numbers of the operations. O(operations log jobs).
fn describe(jssp: &Jssp, floor: &mut Floor) {
    let idle = Machine { work: 0, count: 0, middles: 0.0, least_head: Cost::MAX, least_tail: Cost::MAX };
    let mut machines = vec![idle; jssp.machines];
    let (mut heads, mut tails) = (vec![Vec::new(); jssp.machines], vec![Vec::new(); jssp.machines]);
    let head = |floor: &Floor, job: usize, place: usize, duration: Cost| {
        let first = floor.first[job] as usize;
        floor.tails[first] + jssp.jobs[job][0].duration - floor.tails[first + place] - duration
    };
    for (job, operations) in jssp.jobs.iter().enumerate() {
        for (place, operation) in operations.iter().enumerate() {
            let (head, tail) =
                (head(floor, job, place, operation.duration), floor.tails[floor.first[job] as usize + place]);
            let machine = &mut machines[operation.machine as usize];
            machine.work += operation.duration;
            machine.count += 1;
            machine.middles += head as f32 + 0.5 * operation.duration as f32;
            machine.least_head = machine.least_head.min(head);
            machine.least_tail = machine.least_tail.min(tail);
            heads[operation.machine as usize].push(head);
            tails[operation.machine as usize].push(tail);
        }
    }
    heads.iter_mut().chain(&mut tails).for_each(|list| list.sort_unstable());
    let (unit, span) = (floor.unit, floor.span);
    for (job, operations) in jssp.jobs.iter().enumerate() {
        let total: Cost = operations.iter().map(|operation| operation.duration).sum();
        for (place, operation) in operations.iter().enumerate() {
            let duration = operation.duration as f32;
            let (head, tail) =
                (head(floor, job, place, operation.duration), floor.tails[floor.first[job] as usize + place]);
            let machine = machines[operation.machine as usize];
            let count = machine.count as f32;
            let earlier = heads[operation.machine as usize].partition_point(|&other| other < head);
            let shorter = tails[operation.machine as usize].partition_point(|&other| other <= tail);
            floor.nodes.extend([
                duration / unit / 2.0,
                squash((duration - total as f32 / operations.len() as f32) / unit),
                squash((duration - machine.work as f32 / count) / unit),
                head as f32 / span,
                tail as f32 / span,
                total as f32 / span,
                machine.work as f32 / span,
                (head as f32 + 0.5 * duration - machine.middles / count) / span,
                earlier as f32 / count,
                (machine.count - shorter) as f32 / count,
                place as f32 / operations.len() as f32,
                machine.least_head as f32 / unit / 4.0,
                machine.least_tail as f32 / unit / 4.0,
            ]);
        }
    }
}
