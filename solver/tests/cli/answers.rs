//! The command line through the real binary: answers, files, errors and exit codes.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::sandbox::{Sandbox, error_text};

/// Five customers around a depot; a vehicle holds two.
const SMALL: &str = "NAME : small\nTYPE : CVRP\nDIMENSION : 6\nEDGE_WEIGHT_TYPE : EUC_2D\nCAPACITY : 2\n\
NODE_COORD_SECTION\n1 0 0\n2 3 4\n3 0 5\n4 5 0\n5 -3 -4\n6 0 -5\n\
DEMAND_SECTION\n1 0\n2 1\n3 1\n4 1\n5 1\n6 1\nDEPOT_SECTION\n1\n-1\nEOF\n";

fn small() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("small.vrp", SMALL);
    sandbox
}

#[test]
fn standard_output_carries_only_the_answer() {
    let sandbox = small();
    let answer = sandbox.succeed("solve small.vrp --iterations 500");
    assert!(answer.lines().all(|line| line.starts_with("Route #") || line.starts_with("Cost ")), "{answer}");
    sandbox.write("small.sol", &answer);
    let declared: i64 = answer.lines().last().unwrap().strip_prefix("Cost ").unwrap().parse().unwrap();
    assert_eq!(sandbox.check("small.vrp", "small.sol"), declared);
}

#[test]
fn instance_is_read_from_standard_input() {
    let sandbox = small();
    let mut child = sandbox
        .command("solve - --iterations 100 --quiet")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SMALL.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout.starts_with(b"Route #1"));
}

#[test]
fn report_has_every_field() {
    let sandbox = small();
    let stdout = sandbox.succeed("solve small.vrp --iterations 500 --seed 7 --report - --best-known 30 --quiet");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let fields = [
        "instance",
        "problem",
        "size",
        "method",
        "model",
        "seed",
        "threads",
        "islands",
        "cost",
        "scale",
        "feasible",
        "bound",
        "gap_to_bound",
        "best_known",
        "gap_to_best_known",
        "stop_reason",
        "iterations",
        "time_to_best_s",
        "wall_s",
        "cpu_s",
        "version",
    ];
    let mut found: Vec<&String> = report.as_object().unwrap().keys().collect();
    let mut expected = fields.to_vec();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!((&report["instance"], &report["problem"]), (&"small".into(), &"cvrp".into()));
    assert_eq!((&report["seed"], &report["best_known"]), (&7.into(), &30.into()));
    let gap = report["cost"].as_f64().unwrap() / 30.0 - 1.0;
    assert!((report["gap_to_best_known"].as_f64().unwrap() - gap).abs() < 1e-12);
}

#[test]
fn best_known_table_beside_the_instance_is_used() {
    let sandbox = small();
    sandbox.write("best_known.csv", "problem,instance,best_known\ntsp,small,1\ncvrp,small,77\n");
    sandbox.succeed("solve small.vrp --iterations 10 --report r.json --output out --quiet");
    assert_eq!(sandbox.json("r.json")[0]["best_known"], 77);
}

#[test]
fn trace_has_a_line_for_every_better_solution() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 500 --output a.tsp");
    sandbox.succeed("solve a.tsp --iterations 5000 --trace t.jsonl --output out --quiet");
    let costs: Vec<i64> = sandbox.json("t.jsonl").iter().map(|line| line["cost"].as_i64().unwrap()).collect();
    assert!(costs.windows(2).all(|pair| pair[1] < pair[0]), "{costs:?}");
    assert_eq!(costs.last(), Some(&sandbox.check("a.tsp", "out")));
    for line in sandbox.json("t.jsonl") {
        assert!(line["elapsed_s"].is_f64() && line["iterations"].is_u64() && line["method"].is_string(), "{line}");
    }
}

#[test]
fn warm_start_is_never_made_worse() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate cvrp --n 150 --distribution x --output a.vrp");
    sandbox.succeed("solve a.vrp --iterations 1000 --output good --quiet");
    sandbox.succeed("solve a.vrp --iterations 1 --seed 9 --initial good --output out --quiet");
    assert!(sandbox.check("a.vrp", "out") <= sandbox.check("a.vrp", "good"));
}

