//! Models through the real binary: training, evaluation, and what is refused.

use heuron_policies::{Architecture, Task, Weights};

use crate::sandbox::{Sandbox, error_text, signal};

/// A sandbox with untrained models of tours and of packings.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, task) in [("tsp.safetensors", Task::Tsp), ("knapsack.safetensors", Task::Knapsack)] {
        let weights = Weights::random(Architecture::new(task, 16, 2, 1, 16), 1).unwrap();
        sandbox.write(name, weights.to_bytes().unwrap());
    }
    sandbox
}

/// The mean gap of an evaluation, and its lines.
fn evaluate(sandbox: &Sandbox, line: &str) -> (f64, Vec<serde_json::Value>) {
    sandbox.succeed(&format!("evaluate {line} --report r.json"));
    let lines = sandbox.json("r.json");
    (lines[0]["mean_gap"].as_f64().unwrap(), lines)
}

#[test]
fn evaluation_reports_the_set_and_every_instance() {
    let sandbox = sandbox();
    let (gap, lines) = evaluate(&sandbox, "tsp --model tsp.safetensors --n 12 --count 9 --threads 1");
    let fields = "problem model set instances n decode starts augment samples mean_cost reference mean_reference \
                  mean_gap gap_interval trajectories trajectories_per_s wall_s cpu_s version scale";
    for field in fields.split_whitespace() {
        assert!(lines[0].get(field).is_some(), "{field}");
    }
    assert_eq!((lines.len(), &lines[0]["trajectories"]), (10, &serde_json::json!(9 * 12)));
    let gaps: Vec<f64> = lines[1..].iter().map(|line| line["gap"].as_f64().unwrap()).collect();
    // The references of so small instances are optimal.
    assert!(gaps.iter().all(|&gap| gap >= 0.0) && gap > 0.0);
    assert!((gaps.iter().sum::<f64>() / 9.0 - gap).abs() < 1e-12);
    let interval: Vec<f64> = lines[0]["gap_interval"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert!(interval[0] <= gap && gap <= interval[1]);
    let again = evaluate(&sandbox, "tsp --model tsp.safetensors --n 12 --count 9 --threads 3").1;
    assert_eq!(lines[1..], again[1..]);
}

#[test]
fn more_effort_is_never_worse() {
    let sandbox = sandbox();
    let base = "tsp --model tsp.safetensors --n 10 --count 5 --threads 2";
    let gaps = ["--starts 1", "", "--augment"].map(|effort| evaluate(&sandbox, &format!("{base} {effort}")).0);
    assert!(gaps[0] >= gaps[1] && gaps[1] >= gaps[2], "{gaps:?}");
    let [few, many] =
        [8, 80].map(|samples| evaluate(&sandbox, &format!("{base} --decode sample --samples {samples}")).0);
    assert!(many <= few);
    assert!(evaluate(&sandbox, &format!("{base} --decode beam --samples 20")).0 >= 0.0);
    let simulated = evaluate(&sandbox, &format!("{base} --decode sgbs --samples 3 --children 3")).0;
    assert!(simulated <= gaps[1]);
}

#[test]
fn sets_come_by_name_from_folders_and_from_files() {
    let sandbox = sandbox();
    assert_eq!(evaluate(&sandbox, "tsp --model tsp.safetensors --set tsp20 --count 3").1.len(), 4);
    sandbox.succeed("generate tsp --n 10 --count 4 --output folder/");
    sandbox.write("folder/notes.md", "no instance");
    // What `solve` detects needs no extension.
    std::fs::rename(sandbox.path("folder/uniform-10-s1-3.tsp"), sandbox.path("folder/uniform-10-s1-3")).unwrap();
    let folder = evaluate(&sandbox, "tsp --model tsp.safetensors --set folder").1;
    let names: Vec<&str> = folder[1..].iter().map(|line| line["instance"].as_str().unwrap()).collect();
    assert_eq!(names, ["uniform-10-s1-0", "uniform-10-s1-1", "uniform-10-s1-2", "uniform-10-s1-3"]);
    let file = evaluate(&sandbox, "tsp --model tsp.safetensors --set folder/uniform-10-s1-2.tsp").1;
    assert_eq!(file[1], folder[3]);
    sandbox.write("best.csv", "instance,best_known\nuniform-10-s1-2,1000\n");
    let against = "tsp --model tsp.safetensors --set folder --references best.csv";
    let lines = evaluate(&sandbox, against).1;
    assert_eq!((&lines[3]["reference"], &lines[1]["gap"]), (&serde_json::json!(1000), &serde_json::Value::Null));
}

#[test]
fn signal_ends_an_evaluation_with_what_is_done() {
    let sandbox = sandbox();
    let line =
        "evaluate tsp --model tsp.safetensors --n 100 --count 20000 --references none --threads 1 --report r.json";
    let child = sandbox.start(line);
    std::thread::sleep(std::time::Duration::from_secs(3));
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
    let lines = sandbox.json("r.json");
    let done = lines.len() - 1;
    assert!(
        0 < done && done < 20_000 && error_text(&output).contains(&format!("interrupted: {done} of 20000 instances"))
    );
    assert_eq!((&lines[0]["interrupted"], &lines[0]["instances"]), (&true.into(), &done.into()));
    assert!(lines[0]["mean_cost"].as_f64().unwrap() > 0.0);
}

#[test]
fn models_and_sets_that_do_not_fit_are_refused() {
    let sandbox = sandbox();
    let refuse = |line: &str, words: &[&str]| {
        let error = sandbox.fail(&format!("evaluate {line}"), 2);
        assert!(words.iter().all(|word| error.contains(word)) && error.contains("remedy"), "{error}");
    };
    refuse("cvrp --model tsp.safetensors --n 10 --count 2", &["Tsp", "Cvrp"]);
    refuse("tsp --model tsp.safetensors --n 10 --count 2 --distribution matrix", &["coordinates"]);
    refuse("tsp --model nosuch --n 10", &["nosuch"]);
    refuse("tsp --model no.file --n 10", &["no.file"]);
    refuse("tsp --model tsp.safetensors --set nowhere", &["nowhere"]);
    refuse("tsp --model tsp.safetensors --n 10 --samples 0", &["samples"]);
    refuse("tsp --model tsp.safetensors --n 10 --decode sample --samples 1048577", &["samples", "at most 1048576"]);
    refuse("tsp --model tsp.safetensors --n 10 --decode beam --samples 100001", &["samples", "at most 100000"]);
    // All before the first of constructions that would take hours.
    let endless = "--decode sample --samples 1000000 --threads 1";
    refuse(&format!("tsp --model tsp.safetensors --n 100 {endless} --references nofile.csv"), &["nofile.csv"]);
    sandbox.succeed("generate tsp --n 100 --count 3 --output set/");
    sandbox.succeed("generate tsp --n 9 --distribution matrix --output set/z.tsp");
    refuse(&format!("tsp --model tsp.safetensors --set set {endless} --references none"), &["coordinates"]);
    refuse("knapsack --model knapsack.safetensors --n 10 --augment", &["augment"]);
    for (decode, option, other) in [
        ("greedy", "samples", "beam"),
        ("population", "samples", "sample"),
        ("greedy", "children", "sgbs"),
        ("beam", "children", "sgbs"),
        ("greedy", "attempts", "latent"),
        ("sample", "attempts", "population"),
    ] {
        let line = format!("tsp --model tsp.safetensors --n 10 --decode {decode} --{option} 7");
        refuse(&line, &[&format!("`--{option}`"), &format!("`--decode {decode}`"), other]);
    }
    sandbox.write("cut.safetensors", &std::fs::read(sandbox.path("tsp.safetensors")).unwrap()[..500]);
    refuse("tsp --model cut.safetensors --n 10", &["cut.safetensors"]);
}

#[test]
#[cfg(not(feature = "train"))]
fn build_without_training_names_the_feature() {
    let error = Sandbox::new().fail("train tsp --output run --steps 1", 2);
    assert!(error.contains("cargo feature `train`") && error.contains("--features train"), "{error}");
}

#[cfg(feature = "train")]
mod with_training {
    use std::fs;
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    const SETTINGS: &str = "
        sizes = [8]
        batch = 8
        checkpoint_minutes = 0.0002
        [network]
        width = 16
        heads = 2
        layers = 1
        feed_forward = 16
        [validation]
        count = 4
    ";

    fn settings() -> Sandbox {
        let sandbox = Sandbox::new();
        sandbox.write("settings.toml", SETTINGS);
        sandbox
    }

    #[test]
    fn killed_training_goes_on_as_if_nothing_had_happened() {
        let sandbox = settings();
        let line = "train tsp --config settings.toml --steps 400 --quiet --threads 1 --output";
        sandbox.succeed(&format!("{line} whole"));
        let mut kills = 0;
        for round in 1..200 {
            // What was killed before it had a checkpoint begins anew.
            let resume = if sandbox.path("broken/checkpoint.safetensors").exists() { "--resume" } else { "" };
            let mut child = sandbox.start(&format!("{line} broken {resume}"));
            sleep(Duration::from_millis(20 * round));
            let done = child.try_wait().unwrap().is_some();
            child.kill().unwrap();
            child.wait().unwrap();
            kills += usize::from(!done);
            if done {
                break;
            }
        }
        assert!(kills > 1, "the run was never killed");
        sandbox.succeed(&format!("{line} broken --resume"));
        for name in ["model.safetensors", "last.safetensors"] {
            let [whole, broken] = ["whole", "broken"].map(|run| fs::read(sandbox.path(run).join(name)).unwrap());
            assert!(whole == broken, "{name} after {kills} kills");
        }
    }

    #[test]
    fn training_from_a_model_that_is_killed_before_its_second_checkpoint_goes_on_from_that_model() {
        let sandbox = settings();
        sandbox.succeed("train tsp --config settings.toml --steps 30 --quiet --output base");
        // The only checkpoint is the one before the first step.
        let rare = SETTINGS.replace("0.0002", "60").replace("count = 4", "count = 4\n every = 100000");
        sandbox.write("rare.toml", rare);
        let line = "train tsp --config rare.toml --steps 2000 --quiet --threads 1 --output";
        sandbox.succeed(&format!("{line} whole --model base/last.safetensors"));
        let mut child = sandbox.start(&format!("{line} broken --model base/last.safetensors"));
        while !sandbox.path("broken/log.csv").exists() {
            sleep(Duration::from_millis(1));
        }
        assert!(child.try_wait().unwrap().is_none(), "the run was never killed");
        child.kill().unwrap();
        child.wait().unwrap();
        sandbox.succeed(&format!("{line} broken --resume"));
        let [whole, broken] =
            ["whole", "broken"].map(|run| fs::read(sandbox.path(run).join("last.safetensors")).unwrap());
        assert!(whole == broken);
    }

    #[test]
    fn folder_without_a_checkpoint_is_not_resumed() {
        let sandbox = settings();
        let error = sandbox.fail("train tsp --config settings.toml --steps 1 --output run --resume", 2);
        assert!(["run", "no checkpoint", "without `--resume`"].iter().all(|word| error.contains(word)), "{error}");
        assert!(!sandbox.path("run").exists());
    }

    #[test]
    fn signal_ends_training_with_a_checkpoint() {
        let sandbox = settings();
        let child = sandbox.start("train tsp --config settings.toml --time 1h --output run");
        while !sandbox.path("run/model.safetensors").exists() {
            sleep(Duration::from_millis(20));
            if sandbox.path("run/log.csv").exists() {
                break;
            }
        }
        sleep(Duration::from_millis(300));
        signal(&child, "TERM");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", error_text(&output));
        assert!(error_text(&output).contains("--resume"));
        assert!(sandbox.path("run/checkpoint.safetensors").exists());
        let error = sandbox.fail("train tsp --config settings.toml --time 1h --output run", 2);
        assert!(error.contains("--resume"), "{error}");
    }

    #[test]
    fn trained_model_can_be_evaluated_and_trained_further() {
        let sandbox = settings();
        sandbox.succeed("train tsp --config settings.toml --steps 60 --output run --quiet");
        let files = ["checkpoint.safetensors", "curve.svg", "last.safetensors", "log.csv", "model.safetensors"];
        assert_eq!(sandbox.files("run")[..5], files);
        assert!(evaluate(&sandbox, "tsp --model run/model.safetensors --n 8 --count 4").0 >= 0.0);
        sandbox.succeed(
            "train tsp --algorithm ppo --config settings.toml --steps 2 --model run/model.safetensors --output on \
             --quiet",
        );
    }

    #[test]
    fn populations_and_latent_vectors_begin_with_a_model() {
        let sandbox = settings();
        sandbox.succeed("train tsp --config settings.toml --steps 1 --output base --quiet");
        for algorithm in ["poppy", "compass"] {
            let line = format!("train tsp --algorithm {algorithm} --config settings.toml --quiet");
            for resume in ["", "--resume"] {
                let error = sandbox.fail(&format!("{line} --steps 1 --output {algorithm} {resume}"), 2);
                assert!(error.contains("`model`") && error.contains("heuron models"), "{error}");
                assert!(!sandbox.path(algorithm).exists());
            }
            sandbox.succeed(&format!("{line} --steps 1 --output {algorithm} --model base/model.safetensors"));
            sandbox.succeed(&format!("{line} --steps 2 --output {algorithm} --resume"));
            let knapsack = line.replace("tsp", "knapsack");
            sandbox.succeed(&format!("{knapsack} --steps 1 --output knapsack-{algorithm}"));
        }
    }

    #[test]
    fn device_is_opened_before_anything_is_written() {
        let sandbox = settings();
        let error = sandbox.fail("train tsp --config settings.toml --steps 1 --output run --device cuda", 2);
        assert!(error.contains("cuda") && error.contains("remedy"), "{error}");
        assert!(!sandbox.path("run").exists());
    }

    #[test]
    fn wrong_settings_are_refused_by_name() {
        let sandbox = settings();
        sandbox.write("typo.toml", "bacth = 3");
        sandbox.write("zero.toml", "batch = 0");
        for (line, word) in [("--config typo.toml", "bacth"), ("--config zero.toml", "batch"), ("--n 1", "sizes")] {
            let error = sandbox.fail(&format!("train tsp {line} --steps 1 --output run"), 2);
            assert!(error.contains(word) && error.contains("remedy") && !error.contains("heuron solve"), "{error}");
        }
    }
}

#[test]
fn shipped_model_or_a_rule_in_its_place_constructs_and_the_report_says_which() {
    let sandbox = Sandbox::new();
    for (problem, file) in [("tsp", "a.tsp"), ("cvrp", "a.vrp"), ("knapsack", "a.kp")] {
        sandbox.succeed(&format!("generate {problem} --n 30 --output {file}"));
        let cost = |options: &str, model: serde_json::Value| {
            let line = format!("solve {file} {options} --output out --report r.json --quiet --threads");
            sandbox.succeed(&format!("{line} 2"));
            let (answer, report) = (sandbox.read("out"), sandbox.json("r.json").remove(0));
            assert_eq!(report["model"], model, "{file} {options}");
            sandbox.succeed(&format!("check {file} out"));
            sandbox.succeed(&format!("{line} 1"));
            assert_eq!(sandbox.read("out"), answer, "{file} {options}: the answer depends on the threads");
            report["cost"].as_i64().unwrap()
        };
        let alone = cost("--method policy --iterations 300", problem.into());
        let rule = cost("--method policy --iterations 300 --no-model", serde_json::Value::Null);
        assert!(alone < rule, "{file}: the model is no better than the rule");
        assert!(cost(&format!("--model {problem} --iterations 2000"), problem.into()) <= alone);
    }
}

#[test]
fn model_constructs_for_instances_too_large_for_tables_and_keeps_the_deadline() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 1100 --output a.tsp");
    sandbox.succeed("solve a.tsp --method policy --iterations 1 --threads 1 --output a.tour --quiet");
    sandbox.succeed("check a.tsp a.tour");
    sandbox.succeed("generate cvrp --n 9000 --output b.vrp");
    sandbox.succeed("solve b.vrp --model cvrp --time 1s --output b.sol --report r.json --quiet");
    assert_eq!(sandbox.json("r.json")[0]["stop_reason"], "time");
    sandbox.succeed("check b.vrp b.sol");
}

