//! The job shop: files, construction, regenerated sets, brute force, and the exactness of the search's moves.

use std::fmt::Write as _;
use std::fs;

use heuron_problems::jssp::{Operation, taillard};
use heuron_problems::{
    Construct, Cost, Format, Generate, Instances, Jssp, ParseError, Problem, Rounding, Schedule, Set, Stream, stream,
};
use heuron_search::jssp::bound::{Task, lower_bound, preemptive};
use heuron_search::jssp::graph::{Graph, Move};
use heuron_search::jssp::model::Model;
use heuron_search::jssp::relink::{Member, PARTS, Path};
use heuron_search::jssp::{TabuSearch, n7, start};
use heuron_search::{Budget, Setup, StopReason, Watch};
use heuron_tests::{brute_force, files, public_files, random_solution, run};
use proptest::prelude::*;
use rand::Rng;
use sha2::{Digest, Sha256};

const TWO: &str = "# a remark\n2 2\n0 3 1 2\n1 4 0 1\n";

fn read(text: &str) -> Result<Jssp, ParseError> {
    Jssp::read(text, Rounding::Nearest)
}

fn written(jssp: &Jssp) -> String {
    let mut text = Vec::new();
    jssp.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn uniform(n: usize, machines: usize, seed: u64) -> Jssp {
    let spec = Jssp::spec(n, &format!("uniform,machines={machines}")).unwrap();
    Jssp::generate(&spec, &mut stream(seed, "jssp test", 0))
}

/// Jobs of different lengths that come back to machines, with operations of length 0.
fn irregular(jobs: usize, machines: u32, seed: u64) -> Jssp {
    let mut rng = stream(seed, "irregular", 0);
    let job = |rng: &mut Stream| {
        let operation = |rng: &mut Stream| Operation {
            machine: rng.random_range(0..machines),
            duration: if rng.random_bool(0.3) { 0 } else { rng.random_range(1..9) },
        };
        (0..rng.random_range(0..=5)).map(|_| operation(rng)).collect()
    };
    Jssp::new("irregular", machines as usize, (0..jobs).map(|_| job(&mut rng)).collect())
}

fn setup(iterations: u64, islands: usize, threads: usize) -> Setup {
    Setup { threads, islands, ..Setup::new(Budget::iterations(iterations)) }
}

#[test]
fn every_layout_gives_the_same_instance() {
    let standard = read(TWO).unwrap();
    assert_eq!((standard.comment.as_str(), standard.machines, standard.jobs[1][0].duration), ("a remark", 2, 4));
    let layouts = [
        "Nb of jobs, Nb of Machines, Time seed\n 2 2 7 8 9 9\nTimes\n 3 2\n 4 1\nMachines\n 1 2\n 2 1\n",
        "2 2\r\ntimes\r\n\r\n3\t2\r\n4 1\r\nMACHINES\r\n1 2\r\n2 1",
        r#"{"name": "", "duration_matrix": [[3, 2], [4, 1]], "machines_matrix": [[0, 1], [1, 0]],
            "metadata": {"a": 1}}"#,
        "2 2\n\n 0 3  1 2 \n1 4 0 1",
    ];
    for layout in layouts {
        let jssp = read(layout).unwrap_or_else(|error| panic!("{error}\n{layout}"));
        assert_eq!(jssp.jobs, standard.jobs, "{layout}");
    }
    assert_eq!(read(&written(&standard)), Ok(standard));
}

