//! The flexible flow shop: files, construction, brute force, and the exactness of the search's moves.

use std::fs;

use heuron_problems::ffsp::Task;
use heuron_problems::{Construct, Cost, Ffsp, Format, Generate, ParseError, Plan, Problem, Rounding, stream};
use heuron_search::ffsp::IteratedGreedy;
use heuron_search::ffsp::bound::lower_bound;
use heuron_search::ffsp::decode::Decoder;
use heuron_search::ffsp::sequences::{Operation, Sequences, plan};
use heuron_search::{Budget, Setup};
use heuron_tests::{brute_force, public_files, random_solution, run};
use proptest::prelude::*;
use rand::Rng;
use rand::seq::SliceRandom;

/// Two jobs, a stage of two machines and one of one.
const TWO: &str = "2 2\n2 1\n3 5\n4 2\n6\n1\n";

fn read(text: &str) -> Result<Ffsp, ParseError> {
    Ffsp::read(text, Rounding::Nearest)
}

fn written(ffsp: &Ffsp) -> String {
    let mut text = Vec::new();
    ffsp.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn draw(n: usize, distribution: &str, seed: u64) -> Ffsp {
    Ffsp::generate(&Ffsp::spec(n, distribution).unwrap(), &mut stream(seed, "ffsp test", 0))
}

/// Stages of different widths, with tasks of length 0.
fn irregular(jobs: usize, seed: u64) -> Ffsp {
    let mut rng = stream(seed, "irregular", 0);
    let machines: Vec<usize> = (0..rng.random_range(1..=3)).map(|_| rng.random_range(1..=3)).collect();
    let mut row = |machines| (0..machines).map(|_| rng.random_range(0..6)).collect();
    let times = machines.iter().map(|&machines| (0..jobs).map(|_| row(machines)).collect()).collect();
    Ffsp { name: "irregular".into(), times, machines, jobs }
}

fn setup(iterations: u64, islands: usize, threads: usize) -> Setup {
    Setup { threads, islands, ..Setup::new(Budget::iterations(iterations)) }
}

#[test]
fn damaged_files_are_refused_by_line() {
    let jobs = "expected 2 times of job 1 at stage 0";
    let rows = [
        ("*", "", "expected the numbers of jobs and stages, found the end of the file".to_string()),
        ("2 2\n", "2\n", "line 1: expected the numbers of jobs and stages, found \"2\"".into()),
        ("2 2\n", "0 2\n", "expected at least one job, found 0".into()),
        ("2 1\n", "2\n", "line 2: expected a number of machines per stage, found \"2\"".into()),
        ("2 1\n", "2 0\n", "expected at least one machine per stage, found 0".into()),
        ("4 2\n", "4\n", format!("line 4: {jobs}, found \"4\"")),
        ("4 2\n", "4 -2\n", format!("line 4: {jobs} (a whole number from 0 to 2^60), found \"-2\"")),
        ("\n1\n", "\n", "expected 1 times of job 1 at stage 1, found the end of the file".into()),
        ("\n1\n", "\n1\n1\n", "line 7: expected nothing after the last job of the last stage, found \"1\"".into()),
        ("6\n", "1152921504606846976\n", "expected times whose longest sum is at most 2^60, found more".into()),
    ];
    assert!(read(TWO).is_ok());
    for (passage, replacement, message) in rows {
        let damaged = if passage == "*" { replacement.into() } else { TWO.replacen(passage, replacement, 1) };
        assert_ne!(damaged, TWO);
        assert_eq!(read(&damaged).map_err(|error| error.to_string()), Err(message), "{damaged}");
    }
}

#[test]
fn each_broken_rule_of_a_plan_is_named() {
    let ffsp = read(TWO).unwrap();
    let verdict = |machines: &str, starts: &str| {
        let text = format!("{{\"machines\": {machines}, \"start_times\": {starts}}}");
        let plan = ffsp.read_solution(&text).map_err(|error| error.to_string())?;
        ffsp.evaluate(&plan).map_err(|violation| violation.to_string())
    };
    assert_eq!(verdict("[[0, 0], [1, 0]]", "[[0, 3], [0, 2]]"), Ok(9));
    assert_eq!(verdict("[[0, 0], [1, 0]]", "[[0, 4], [1, 3]]"), Ok(10));
    let rows = [
        ("[[0, 0]]", "[[0, 3]]", "2 jobs need start times, the solution has 1"),
        ("[[0, 0], [1]]", "[[0, 3], [0]]", "job 1 has 2 operations, the solution 1"),
        (
            "[[0, 0], [1]]",
            "[[0, 3], [0, 2]]",
            "expected as many machines as start_times for every job, found different numbers",
        ),
        ("[[0, 0], [2, 0]]", "[[0, 3], [0, 2]]", "stage 0 has no machine 2"),
        ("[[0, 0], [1, 0]]", "[[0, 2], [0, 2]]", "operation 1 of job 0 starts at 2, before 3"),
        ("[[0, 0], [1, 0]]", "[[-1, 3], [0, 2]]", "operation 0 of job 0 starts at -1, before 0"),
        ("[[0, 0], [0, 0]]", "[[0, 3], [2, 9]]", "machine 0 of stage 0 works on jobs 0 and 1 at once, at time 2"),
    ];
    for (machines, starts, message) in rows {
        assert_eq!(verdict(machines, starts), Err(message.into()));
    }
}

#[test]
fn files_survive_writing_and_reading() {
    for seed in 0..50 {
        for mut ffsp in [draw(5, "uniform", seed), draw(4, "identical,stages=2,machines=3", seed), irregular(4, seed)] {
            ffsp.name.clear();
            assert_eq!(read(&written(&ffsp)), Ok(ffsp.clone()));
            let plan = random_solution(&ffsp, &mut stream(seed, "plan", 0));
            let mut text = Vec::new();
            ffsp.write_solution(&plan, &mut text).unwrap();
            assert_eq!(ffsp.read_solution(std::str::from_utf8(&text).unwrap()), Ok(plan));
        }
    }
}

#[test]
fn every_trace_builds_a_plan_that_is_no_longer() {
    for seed in 0..200 {
        for ffsp in [draw(5, "uniform,stages=2,machines=2", seed), irregular(5, seed)] {
            let plan = random_solution(&ffsp, &mut stream(seed, "trace", 0));
            let (mut state, mut mask) = (ffsp.start(), vec![false; ffsp.width()]);
            for action in ffsp.trace(&plan) {
                ffsp.allowed(&state, &mut mask);
                assert!(mask[action as usize]);
                ffsp.step(&mut state, action);
            }
            ffsp.allowed(&state, &mut mask);
            assert!(!mask.contains(&true), "a trace ends the construction");
            assert!(ffsp.evaluate(&ffsp.finish(&state)).unwrap() <= ffsp.evaluate(&plan).unwrap());
        }
    }
}

#[test]
fn tiny_instances_are_solved_to_the_optimum_of_brute_force() {
    for seed in 0..40 {
        for ffsp in [draw(3, "uniform,stages=2,machines=2", seed), irregular(2, seed)] {
            let optimum = brute_force(&ffsp);
            assert!(lower_bound(&ffsp) <= optimum, "{ffsp:?}");
            assert_eq!(run(&ffsp, setup(5_000, 1, 1), None, IteratedGreedy::default()).cost(), optimum, "{ffsp:?}");
        }
    }
}

/// Every place that the neighbourhood offers has the makespan that it states, judged from scratch.
#[test]
fn reinsertions_are_exact() {
    let mut offered = 0;
    for seed in 0..20 {
        for ffsp in [draw(7, "uniform,stages=3,machines=2", seed), irregular(6, seed)] {
            let mut rng = stream(seed, "reinsertion", 0);
            let mut permutation: Vec<u32> = (0..ffsp.jobs as u32).collect();
            permutation.shuffle(&mut rng);
            let mut decoder = Decoder::new(&ffsp);
            let sequences = decoder.sequences(&permutation);
            assert_eq!(ffsp.evaluate(&plan(&ffsp, &sequences)), Ok(decoder.makespan(&permutation)));
            let mut search = Sequences::new(&ffsp, &sequences);
            let operation =
                Operation { stage: rng.random_range(0..ffsp.stages()), job: rng.random_range(0..ffsp.jobs as u32) };
            let own = search.place(operation);
            let mut places = Vec::new();
            search.take(operation, own);
            search.places(operation, |place, makespan| places.push((place, makespan)));
            search.put_back(operation, own);
            assert!(places.contains(&(own, search.makespan())));
            offered += places.len();
            for (place, makespan) in places {
                search.take(operation, search.place(operation));
                search.put(operation, place);
                assert_eq!(search.makespan(), makespan);
                assert_eq!(ffsp.evaluate(&plan(&ffsp, &search.orders())), Ok(makespan));
            }
        }
    }
    assert!(offered > 200, "{offered}");
}

#[test]
fn iterations_give_one_answer_for_any_number_of_threads() {
    let ffsp = draw(15, "uniform", 3);
    for islands in [1, 3] {
        let [one, two] =
            [1, 2].map(|threads| run(&ffsp, setup(301, islands, threads), None, IteratedGreedy::default()));
        assert_eq!(one, two, "{islands} islands");
    }
}

#[test]
fn a_warm_start_is_never_made_worse() {
    let ffsp = draw(15, "identical", 4);
    let (cost, plan) = run(&ffsp, setup(100, 1, 1), None, IteratedGreedy::default()).answer();
    assert!(run(&ffsp, setup(1, 2, 1), Some(&plan), IteratedGreedy::default()).cost() <= cost);
    let late = |task: &Task| Task { start: 2 * task.start, ..*task };
    let slow = Plan { tasks: plan.tasks.iter().map(|job| job.iter().map(late).collect()).collect() };
    assert!(run(&ffsp, setup(1, 1, 1), Some(&slow), IteratedGreedy::default()).cost() <= ffsp.evaluate(&slow).unwrap());
}

#[test]
fn public_instances_have_bounds_below_their_best_known() {
    let Some(folder) = public_files() else { return };
    let table = fs::read_to_string(folder.join("bks.csv")).unwrap();
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|row| row.starts_with("ffsp,")).map(|row| row.split(',').collect()).collect();
    assert!(rows.len() > 50);
    for row in rows {
        let ffsp =
            read(&fs::read_to_string(folder.join(row[9])).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", row[9]));
        assert_eq!(format!("{}x{}", ffsp.jobs, ffsp.stages()), row[2], "{}", row[1]);
        let (bound, best): (Cost, Cost) = (lower_bound(&ffsp), row[3].parse().unwrap());
        assert!(bound <= best && 2 * bound > best, "{}: {bound} and {best}", row[1]);
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "[0-9 \n#{}\\[\\]:,a-z\"-]{0,80}") {
        let _ = read(&text);
        let _ = read(TWO).unwrap().read_solution(&text);
    }
}