#[test]
fn infeasible_warm_start_is_refused_with_the_broken_rule() {
    let sandbox = small();
    sandbox.write("bad.sol", "Route #1: 1 2 3 4 5\n");
    let error = sandbox.fail("solve small.vrp --initial bad.sol --output out", 2);
    assert!(error.contains("route 1 carries 5, the capacity is 2"), "{error}");
    assert!(!sandbox.path("out").exists());
}

#[test]
fn check_names_the_first_broken_rule() {
    let sandbox = small();
    sandbox.write("twice.sol", "Route #1: 1 2\nRoute #2: 3 3\nRoute #3: 4 5\n");
    assert!(sandbox.fail("check small.vrp twice.sol", 1).contains("node 3 is visited more than once"));
    sandbox.write("garbage.sol", "Route #1: 1 two\n");
    assert!(sandbox.fail("check small.vrp garbage.sol", 2).contains("line 1"));
}

#[test]
fn check_reports_a_declared_cost_that_is_wrong() {
    let sandbox = small();
    sandbox.write("liar.sol", "Route #1: 1 2\nRoute #2: 3\nRoute #3: 4 5\nCost 12\n");
    let output = sandbox.run("check small.vrp liar.sol");
    assert_eq!(output.status.code(), Some(0));
    assert!(error_text(&output).contains("declares cost 12"), "{}", error_text(&output));
}

#[test]
fn customer_that_fits_nowhere_is_named_before_the_search() {
    let sandbox = Sandbox::new();
    sandbox.write("big.vrp", SMALL.replace("4 1\n5 1", "4 9\n5 1"));
    let error = sandbox.fail("solve big.vrp --output out --report r.json", 2);
    let line = SMALL.lines().position(|line| line == "4 1").unwrap() + 1;
    assert!(error.contains(&format!("big.vrp: line {line}: no solution exists: customer 3 demands 9")), "{error}");
    assert!(sandbox.files(".").iter().all(|name| name == "big.vrp"), "nothing is written on errors");
}

#[test]
fn errors_name_place_cause_and_remedy() {
    let sandbox = small();
    sandbox.write("junk.txt", "\u{1}\u{2}hello\n");
    sandbox.write("short.vrp", &SMALL[..SMALL.find("4 1\n5 1").unwrap()]);
    sandbox.write("colour.toml", "time = \"1s\"\ncolour = 3\n");
    for (line, parts) in [
        ("solve none.vrp", vec!["none.vrp", "read"]),
        ("solve junk.txt", vec!["junk.txt", "line 1", "hello"]),
        ("solve short.vrp", vec!["short.vrp", "DEPOT_SECTION"]),
        ("solve small.vrp --method magic", vec!["magic", "auto"]),
        ("solve small.vrp --model m", vec!["model"]),
        ("solve small.vrp --threads 0", vec!["threads", "from 1"]),
        ("solve small.vrp --config colour.toml", vec!["colour.toml", "line 2", "colour"]),
        ("solve small.vrp --output none/out", vec!["none/out", "write"]),
        ("solve small.vrp junk.txt --output junk.txt", vec!["junk.txt", "folder"]),
        ("solve small.vrp --best-known 3.5", vec!["best_known", "3.5"]),
        ("solve small.vrp --output - --report -", vec!["`report`", "`--output -`"]),
        ("solve small.vrp --output small.vrp", vec!["output", "small.vrp", "neither read"]),
        ("solve small.vrp --output ./same --report same", vec!["report", "same"]),
        ("generate tsp --n 0", vec!["`n`"]),
        ("generate tsp --n 5 --distribution odd", vec!["distribution", "uniform"]),
        ("generate cvrp --set tsp100 --output d", vec!["set", "cvrp100"]),
    ] {
        let error = sandbox.fail(line, 2);
        assert!(error.contains("remedy: "), "heuron {line}: {error}");
        for part in parts {
            assert!(error.contains(part), "heuron {line}: {part} is not in {error}");
        }
    }
    assert_eq!(sandbox.files("."), ["colour.toml", "junk.txt", "short.vrp", "small.vrp"]);
}

