//! Job shops through the real binary: every format in, sequences and charts out, start times judged.

use crate::sandbox::{Sandbox, error_text};

const TWO: &str = "2 2\n0 3 1 2\n1 4 0 1\n";

#[test]
fn a_job_shop_is_detected_solved_proven_and_drawn() {
    let sandbox = Sandbox::new();
    sandbox.write("two.txt", TWO);
    sandbox.write("two.json", r#"{"duration_matrix": [[3, 2], [4, 1]], "machines_matrix": [[0, 1], [1, 0]]}"#);
    sandbox.write("two.dat", "2 2\nTimes\n3 2\n4 1\nMachines\n1 2\n2 1\n");
    for file in ["two.txt", "two.json", "two.dat"] {
        let line = format!("solve {file} --output two.sol --plot two.svg --report two.report --quiet");
        sandbox.succeed(&line);
        assert_eq!(sandbox.check(file, "two.sol"), 6);
        let report: serde_json::Value = serde_json::from_str(&sandbox.read("two.report")).unwrap();
        assert_eq!((&report["problem"], &report["stop_reason"]), (&"jssp".into(), &"optimal".into()));
        assert_eq!((&report["size"], &report["bound"]), (&4.into(), &6.into()));
        assert!(sandbox.read("two.svg").contains("4 operations"));
    }
}

#[test]
fn stated_start_times_are_judged_as_they_are() {
    let sandbox = Sandbox::new();
    sandbox.write("two.txt", TWO);
    sandbox.write("late.json", r#"{"start_times": [[0, 7], [0, 4]]}"#);
    assert_eq!(sandbox.check("two.txt", "late.json"), 9);
    sandbox.write("overlap.json", r#"{"start_times": [[0, 3], [0, 4]]}"#);
    let output = sandbox.run("check two.txt overlap.json");
    assert_eq!(output.status.code(), Some(1));
    assert!(error_text(&output).contains("machine 1 works on jobs 1 and 0 at once, at time 3"));
    // A warm start in this form is taken, and improved.
    sandbox.succeed("solve two.txt --initial late.json --output two.sol --quiet");
    assert_eq!(sandbox.check("two.txt", "two.sol"), 6);
}

#[test]
fn schedules_are_written_with_start_end_and_machine_where_json_is_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("two.txt", TWO);
    sandbox.succeed("solve two.txt --output two.json --quiet");
    let schedule: serde_json::Value = serde_json::from_str(&sandbox.read("two.json")).unwrap();
    let list = |key: &str| serde_json::from_value::<Vec<Vec<i64>>>(schedule[key].clone()).unwrap();
    assert_eq!((&schedule["makespan"], list("machines")), (&6.into(), vec![vec![0, 1], vec![1, 0]]));
    let durations = [[3, 2], [4, 1]];
    for (job, durations) in durations.iter().enumerate() {
        for (place, duration) in durations.iter().enumerate() {
            assert_eq!(list("end_times")[job][place] - list("start_times")[job][place], *duration);
        }
    }
    assert_eq!(sandbox.check("two.txt", "two.json"), 6);
    // What is stated must be true.
    for (name, stated) in [("end_times", "[[3, 7], [4, 5]]"), ("machines", "[[1, 0], [0, 1]]")] {
        let text = format!(r#"{{"start_times": [[0, 4], [0, 4]], "{name}": {stated}}}"#);
        sandbox.write("wrong.json", &text);
        let output = sandbox.run("check two.txt wrong.json");
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(error_text(&output).contains(name));
    }
}

#[test]
fn random_and_published_job_shops_are_written_and_read() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate jssp --n 6 --distribution uniform,machines=4 --seed 3 --output a.jssp");
    sandbox.succeed("solve a.jssp --iterations 2000 --output a.sol --quiet");
    assert!(sandbox.check("a.jssp", "a.sol") > 0);
    sandbox.succeed("generate jssp --set ta01-10 --count 2 --output set");
    assert_eq!(sandbox.files("set"), ["ta01.jssp", "ta02.jssp"]);
    assert!(sandbox.read("set/ta01.jssp").starts_with("15 15\n6 94 12 66 "));
}

/// Two jobs, a stage of two machines and one of one.
const FLOW: &str = "2 2\n2 1\n3 5\n4 2\n6\n1\n";

#[test]
fn a_flow_shop_is_solved_proven_and_written_with_all_that_follows() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.txt", FLOW);
    sandbox.succeed("solve flow.txt --output flow.json --plot flow.svg --report flow.report --quiet");
    assert_eq!(sandbox.check("flow.txt", "flow.json"), 9);
    let report: serde_json::Value = serde_json::from_str(&sandbox.read("flow.report")).unwrap();
    assert_eq!((&report["stop_reason"], &report["bound"]), (&"optimal".into(), &9.into()));
    let plan: serde_json::Value = serde_json::from_str(&sandbox.read("flow.json")).unwrap();
    let [starts, ends] = ["start_times", "end_times"].map(|key| plan[key].as_array().unwrap().len());
    assert_eq!((&plan["makespan"], starts, ends), (&9.into(), 2, 2));
    assert_eq!(plan["sequences"].as_array().unwrap().len(), 2);
}

#[test]
fn what_a_schedule_states_beside_its_starts_must_follow_from_them() {
    let sandbox = Sandbox::new();
    sandbox.write("two.txt", TWO);
    sandbox.write("flow.txt", FLOW);
    let job_shop = r#"{"start_times": [[0, 4], [0, 4]], "#;
    let flow_shop = r#"{"machines": [[0, 0], [1, 0]], "start_times": [[0, 3], [0, 2]], "#;
    let rows = [
        ("two.txt", job_shop, r#""makespan": 7"#, "`makespan` 6"),
        ("two.txt", job_shop, r#""end_times": [[3, 6], [4, 6]]"#, "`end_times` 5 of operation 1 of job 1"),
        ("two.txt", job_shop, r#""end_times": [[3, 6]]"#, "every operation of every job"),
        ("flow.txt", flow_shop, r#""makespan": 8"#, "`makespan` 9"),
        ("flow.txt", flow_shop, r#""end_times": [[3, 9], [3, 3]]"#, "`end_times` 2 of operation 0 of job 1"),
        ("flow.txt", flow_shop, r#""sequences": [[[0], [1]], [[0, 1]]]"#, "`sequences`"),
    ];
    for (file, plan, stated, message) in rows {
        sandbox.write("wrong.json", format!("{plan}{stated}}}"));
        let error = sandbox.fail(&format!("check {file} wrong.json"), 2);
        assert!(error.contains("wrong.json") && error.contains(message) && error.contains("remedy"), "{error}");
    }
    let right = r#""makespan": 9, "end_times": [[3, 9], [2, 3]], "sequences": [[[0], [1]], [[1, 0]]]"#;
    sandbox.write("right.json", format!("{flow_shop}{right}}}"));
    assert_eq!(sandbox.check("flow.txt", "right.json"), 9);
    // Where a rule is broken, that is what is said.
    sandbox.write("broken.json", r#"{"start_times": [[0, 3], [0, 4]], "makespan": 9}"#);
    assert!(sandbox.fail("check two.txt broken.json", 1).contains("at once"));
}

#[test]
fn dispatching_rules_are_measured_as_models_are() {
    let sandbox = Sandbox::new();
    sandbox.write("two.txt", TWO);
    for rule in ["jssp --model spt", "jssp --model mwkr", "jssp --model mopnr", "jssp --model fdd-mwkr"] {
        sandbox.succeed(&format!("evaluate {rule} --set two.txt --report r.json"));
        let lines = sandbox.json("r.json");
        assert_eq!((&lines[0]["trajectories"], &lines[1]["cost"]), (&1.into(), &6.into()), "{rule}");
    }
    for rule in ["spt", "mwkr", "ect"] {
        let line = format!("evaluate ffsp --model {rule} --n 6 --count 3 --references none --report r.json");
        let [one, two] = [1, 2].map(|threads| {
            let output = sandbox.run(&format!("{line} --threads {threads}"));
            assert_eq!(output.status.code(), Some(0));
            (sandbox.json("r.json")[1..].to_vec(), error_text(&output))
        });
        assert_eq!(one.0, two.0);
        let costs = one.0.iter().map(|row| row["cost"].as_f64().unwrap());
        let mean = format!("mean cost {:.3}", costs.sum::<f64>() / 3.0);
        assert!(one.1.contains(&mean), "{mean}: {}", one.1);
    }
    let error = sandbox.fail("evaluate jssp --model spt --set two.txt --decode sample", 2);
    assert!(error.contains("rule spt") && error.contains("one schedule"), "{error}");
    let error = sandbox.fail("evaluate ffsp --model mopnr --n 6", 2);
    assert!(error.contains("spt, mwkr, ect"), "{error}");
    assert!(sandbox.succeed("models").contains("fdd-mwkr"));
}

#[test]
fn a_file_that_may_be_a_knapsack_or_half_a_flow_shop_is_not_taken_for_either() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "3 2\n2 1\n5 3\n4 1\n");
    let error = sandbox.fail("solve a.txt", 2);
    assert!(error.contains("--problem ffsp") && error.contains("--problem knapsack"), "{error}");
    sandbox.succeed("solve a.txt --problem knapsack --quiet");
    assert!(sandbox.fail("solve a.txt --problem ffsp", 2).contains("job 2 at stage 0"));
}
