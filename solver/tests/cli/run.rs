//! The run around the searches, through the real binary: deadline, signals, reproducibility.

use std::io::Read;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::sandbox::{Sandbox, error_text, has_content, signal};

/// How much longer than its limit a run may take, start and writing included.
const SLACK: Duration = Duration::from_millis(200);

/// A run that had the processor for this part of its limit and is late has no excuse.
const UNDISTURBED: f64 = 0.85;

/// One thread, so that the CPU time tells whether a busy machine kept the run waiting: such an attempt says nothing.
fn assert_in_time(sandbox: &Sandbox, file: &str, limit: Duration) {
    let millis = limit.as_millis();
    let line = format!("solve {file} --time {millis}ms --threads 1 --output out --report r.json --quiet");
    for _ in 0..5 {
        let begin = Instant::now();
        sandbox.succeed(&line);
        let wall = begin.elapsed();
        sandbox.check(file, "out");
        if wall <= limit + SLACK {
            return;
        }
        let cpu = sandbox.json("r.json")[0]["cpu_s"].as_f64().unwrap();
        assert!(cpu < UNDISTURBED * limit.as_secs_f64(), "{file} with {limit:?} took {wall:?}, {cpu} s of CPU");
    }
    println!("{file} with {limit:?}: the machine is too busy to tell");
}

#[test]
fn deadline_holds_at_every_size() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 10 --output small.tsp");
    sandbox.succeed("generate cvrp --n 60 --output small.vrp");
    sandbox.succeed("generate tsp --n 100000 --output large.tsp");
    sandbox.succeed("generate tsp --n 1500 --distribution asymmetric --output directed.atsp");
    sandbox.write("equal.tsp", equal_points(20_000));
    for file in ["small.tsp", "small.vrp", "directed.atsp", "equal.tsp"] {
        assert_in_time(&sandbox, file, Duration::from_millis(300));
    }
    // The limit falls into the making of the neighbour lists, and into the search.
    for millis in [300, 2_000] {
        assert_in_time(&sandbox, "large.tsp", Duration::from_millis(millis));
    }
}

/// A file of `n` nodes in one place.
fn equal_points(n: usize) -> String {
    let mut file = format!("TYPE : TSP\nDIMENSION : {n}\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n");
    (1..=n).for_each(|id| file += &format!("{id} 7 7\n"));
    file + "EOF\n"
}

#[test]
fn without_time_there_is_still_an_answer() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate cvrp --n 300 --distribution x --output a.vrp");
    sandbox.succeed("solve a.vrp --time 0 --output a.sol --quiet");
    sandbox.check("a.vrp", "a.sol");
}

#[test]
fn signal_at_any_time_gives_the_best_solution_found() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 2000 --output a.tsp");
    sandbox.succeed("generate cvrp --n 200 --output a.vrp");
    for (round, millis) in [15, 40, 90, 170, 400, 700].into_iter().enumerate() {
        let file = ["a.tsp", "a.vrp"][round % 2];
        let mut child = sandbox.start(&format!("solve {file} --time 60 --output out --report r.json --quiet"));
        sleep(Duration::from_millis(millis));
        signal(&child, ["INT", "TERM", "HUP"][round % 3]);
        let status = child.wait().unwrap();
        // The very first milliseconds belong to the start of the process, before anything can be caught.
        if status.code().is_none() && millis < 50 {
            continue;
        }
        assert_eq!(status.code(), Some(0), "after {millis} ms");
        sandbox.check(file, "out");
        assert_eq!(sandbox.json("r.json")[0]["stop_reason"], "interrupted");
    }
}