#[test]
fn wrong_usage_exits_with_2() {
    let sandbox = small();
    for line in ["", "fly", "solve", "solve small.vrp --time soon", "solve small.vrp --shard 3/2", "methods packing"] {
        sandbox.fail(line, 2);
    }
}

#[test]
fn options_come_from_a_file_and_flags_win() {
    let sandbox = small();
    sandbox.write("o.toml", "iterations = 50\nseed = 3\nthreads = 1\n");
    sandbox.succeed("solve small.vrp --config o.toml --seed 4 --report r.json --output out --quiet");
    let report = &sandbox.json("r.json")[0];
    assert_eq!((&report["seed"], &report["threads"]), (&4.into(), &1.into()));
    assert_eq!(report["islands"], 4);
}

#[test]
fn bad_file_does_not_stop_the_others() {
    let sandbox = small();
    sandbox.write("bad.vrp", "TYPE : CVRP\nDIMENSION : x\n");
    sandbox.write("other.vrp", SMALL.replace("small", "other"));
    let output = sandbox.run("solve small.vrp bad.vrp other.vrp --iterations 50 --output out --report r.json");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(sandbox.files("out"), ["other.sol", "small.sol"]);
    assert_eq!(sandbox.json("r.json").len(), 2);
    let table = error_text(&output);
    assert!(table.contains("bad") && table.contains("other"), "{table}");
}

#[test]
fn shards_solve_every_instance_once() {
    for first in [0, 1] {
        let sandbox = Sandbox::new();
        sandbox.succeed("generate tsp --n 8 --count 5 --output in");
        sandbox.succeed("generate cvrp --set cvrp20 --count 4 --output set.npz");
        let files = sandbox.files("in").iter().map(|name| format!("in/{name} ")).collect::<String>();
        let mut solved = Vec::new();
        for shard in first..first + 3 {
            let line = format!("solve {files} set.npz --shard {shard}/3 --iterations 5 --output out{shard} --quiet");
            sandbox.succeed(&line);
            solved.extend(sandbox.files(&format!("out{shard}")));
        }
        solved.sort();
        let mut expected: Vec<String> = (0..5).map(|i| format!("uniform-8-s1-{i}.tour")).collect();
        expected.extend((0..4).map(|i| format!("set-{i}.sol")));
        expected.sort();
        assert_eq!(solved, expected);
    }
}

#[test]
fn picture_is_drawn_where_there_are_coordinates() {
    let sandbox = small();
    sandbox.succeed("solve small.vrp --iterations 10 --plot p.svg --output out --quiet");
    let picture = sandbox.read("p.svg");
    assert!(picture.starts_with("<svg") && picture.contains("small") && picture.ends_with("</svg>\n"));
    sandbox.succeed("generate tsp --n 9 --distribution matrix --output m.tsp");
    let error = sandbox.fail("solve m.tsp --plot q.svg --output q", 2);
    assert!(error.contains("m.tsp: a picture needs coordinates"), "{error}");
    assert!(!sandbox.path("q").exists() && !sandbox.path("q.svg").exists());
}

