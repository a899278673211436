//! Tests of single values: if an operation cannot begin in the first part of its window, it begins later (Martin and
//! Shmoys, 1996, section 3: "shaving").

use heuron_problems::Cost;

use super::windows::{Agenda, Conflict, Shop, Windows};
use crate::run::Watch;

/// Whether narrowing the windows alone shows that no schedule ends at `limit`.
pub fn refutes(shop: &Shop<'_>, limit: Cost, watch: &Watch) -> bool {
    let mut agenda = Agenda::default();
    let narrowed = shop.open(limit, &mut agenda).and_then(|mut windows| {
        shop.propagate(&mut windows, &mut agenda)?;
        shave(shop, &mut windows, &mut agenda, watch)
    });
    narrowed.is_err()
}

/// Narrows the windows until no test of a beginning or an end does any more, or the watch says stop.
pub fn shave(shop: &Shop<'_>, windows: &mut Windows, agenda: &mut Agenda, watch: &Watch) -> Result<(), Conflict> {
    let nodes: Vec<u32> = shop.machines.concat();
    loop {
        let mut changed = false;
        for &node in &nodes {
            if watch.is_late() {
                return Ok(());
            }
            changed |= shave_head(shop, windows, node, agenda)?;
            changed |= shave_end(shop, windows, node, agenda)?;
        }
        if !changed {
            return Ok(());
        }
    }
}

/// Parts of growing length of a window that are refuted one after the other, from its first value on.
fn refuted(mut test: impl FnMut(Cost) -> bool, room: Cost) -> Cost {
    let (mut gone, mut step) = (0, 1);
    while gone <= room && test((gone + step - 1).min(room)) {
        gone = (gone + step).min(room + 1);
        step *= 2;
    }
    gone
}

fn shave_head(shop: &Shop<'_>, windows: &mut Windows, node: u32, agenda: &mut Agenda) -> Result<bool, Conflict> {
    let (head, end) = (windows.head[node as usize], windows.end[node as usize]);
    let least = head + shop.duration(node);
    let test = |part: Cost| {
        let mut trial = windows.clone();
        let lowered = shop.lower(&mut trial, node, least + part, agenda);
        lowered.and_then(|()| shop.propagate(&mut trial, agenda)).is_err()
    };
    // Nothing is refuted by what the window says anyway.
    let gone = if end == least { 0 } else { refuted(test, end - least - 1) };
    if gone > 0 {
        shop.raise(windows, node, head + gone, agenda)?;
        shop.propagate(windows, agenda)?;
    }
    Ok(gone > 0)
}

fn shave_end(shop: &Shop<'_>, windows: &mut Windows, node: u32, agenda: &mut Agenda) -> Result<bool, Conflict> {
    let (head, end) = (windows.head[node as usize], windows.end[node as usize]);
    let latest = end - shop.duration(node);
    let test = |part: Cost| {
        let mut trial = windows.clone();
        let raised = shop.raise(&mut trial, node, latest - part, agenda);
        raised.and_then(|()| shop.propagate(&mut trial, agenda)).is_err()
    };
    let gone = if head == latest { 0 } else { refuted(test, latest - head - 1) };
    if gone > 0 {
        shop.lower(windows, node, end - gone, agenda)?;
        shop.propagate(windows, agenda)?;
    }
    Ok(gone > 0)
}