#[test]
fn damaged_files_are_refused_by_line() {
    let taillard = "2 2\nTimes\n3 2\n4 1\nMachines\n1 2\n2 1\n";
    let json = r#"{"duration_matrix": [[3, 2], [4, 1]], "machines_matrix": [[0, 1], [1, 0]]}"#;
    let rows = [
        (TWO, "*", "", "expected a line with the numbers of jobs and machines, found no line"),
        (TWO, "2 2", "2", "line 2: expected the numbers of jobs and machines, found \"2\""),
        (TWO, "2 2", "0 2", "line 2: expected a number of jobs (at least 1), found \"0\""),
        (TWO, "2 2", "4000000000 2", "expected 4000000000 jobs, a line each, found 2 lines"),
        (
            TWO,
            "2 2",
            "2 4000000000",
            "line 3: expected 4000000000 pairs of machine and duration for job 0, found 4 numbers",
        ),
        (TWO, "2 2", "1 2", "line 4: expected nothing after the last job, found \"1 4 0 1\""),
        (TWO, "4 0 1\n", "4 0\n", "line 4: expected 2 pairs of machine and duration for job 1, found 3 numbers"),
        (TWO, "1 4 0 1\n", "", "expected 2 jobs, a line each, found 1 lines"),
        (TWO, "1 4", "2 4", "line 4: expected a machine from 0 to 1, found \"2\""),
        (TWO, "1 4", "1 -4", "line 4: expected a duration (a whole number from 0 to 2^60), found \"-4\""),
        (TWO, "1 4", "1 4.5", "line 4: expected a duration (a whole number from 0 to 2^60), found \"4.5\""),
        (TWO, "1 4", "1 nan", "line 4: expected a duration (a whole number from 0 to 2^60), found \"nan\""),
        (TWO, "1 4", "1 1152921504606846976", "expected durations with a sum up to 2^60, found more"),
        (
            taillard,
            "2 2\nT",
            "T",
            "line 1: expected a line with the numbers of jobs and machines before Times, found none",
        ),
        (
            taillard,
            "2 2",
            "2 2 x",
            "line 1: expected a line with the numbers of jobs and machines before Times, found none",
        ),
        (taillard, "3 2\n", "3\n", "line 3: expected 2 numbers for job 0 under Times, found 1"),
        (taillard, "4 1\n", "", "line 4: expected 2 numbers for job 1 under Times, found 1"),
        (taillard, "Machines", "Orders", "line 5: expected the heading Machines, found \"Orders\""),
        (taillard, "Machines\n1 2\n2 1\n", "", "expected the heading Machines, found the end of the file"),
        (taillard, "\n2 1\n", "\n", "expected 2 rows under Machines, found 1"),
        (taillard, "1 2\n2 1", "0 1\n1 0", "line 6: expected a machine from 1 to 2, found \"0\""),
        (taillard, "2 1\n", "2 1\n7\n", "line 8: expected nothing after the machines of the last job, found \"7\""),
        (json, "[4, 1]]", "[4]]", "expected 1 machines for job 1 as in duration_matrix, found 2"),
        (json, ", [4, 1]]", "]", "expected machines_matrix with 1 rows as in duration_matrix, found 2"),
        (json, "[4, 1]", "[-4, 1]", "expected durations of job 1 from 0 to 2^60, found -4"),
        (
            json,
            "[1, 0]",
            "[1000000, 0]",
            "expected machines numbered from 0, as 4 operations can use them, found 1000000",
        ),
    ];
    for (text, passage, replacement, message) in rows {
        let damaged = if passage == "*" { replacement.into() } else { text.replacen(passage, replacement, 1) };
        assert_ne!(damaged, text, "{passage:?}: nothing was replaced");
        assert_eq!(read(&damaged).map_err(|error| error.to_string()), Err(message.into()), "{damaged}");
    }
    for refused in ["due_dates_matrix", "release_dates_matrix"] {
        let error = read(&json.replacen('{', &format!("{{\"{refused}\": [[1]],"), 1)).unwrap_err().to_string();
        assert!(error.contains(refused), "{error}");
    }
}