#[test]
fn rule_answers_where_the_model_has_no_time_and_the_report_names_no_model() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 2000 --output a.tsp");
    sandbox.succeed("generate cvrp --n 2000 --output a.vrp");
    // The model takes 0.33 s for its first solution.
    for (file, method) in [("a.tsp", "policy"), ("a.tsp", "active"), ("a.tsp", "policy+local"), ("a.vrp", "policy")] {
        let line = format!("solve {file} --method {method} --time 100ms --output out --report r.json --quiet");
        sandbox.succeed(&line);
        assert_eq!(sandbox.json("r.json")[0]["model"], serde_json::Value::Null, "{file} {method}");
        sandbox.succeed(&format!("check {file} out"));
    }
    sandbox.succeed("solve a.tsp --method policy --iterations 1 --output out --report r.json --quiet");
    assert_eq!(sandbox.json("r.json")[0]["model"], "tsp");
}

#[test]
fn device_that_the_build_or_the_machine_lacks_is_named_with_the_remedy() {
    let sandbox = sandbox();
    let line = "evaluate tsp --model tsp.safetensors --n 8 --count 2 --references none --device";
    sandbox.succeed(&format!("{line} cpu"));
    // Nothing that is built in CI has CUDA.
    let error = sandbox.fail(&format!("{line} cuda"), 2);
    assert!(["device", "cuda", "remedy", "--device cpu"].iter().all(|word| error.contains(word)), "{error}");
    assert!(sandbox.fail(&format!("{line} tpu"), 2).contains("expected cpu, gpu or cuda"));
}

#[test]
fn model_that_does_not_fit_is_refused_with_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate tsp --n 10001 --output large.tsp");
    sandbox.succeed("generate tsp --n 20 --distribution matrix --output matrix.tsp");
    assert!(sandbox.fail("solve large.tsp --model tsp", 2).contains("10000"));
    assert!(sandbox.fail("solve matrix.tsp --model tsp", 2).contains("coordinates"));
    assert!(sandbox.fail("solve matrix.tsp --model cvrp", 2).contains("Cvrp"));
    assert!(sandbox.fail("solve matrix.tsp --model nobody", 2).contains("tsp, cvrp, knapsack"));
    assert!(sandbox.fail("solve matrix.tsp --method eax --model tsp", 2).contains("policy+local"));
    assert!(sandbox.fail("solve matrix.tsp --model tsp --no-model", 2).contains("--no-model"));
}
