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
