//! Embeds the solver: an instance built in code from a distance matrix, routes read from the answer, and a run that
//! another thread ends.
//!
//! `cargo run --release --example embed`

use std::thread;
use std::time::Duration;

use heuron::problems::{Cvrp, Distances};
use heuron::{Error, Instance, Options, Solution, solve};

/// A depot and 80 customers on the street corners of a town: distances are what a van drives, not the crow's flight.
fn town() -> Cvrp {
    let corner = |node: usize| if node == 0 { (5, 4) } else { (node * 7 % 11, node * 5 % 9) };
    let nodes = 81;
    let street = |a: usize, b: usize| {
        let ((x1, y1), (x2, y2)) = (corner(a), corner(b));
        100 * (x1.abs_diff(x2) + y1.abs_diff(y2)) as i64
    };
    let matrix = (0..nodes * nodes).map(|cell| street(cell / nodes, cell % nodes)).collect();
    let demands = (0..nodes as i64).map(|node| if node == 0 { 0 } else { 1 + node % 5 }).collect();
    Cvrp::new("town", Distances::from_matrix(nodes, matrix), demands, 30)
}

/// Solves the town until another thread has had enough.
pub fn main() -> Result<(), Error> {
    let instance = Instance::from(town());
    let options = Options { time: Some(Duration::from_secs(60)), threads: Some(1), ..Options::default() };

    // Whoever holds a clone of the flag can end the run: a window's button, a server's connection, a test.
    let stop = options.stop.clone();
    let impatient = thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        stop.cancel();
    });

    let outcome = solve(&instance, &options, |event| {
        if let (Some(cost), true) = (event.cost, event.improved.is_some()) {
            println!("{:6.3} s  cost {cost}", event.elapsed.as_secs_f64());
        }
    })?;
    let _ = impatient.join();

    let report = &outcome.report;
    println!("cost {:?}, ended by `{}` after {:.1} s", report.cost, report.stop_reason, report.wall_s);
    if let Solution::Cvrp(plan) = &outcome.solution {
        for (vehicle, route) in plan.routes.iter().enumerate() {
            println!("van {}: {route:?}", vehicle + 1);
        }
    }
    Ok(())
}