#[test]
fn second_signal_aborts() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 60000 --output a.tsp");
    // The answer does not fit into a pipe that nobody reads: the program is still there for the second signal.
    let mut child = sandbox.start("solve a.tsp --time 60 --quiet");
    sleep(Duration::from_millis(500));
    signal(&child, "INT");
    sleep(Duration::from_millis(3000));
    assert_eq!(child.try_wait().unwrap(), None);
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn signal_that_arrives_twice_at_once_counts_once() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 1000 --output a.tsp");
    let child = sandbox.start("solve a.tsp --time 60 --output out --quiet");
    sleep(Duration::from_millis(500));
    // As `timeout` does: the process, then its group.
    signal(&child, "TERM");
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
    sandbox.check("a.tsp", "out");
}

#[test]
fn killed_run_leaves_its_last_save() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 1000 --output a.tsp");
    let mut child = sandbox.start("solve a.tsp --time 60 --output out --quiet");
    let begin = Instant::now();
    while !has_content(&sandbox.path("out")) {
        assert!(begin.elapsed() < Duration::from_secs(40), "nothing was saved");
        sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox.check("a.tsp", "out");
}

#[test]
fn closed_standard_output_ends_quietly() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 60000 --output a.tsp");
    let mut child = sandbox.start("solve a.tsp --time 1 --quiet");
    let mut first = [0; 5];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(&first, b"NAME ");
    assert_eq!((output.status.code(), error_text(&output).as_str()), (Some(0), ""));
}

#[test]
fn answer_for_an_iteration_budget_does_not_depend_on_threads() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 400 --output a.tsp");
    sandbox.succeed("generate cvrp --n 120 --output a.vrp");
    for file in ["a.tsp", "a.vrp"] {
        let answer = |threads: usize| {
            sandbox.succeed(&format!("solve {file} --iterations 3000 --threads {threads} --trace t.jsonl --quiet"))
        };
        let trace = || -> Vec<_> {
            let lines = sandbox.json("t.jsonl").into_iter();
            lines.map(|line| (line["iterations"].clone(), line["cost"].clone(), line["method"].clone())).collect()
        };
        let (one, trace_of_one) = (answer(1), trace());
        assert_eq!(one, answer(2), "{file}");
        assert_eq!(trace_of_one, trace(), "{file}");
        assert_eq!(one, answer(1), "{file}, again");
    }
}

#[test]
fn instances_solved_at_the_same_time_have_the_answers_of_one_after_the_other() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 60 --count 9 --output set");
    let files: Vec<String> = sandbox.files("set").iter().map(|name| format!("set/{name}")).collect();
    let answers = |more: &str| {
        let line = format!("solve {} --iterations 200 --threads 2 --report r.jsonl {more}", files.join(" "));
        let output = sandbox.run(&line);
        assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
        assert!(error_text(&output).contains("mean of 9"), "{}", error_text(&output));
        let names = sandbox.json("r.jsonl").into_iter().map(|report| report["instance"].clone());
        (output.stdout, names.collect::<Vec<_>>())
    };
    assert_eq!(answers("--parallel 2"), answers(""));
    let error = sandbox.fail("solve set --parallel 3 --threads 2", 2);
    assert!(error.contains("parallel") && error.contains('2'), "{error}");
}

#[test]
fn signal_ends_the_instances_under_way_with_their_best() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate cvrp --n 200 --count 4 --output set");
    let files: Vec<String> = sandbox.files("set").iter().map(|name| format!("set/{name}")).collect();
    let line = format!("solve {} --time 60 --threads 2 --parallel 2 --output out --quiet", files.join(" "));
    let child = sandbox.start(&line);
    sleep(Duration::from_millis(700));
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", error_text(&output));
    let solutions = sandbox.files("out");
    assert_eq!(solutions.len(), 2, "{solutions:?}");
    for solution in solutions {
        sandbox.check(&format!("set/{}", solution.replace(".sol", ".vrp")), &format!("out/{solution}"));
    }
}

#[test]
fn target_ends_the_run() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 100 --output a.tsp");
    sandbox.succeed("solve a.tsp --time 60 --target 999999999 --output out --report r.json --quiet");
    assert_eq!(sandbox.json("r.json")[0]["stop_reason"], "target");
}