#[test]
fn picture_of_another_format_is_refused_before_the_search() {
    let sandbox = small();
    sandbox.write("other.vrp", SMALL);
    for path in ["p.png", "none/p.pdf", "p.svg.gz"] {
        for files in ["small.vrp", "small.vrp other.vrp"] {
            let error = sandbox.fail(&format!("solve {files} --iterations 10 --plot {path} --report r.json"), 2);
            let parts = ["option `plot`", ".svg", path, "remedy: give"];
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
    assert_eq!(sandbox.files("."), ["other.vrp", "small.vrp"]);
    sandbox.succeed("solve small.vrp --iterations 10 --plot P.SVG --output out --quiet");
    fs::create_dir(sandbox.path("plots.d")).unwrap();
    sandbox.succeed("solve small.vrp --iterations 10 --plot plots.d --output out --quiet");
    assert!(["P.SVG", "plots.d/small.svg"].iter().all(|path| sandbox.read(path).starts_with("<svg")));
    assert!(sandbox.succeed("solve small.vrp --iterations 10 --plot - --quiet").starts_with("<svg"));
}

#[test]
fn knapsack_is_recognised_solved_and_reported_as_minus_its_profit() {
    let sandbox = Sandbox::new();
    sandbox.write("plain", "3 10\n5 4\n6 5\n7 9\n");
    sandbox.write("best_known.csv", "problem,instance,best_known\nknapsack,plain,12\n");
    let output = sandbox.run("solve plain --report r.json --output plain.sol");
    assert!(error_text(&output).contains("cost -11 (value 11)"), "{}", error_text(&output));
    let report = &sandbox.json("r.json")[0];
    assert_eq!((&report["problem"], &report["stop_reason"]), (&"knapsack".into(), &"optimal".into()));
    assert_eq!(
        (&report["cost"], &report["bound"], &report["best_known"]),
        (&(-11).into(), &(-11).into(), &(-12).into())
    );
    assert_eq!(report["gap_to_best_known"], 1.0 / 12.0);
    assert_eq!(sandbox.read("plain.sol"), "0\n1\nValue 11\n");
    assert_eq!(sandbox.check("plain", "plain.sol"), -11);
    sandbox.write("liar.sol", "0\nValue 6\n");
    let output = sandbox.run("check plain liar.sol");
    assert!(error_text(&output).contains("declares value 6"), "{}", error_text(&output));
    assert!(sandbox.fail("solve plain --plot p.svg", 2).contains("coordinates"));
    assert!(sandbox.fail("generate knapsack --n 5 --output set.npz", 2).contains(".npz"));
}

#[test]
fn policies_pack_a_knapsack_too() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate knapsack --n 60 --distribution weak --output a.kp");
    sandbox.succeed("solve a.kp --output exact --quiet");
    sandbox.succeed("solve a.kp --method policy --no-model --iterations 500 --output rolled --quiet");
    let (exact, rolled) = (sandbox.check("a.kp", "exact"), sandbox.check("a.kp", "rolled"));
    assert!(exact <= rolled && 10 * rolled <= 9 * exact, "{exact} {rolled}");
}

#[cfg(unix)]
#[test]
fn output_replaces_a_file_but_keeps_a_link() {
    let sandbox = small();
    sandbox.write("old", "old");
    std::os::unix::fs::symlink("old", sandbox.path("link")).unwrap();
    sandbox.succeed("solve small.vrp --iterations 10 --output link --quiet");
    assert!(fs::symlink_metadata(sandbox.path("link")).unwrap().is_symlink());
    sandbox.check("small.vrp", "old");
}

#[test]
fn instances_of_a_seed_do_not_depend_on_their_number() {
    let sandbox = Sandbox::new();
    let one = sandbox.succeed("generate tsp --n 20 --seed 3");
    sandbox.succeed("generate tsp --n 20 --seed 3 --count 2 --output in");
    assert_eq!(one, sandbox.read("in/uniform-20-s3-0.tsp"));
    assert_ne!(one, sandbox.read("in/uniform-20-s3-1.tsp"));
}

#[test]
fn lists_name_what_is_shipped() {
    let sandbox = Sandbox::new();
    assert!(sandbox.succeed("methods tsp").starts_with("auto"));
    assert!(sandbox.succeed("methods cvrp").starts_with("auto"));
    assert!(sandbox.succeed("methods knapsack").starts_with("auto"));
    assert!(sandbox.succeed("sets").contains("cvrp200"));
    let models = sandbox.succeed("models");
    assert!(
        ["tsp", "cvrp", "knapsack"].iter().all(|name| models.lines().any(|line| line.starts_with(name))),
        "{models}"
    );
}