#[test]
fn solutions_are_sequences_or_start_times_and_each_broken_rule_is_named() {
    let jssp = read(TWO).unwrap();
    let verdict = |text: &str| {
        let schedule = jssp.read_solution(text).map_err(|error| error.to_string())?;
        jssp.evaluate(&schedule).map_err(|violation| violation.to_string())
    };
    // Job 0: 0-3 on machine 0, then 4-6 on machine 1; job 1: 0-4 on machine 1, then 4-5 on machine 0.
    let rows: [(&str, Result<Cost, &str>); 18] = [
        ("0 1\n1 0\n", Ok(6)),
        ("# remark\n0 1\n0 1", Ok(10)),
        (r#"{"start_times": [[0, 4], [0, 4]]}"#, Ok(6)),
        (r#"{"start_times": [[0, 7], [0, 4]], "makespan": 9}"#, Ok(9)),
        ("1 0\n0 1\n", Err("the sequences contain a cycle: operation 0 of job 0 waits for itself")),
        ("0 1\n", Err("2 machines need a sequence, the solution has 1")),
        ("0 1\n1 0\n\n", Err("2 machines need a sequence, the solution has 3")),
        ("0\n1 0\n", Err("machine 0 does not process job 1 as often as it must")),
        ("0 0\n1 0\n", Err("machine 0 processes job 0 too often")),
        ("0 2\n1 0\n", Err("job 2 does not exist")),
        ("0 x\n1 0\n", Err("line 1: expected a job's number, found \"x\"")),
        ("", Err("expected a line of jobs per machine, or start times in JSON, found no job")),
        (r#"{"start_times": [[0, 4]]}"#, Err("2 jobs need start times, the solution has 1")),
        (r#"{"start_times": [[0, 4], [0]]}"#, Err("job 1 has 2 operations, the solution 1")),
        (r#"{"start_times": [[0, 4], [0, 3]]}"#, Err("operation 1 of job 1 starts at 3, before 4")),
        (r#"{"start_times": [[-1, 4], [0, 4]]}"#, Err("operation 0 of job 0 starts at -1, before 0")),
        (r#"{"start_times": [[0, 3], [0, 4]]}"#, Err("machine 1 works on jobs 1 and 0 at once, at time 3")),
        (r#"{"start_times": [[0, 9223372036854775807], [0, 4]]}"#, Ok(Cost::MAX)),
    ];
    for (text, expected) in rows {
        assert_eq!(verdict(text), expected.map_err(String::from), "{text}");
    }
}

#[test]
fn files_survive_writing_and_reading() {
    for seed in 0..50 {
        for jssp in [uniform(4, 3, seed), irregular(4, 3, seed)] {
            let again = read(&written(&jssp)).unwrap_or_else(|error| panic!("{error}\n{}", written(&jssp)));
            assert_eq!(again.jobs, jssp.jobs);
            let schedule = random_solution(&jssp, &mut stream(seed, "schedule", 0));
            let starts = Schedule::Starts(jssp.start_times(&schedule).unwrap());
            assert_eq!(jssp.evaluate(&starts), jssp.evaluate(&schedule));
            for solution in [schedule, starts] {
                let mut text = Vec::new();
                jssp.write_solution(&solution, &mut text).unwrap();
                let text = String::from_utf8(text).unwrap();
                if jssp.operations() > 0 {
                    assert_eq!(jssp.read_solution(&text), Ok(solution), "{text}");
                }
            }
        }
    }
}

#[test]
fn every_trace_builds_a_schedule_that_is_no_longer() {
    for seed in 0..200 {
        for jssp in [uniform(4, 3, seed), irregular(5, 3, seed)] {
            let schedule = random_solution(&jssp, &mut stream(seed, "trace", 0));
            let starts = Schedule::Starts(jssp.start_times(&schedule).unwrap());
            for form in [&schedule, &starts] {
                let (mut state, mut mask) = (jssp.start(), vec![false; jssp.width()]);
                for action in jssp.trace(form) {
                    jssp.allowed(&state, &mut mask);
                    assert!(mask[action as usize]);
                    jssp.step(&mut state, action);
                }
                jssp.allowed(&state, &mut mask);
                assert!(!mask.contains(&true), "a trace ends the construction");
                // Operations of length 0 can leave room that the trace closes.
                assert!(jssp.evaluate(&jssp.finish(&state)).unwrap() <= jssp.evaluate(&schedule).unwrap());
            }
        }
    }
}

#[test]
fn taillards_instances_are_regenerated_from_their_seeds() {
    assert!(taillard::instance(0).is_none() && taillard::instance(81).is_none());
    let Some(folder) = public_files() else { return };
    let table = fs::read_to_string(folder.join("generators.csv")).unwrap();
    let digests: Vec<&str> =
        table.lines().filter(|row| row.starts_with("taillard_jssp,")).filter_map(|row| row.split(',').nth(4)).collect();
    assert_eq!(digests.len(), 80);
    for (index, digest) in digests.into_iter().enumerate() {
        let text = written(&taillard::instance(index + 1).unwrap());
        let found = Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        assert_eq!(found, digest, "ta{:02}", index + 1);
    }
    // His own layout and the standard one hold the same instances.
    for path in files(folder.join("jssp/taillard_spec"), "txt") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let number: usize = name[2..].parse().unwrap();
        assert_eq!(read(&fs::read_to_string(&path).unwrap()).unwrap().jobs, taillard::instance(number).unwrap().jobs);
    }
}

#[test]
fn sets_of_l2d_are_regenerated_from_their_seed() {
    let Some(folder) = public_files() else { return };
    let table = fs::read_to_string(folder.join("generators.csv")).unwrap();
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|row| row.starts_with("l2d_jssp,")).map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 11);
    for row in rows {
        let set = Set::find(&format!("l2d-{}", row[3])).unwrap();
        let Instances::Jssp(instances) = set.instances(0..3) else { panic!("{} is a job shop set", set.name) };
        let text: String = instances.iter().map(written).collect();
        let found = Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        assert_eq!(found, row[4], "{}", set.name);
    }
}

#[test]
fn public_instances_have_their_published_sizes_and_bounds_below_their_best_known() {
    let Some(folder) = public_files() else { return };
    let table = fs::read_to_string(folder.join("bks.csv")).unwrap();
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|row| row.starts_with("jssp,")).map(|row| row.split(',').collect()).collect();
    assert!(rows.len() > 100);
    for row in rows {
        let jssp =
            read(&fs::read_to_string(folder.join(row[9])).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", row[9]));
        assert_eq!(format!("{}x{}", jssp.jobs.len(), jssp.machines), row[2], "{}", row[1]);
        let (bound, best): (Cost, Cost) = (lower_bound(&jssp), row[3].parse().unwrap());
        assert!(bound <= best && 2 * bound > best, "{}: {bound} and {best}", row[1]);
    }
}

#[test]
fn tiny_instances_are_solved_to_the_optimum_of_brute_force() {
    for seed in 0..60 {
        for jssp in [uniform(3, 3, seed), irregular(3, 2, seed)] {
            let optimum = brute_force(&jssp);
            assert!(lower_bound(&jssp) <= optimum, "{jssp:?}");
            let end = run(&jssp, setup(20_000, 1, 1), None, TabuSearch::default());
            assert_eq!(end.cost(), optimum, "{jssp:?}");
        }
    }
}

/// The preemptive schedule against one that decides anew at every unit of time.
#[test]
fn one_machine_bound_is_the_preemptive_optimum() {
    let mut rng = stream(1, "one machine", 0);
    for _ in 0..200 {
        let mut draw = |high: Cost| rng.random_range(0..=high);
        let tasks: Vec<Task> = (0..6).map(|_| Task { head: draw(12), duration: draw(5), tail: draw(12) }).collect();
        let mut left: Vec<Cost> = tasks.iter().map(|task| task.duration).collect();
        let mut longest = tasks.iter().map(|task| task.head + task.duration + task.tail).max().unwrap();
        for now in 0.. {
            let ready = (0..6).filter(|&i| tasks[i].head <= now && left[i] > 0);
            if let Some(task) = ready.max_by_key(|&i| tasks[i].tail) {
                left[task] -= 1;
                if left[task] == 0 {
                    longest = longest.max(now + 1 + tasks[task].tail);
                }
            }
            if left.iter().all(|&left| left == 0) {
                break;
            }
        }
        assert_eq!(preemptive(&mut tasks.clone()), longest, "{tasks:?}");
    }
}

/// Walks at random through N7: every move's makespan is that of its schedule from scratch, and where neighbours change
/// places the estimate is a lower bound on it.
#[test]
fn moves_are_exact_and_estimates_of_exchanges_are_bounds() {
    let (mut exchanges, mut others, mut exact) = (0, 0, 0);
    for seed in 0..40 {
        for jssp in [uniform(6, 4, seed), uniform(12, 3, seed), irregular(8, 3, seed)] {
            let (model, mut rng) = (Model::new(&jssp), stream(seed, "walk", 0));
            let order = start::start(&model, 0.0, &mut rng, &Watch::never());
            let mut graph = Graph::new(&model, &order);
            let (mut path, mut ends) = (Vec::new(), Vec::new());
            for _ in 0..50 {
                n7::critical_path(&graph, &mut rng, &mut path);
                let mut moves = Vec::new();
                n7::moves(&graph, &path, |change| moves.push(change));
                if moves.is_empty() {
                    break;
                }
                assert!(moves.iter().enumerate().all(|(at, change)| !moves[..at].contains(change)));
                let change = moves[rng.random_range(0..moves.len())];
                let (Move::Behind { operation, target } | Move::Before { operation, target }) = change;
                let at = |node| path.iter().position(|&other| other == node).unwrap();
                let estimate = n7::estimate(&graph, change, Cost::MAX, &mut ends);
                graph.apply(change);
                assert_eq!(jssp.evaluate(&model.schedule(graph.order())), Ok(graph.makespan()));
                if at(operation).abs_diff(at(target)) == 1 {
                    exchanges += 1;
                    assert!(estimate <= graph.makespan(), "{change:?}");
                } else {
                    others += 1;
                }
                exact += usize::from(estimate == graph.makespan());
            }
        }
    }
    assert!(exchanges > 1_000 && others > 1_000 && 2 * exact > exchanges + others, "{exchanges} {others} {exact}");
}

#[test]
fn every_point_of_a_path_is_a_feasible_schedule_between_its_ends() {
    for seed in 0..30 {
        for jssp in [uniform(6, 5, seed), irregular(8, 4, seed)] {
            let (model, mut rng) = (Model::new(&jssp), stream(seed, "path", 0));
            let [a, b] = [(); 2].map(|()| {
                let schedule = random_solution(&jssp, &mut rng);
                let makespan = jssp.evaluate(&schedule).unwrap();
                Member { makespan, order: model.order(&jssp, &schedule).unwrap() }
            });
            let mut path = Path::new(Graph::new(&model, &a.order));
            path.between(&a, &b, &mut rng);
            let mut order = Vec::new();
            for (part, end) in [(0, Some(&a)), (PARTS / 3, None), (PARTS / 2, None), (PARTS, Some(&b))] {
                path.at(part, &mut order);
                let makespan = jssp.evaluate(&model.schedule(&order)).expect("a feasible schedule");
                assert!(end.is_none_or(|end| end.makespan >= makespan));
            }
            assert_eq!(path.between(&a, &a, &mut rng), 0);
        }
    }
}

#[test]
fn iterations_give_one_answer_for_any_number_of_threads() {
    let jssp = uniform(15, 10, 3);
    for islands in [1, 3] {
        let [one, two] = [1, 2].map(|threads| run(&jssp, setup(90_001, islands, threads), None, TabuSearch::default()));
        assert_eq!(one, two, "{islands} islands");
    }
}

#[test]
fn a_warm_start_is_never_made_worse() {
    let jssp = uniform(10, 10, 5);
    let (cost, schedule) = run(&jssp, setup(30_000, 1, 1), None, TabuSearch::default()).answer();
    let starts = Schedule::Starts(jssp.start_times(&schedule).unwrap());
    for initial in [schedule, starts] {
        assert!(run(&jssp, setup(100, 2, 1), Some(&initial), TabuSearch::default()).cost() <= cost);
    }
}

#[test]
fn a_schedule_as_short_as_its_bound_ends_the_run_as_optimal() {
    let Some(folder) = public_files() else { return };
    let jssp = read(&fs::read_to_string(folder.join("jssp/standard/la01.txt")).unwrap()).unwrap();
    let end = run(&jssp, setup(1_000_000, 1, 1), None, TabuSearch::default());
    assert_eq!((end.reason, end.cost()), (Some(StopReason::Optimal), 666));
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "[0-9 \n#{}\\[\\]:,a-zT\"-]{0,80}") {
        let _ = read(&text);
        let _ = read(TWO).unwrap().read_solution(&text);
    }
}
