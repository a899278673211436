//! Tests of single values: if an operation cannot begin in the first part of its window, it begins later (Martin and
//! Shmoys, 1996, section 3: "shaving").

use heuron_problems::Cost;

use super::windows::{Agenda, Conflict, Shop, Side, Windows};
use crate::run::Watch;

/// Part of the room of all windows that a round of tests must take away for another one to follow, at the nodes of a
/// tree. With 0.05 trees have two thirds of the nodes and take as long or longer (nine files of 10 x 10 and 15 x 10).
const WORTH: f64 = 0.2;

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
    rounds(shop, windows, agenda, None, watch)
}

/// As [`shave`], as long as that does much.
pub fn trim(shop: &Shop<'_>, windows: &mut Windows, agenda: &mut Agenda, watch: &Watch) -> Result<(), Conflict> {
    rounds(shop, windows, agenda, Some(WORTH), watch)
}

fn rounds(
    shop: &Shop<'_>,
    windows: &mut Windows,
    agenda: &mut Agenda,
    worth: Option<f64>,
    watch: &Watch,
) -> Result<(), Conflict> {
    let mut trial = windows.clone();
    let room = |windows: &Windows| -> Cost { shop.model.all().map(|node| shop.room(windows, node)).sum() };
    loop {
        let before = room(windows);
        for node in shop.machines.iter().flatten().copied() {
            let window = |windows: &Windows| (windows.head[node as usize], windows.end[node as usize]);
            // What nothing has changed since its last test seldom fails now: up to twice as fast on 15 x 15 (ta01).
            if worth.is_some() && window(windows) == windows.tested[node as usize] {
                continue;
            }
            if watch.is_late() {
                return Ok(());
            }
            for side in [Side::First, Side::Last] {
                narrow(shop, windows, &mut trial, node, side, agenda)?;
            }
            windows.tested[node as usize] = window(windows);
        }
        let gone = before - room(windows);
        if gone == 0 || worth.is_some_and(|worth| (gone as f64) < worth * before as f64) {
            return Ok(());
        }
    }
}

/// Cuts parts of growing length off one side of a window while no schedule has the operation there.
fn narrow(
    shop: &Shop<'_>,
    windows: &mut Windows,
    trial: &mut Windows,
    node: u32,
    side: Side,
    agenda: &mut Agenda,
) -> Result<(), Conflict> {
    let (head, end, duration) = (windows.head[node as usize], windows.end[node as usize], shop.duration(node));
    // Nothing is refuted by what the window says anyway.
    let room = shop.room(windows, node);
    let (mut gone, mut step) = (0, 1);
    while gone < room {
        let cut = (gone + step).min(room);
        trial.head.copy_from_slice(&windows.head);
        trial.end.copy_from_slice(&windows.end);
        let narrowed = match side {
            Side::First => shop.lower(trial, node, head + duration + cut - 1, agenda),
            Side::Last => shop.raise(trial, node, end - duration - cut + 1, agenda),
        };
        if narrowed.and_then(|()| shop.propagate(trial, agenda)).is_ok() {
            break;
        }
        (gone, step) = (cut, 2 * step);
    }
    if gone == 0 {
        return Ok(());
    }
    match side {
        Side::First => shop.raise(windows, node, head + gone, agenda)?,
        Side::Last => shop.lower(windows, node, end - gone, agenda)?,
    }
    shop.propagate(windows, agenda)
}
