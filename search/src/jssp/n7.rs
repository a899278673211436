//! The neighbourhood N7: on every block of a critical path, any operation to the front or the rear (N6; E. Balas and A.
//! Vazacopoulos, 1998), and the first and last one to any place inside.
//!
//! Source: C. Y. Zhang, P. Li, Z. Guan and Y. Rao, "A tabu search algorithm with a new neighborhood structure for the
//! job shop scheduling problem", Computers & Operations Research 34, 2007.

use heuron_problems::{Cost, Stream};
use rand::Rng;

use super::graph::{Graph, Move};

/// Longest stretch that a move may change. Longer ones cost more to evaluate than they are worth.
const REACH: usize = 64;

/// A random critical path of the graph, from the first to the last operation.
pub fn critical_path(graph: &Graph<'_>, rng: &mut Stream, path: &mut Vec<u32>) {
    path.clear();
    let makespan = graph.makespan();
    // Reservoir sampling: every candidate is equally likely.
    let mut seen = 0;
    let mut current = 0;
    for job in 0..graph.model.jobs() {
        let first = graph.model.job(job).start;
        if graph.node(first).out == makespan && !graph.model.job(job).is_empty() {
            seen += 1;
            if seen == 1 || rng.random_range(0..seen) == 0 {
                current = first;
            }
        }
    }
    while current != 0 {
        path.push(current);
        let node = graph.node(current);
        let rest = node.out - node.duration;
        let continues = |next: u32| graph.node(next).out == rest && graph.rank[next as usize] != u32::MAX;
        current = match (continues(current + 1), continues(node.after)) {
            (true, true) if rng.random_bool(0.5) => current + 1,
            (_, true) => node.after,
            (true, false) => current + 1,
            (false, false) => 0,
        };
    }
}

/// Calls `visit` with every move of N7 on the blocks of a critical path that cannot be ruled out and is safe.
///
/// In the first block only what comes last matters, in the last block only what comes first (J. Grabowski, E. Nowicki
/// and S. Zdrzalka, 1986).
pub fn moves(graph: &Graph<'_>, path: &[u32], mut visit: impl FnMut(Move)) {
    let machine = |node: u32| graph.model.machine_of[node as usize];
    let mut offer = |change: Move| {
        if graph.is_safe(change) {
            visit(change);
        }
    };
    let mut from = 0;
    for block in path.chunk_by(|&a, &b| machine(a) == machine(b)) {
        let (is_first, is_last) = (from == 0, from + block.len() == path.len());
        from += block.len();
        let [first, .., last] = *block else { continue };
        let size = block.len();
        if !is_last {
            // To the rear, the first operation included; and the last one inside.
            for &operation in &block[size.saturating_sub(REACH)..size - 1] {
                offer(Move::Behind { operation, target: last });
            }
            let inside = size.saturating_sub(REACH).max(usize::from(!is_first))..size - 2;
            for &target in block.get(inside).unwrap_or_default() {
                offer(Move::Before { operation: last, target });
            }
        }
        if !is_first {
            // To the front. An exchange of two neighbours was already met if it is also a move to the rear.
            let met = size == 2 && !is_last;
            for &operation in &block[1 + usize::from(met)..size.min(REACH)] {
                offer(Move::Before { operation, target: first });
            }
            for &target in block.get(2..(size - usize::from(!is_last)).min(REACH)).unwrap_or_default() {
                offer(Move::Behind { operation: first, target });
            }
        }
    }
}

/// An estimate of the makespan after a move, from the heads and tails around it (E. Balas and A. Vazacopoulos, 1998):
/// the longest path through the operations of the changed stretch, with the job neighbours' heads and tails as they are
/// before the move. Exact for that path where two neighbours change places; `ends` is room for the stretch.
///
/// Gives up with a value beyond `limit` as soon as the estimate is known to exceed it.
pub fn estimate(graph: &Graph<'_>, change: Move, limit: Cost, ends: &mut Vec<Cost>) -> Cost {
    let end = |node: u32| graph.node(node).end;
    let out = |node: u32| graph.node(node).out;
    ends.clear();
    let mut longest = 0;
    match change {
        Move::Behind { operation, target } => {
            // New sequence: what follows `operation` up to `target`, then `operation`.
            let mut free = end(graph.node(operation).before);
            let mut node = operation;
            while node != target {
                node = graph.node(node).after;
                free = free.max(end(node - 1)) + graph.node(node).duration;
                ends.push(free);
            }
            let after = graph.node(target).after;
            free = free.max(end(operation - 1));
            let mut rest = out(after).max(out(operation + 1)) + graph.node(operation).duration;
            longest = longest.max(free + rest);
            for &end in ends.iter().rev() {
                if longest > limit {
                    break;
                }
                rest = rest.max(out(node + 1));
                longest = longest.max(end + rest);
                rest += graph.node(node).duration;
                node = graph.node(node).before;
            }
        }
        Move::Before { operation, target } => {
            // New sequence: `operation`, then `target` up to what precedes `operation`. Mirrored: from the rear.
            let mut rest = out(graph.node(operation).after);
            let mut node = operation;
            while node != target {
                node = graph.node(node).before;
                rest = rest.max(out(node + 1)) + graph.node(node).duration;
                ends.push(rest);
            }
            let before = graph.node(target).before;
            rest = rest.max(out(operation + 1));
            let mut free = end(before).max(end(operation - 1)) + graph.node(operation).duration;
            longest = longest.max(free + rest);
            for &out in ends.iter().rev() {
                if longest > limit {
                    break;
                }
                free = free.max(end(node - 1));
                longest = longest.max(free + out);
                free += graph.node(node).duration;
                node = graph.node(node).after;
            }
        }
    }
    longest
}
