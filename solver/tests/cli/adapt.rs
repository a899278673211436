//! Latent vectors, populations and tables through the real binary.

use heuron_policies::{Architecture, Task, Weights};

use crate::sandbox::Sandbox;

/// A sandbox with untrained models of tours, of route plans and of schedules: one that latent vectors steer, one of
/// three agents, and one that is neither.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for (task, heads) in [(Task::Tsp, 2), (Task::Cvrp, 2), (Task::Jssp, 1)] {
        let plain = Architecture::new(task, 16, heads, 1, 16);
        for (name, architecture) in [
            ("latent", Architecture { latent: Some(16), ..plain.clone() }),
            ("agents", Architecture { agents: Some(3), ..plain.clone() }),
            ("plain", plain),
        ] {
            let content = Weights::random(architecture, 1).unwrap().to_bytes().unwrap();
            sandbox.write(&format!("{}-{name}.safetensors", task.name()), content);
        }
    }
    sandbox
}

#[test]
fn evaluation_counts_attempts() {
    let sandbox = sandbox();
    // An attempt has a construction from every opening; a schedule has one opening.
    let cases = [
        ("tsp", "plain", "active", 10),
        ("tsp", "latent", "latent", 10),
        ("tsp", "latent", "uniform", 10),
        ("tsp", "agents", "population", 10),
        ("jssp", "latent", "latent", 1),
        ("jssp", "latent", "uniform", 1),
        ("jssp", "agents", "population", 1),
    ];
    for (problem, model, decode, constructions) in cases {
        let line = format!("evaluate {problem} --model {problem}-{model}.safetensors --n 10 --count 3");
        let line = format!("{line} --decode {decode} --attempts 20");
        sandbox.succeed(&format!("{line} --threads 2 --report r.json --references none"));
        let lines = sandbox.json("r.json");
        assert_eq!(lines[0]["attempts"], 20);
        assert_eq!(lines[0]["trajectories"], 3 * 20 * constructions, "{problem} {decode}");
        assert!(lines[0]["mean_cost"].as_f64().unwrap() > 0.0);
        sandbox.succeed(&format!("{line} --threads 1 --report s.json --references none"));
        assert_eq!(lines[1..], sandbox.json("s.json")[1..], "{problem} {decode}");
    }
}

#[test]
fn models_without_vectors_or_agents_are_refused_with_the_way_to_get_one() {
    let sandbox = sandbox();
    for problem in ["tsp", "jssp"] {
        sandbox.succeed(&format!("generate {problem} --n 12 --output a.{problem}"));
        for (decode, algorithm) in [("latent", "compass"), ("population", "poppy")] {
            let line = format!("evaluate {problem} --model {problem}-plain.safetensors --n 10 --count 2");
            let error = sandbox.fail(&format!("{line} --decode {decode}"), 2);
            assert!(error.contains(&format!("--algorithm {algorithm}")), "{error}");
            let line = format!("solve a.{problem} --method {decode} --model {problem}-plain.safetensors");
            let error = sandbox.fail(&line, 2);
            assert!(error.contains(&format!("--algorithm {algorithm}")), "{error}");
        }
    }
    let error = sandbox.fail("evaluate jssp --model jssp-plain.safetensors --n 10 --count 2 --decode active", 2);
    assert!(error.contains("no active search"), "{error}");
}

#[test]
fn solver_adapts_to_the_instance() {
    let sandbox = sandbox();
    let cases = [
        ("tsp", "active", "plain"),
        ("tsp", "latent", "latent"),
        ("tsp", "population", "agents"),
        ("jssp", "latent", "latent"),
        ("jssp", "population", "agents"),
    ];
    for (problem, method, model) in cases {
        sandbox.succeed(&format!("generate {problem} --n 12 --output a.{problem}"));
        let line = format!("solve a.{problem} --method {method} --iterations 150 --threads 1");
        sandbox.succeed(&format!("{line} --model {problem}-{model}.safetensors --output a.sol --report r.json"));
        assert_eq!(sandbox.json("r.json")[0]["method"], method);
        sandbox.succeed(&format!("check a.{problem} a.sol"));
        sandbox.succeed(&format!("{line} --no-model --output b.sol"));
        sandbox.succeed(&format!("check a.{problem} b.sol"));
    }
}

#[test]
fn there_is_an_answer_where_the_model_does_not_get_to_one() {
    let sandbox = sandbox();
    for problem in ["tsp", "cvrp"] {
        // Encoding alone takes longer than there is time.
        sandbox.succeed(&format!("generate {problem} --n 9000 --output a.{problem}"));
        for (method, model) in [("latent", "latent"), ("population", "agents"), ("active", "plain")] {
            let line = format!("solve a.{problem} --method {method} --model {problem}-{model}.safetensors --time 0.2");
            sandbox.succeed(&format!("{line} --threads 1 --output a.sol"));
            sandbox.check(&format!("a.{problem}"), "a.sol");
        }
    }
}

#[test]
fn tables_are_listed_and_unknown_ones_refused_with_the_list() {
    let sandbox = sandbox();
    let list = sandbox.succeed("table");
    for name in ["pomo", "rlor", "preference", "poppy", "compass"] {
        assert!(list.contains(name), "{list}");
    }
    let error = sandbox.fail("table pom --output .", 2);
    assert!(error.contains("pomo") && error.contains("remedy"), "{error}");
    sandbox.fail("table pomo", 2);
}

#[test]
fn tables_refuse_models_and_folders_before_they_measure_for_hours() {
    let sandbox = sandbox();
    let refused = |line: &str, word: &str| {
        let error = sandbox.fail(&format!("table {line}"), 2);
        assert!(error.contains(word) && error.contains("remedy"), "{error}");
        assert!(!error.contains("cpu"), "measured before: {error}");
    };
    for table in ["compass", "poppy"] {
        refused(&format!("{table} --size full --model nosuch --output out"), "nosuch");
        refused(&format!("{table} --size full --model tsp-plain.safetensors --output out"), "--algorithm");
    }
    sandbox.write("file", "");
    refused("pomo --size full --output file", "folder");
    refused("pomo --size full --output no/such/folder", "no/such/folder");
}

#[test]
fn mutated_instances_come_by_set_and_by_distribution() {
    let sandbox = sandbox();
    // All nine operators, and the first of them again.
    sandbox.succeed("generate tsp --set mutated-tsp-9 --count 10 --output set/");
    let names = sandbox.files("set");
    assert_eq!(names.len(), 10, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("mutated-tsp-9-") && name.ends_with(".tsp")), "{names:?}");
    for problem in ["tsp", "cvrp"] {
        sandbox.succeed(&format!("generate {problem} --set mutated-{problem}-9 --count 3 --output {problem}.npz"));
    }
    let line = "evaluate tsp --model tsp-plain.safetensors --set mutated-tsp-9 --count 2";
    sandbox.succeed(&format!("{line} --references none --report r.json"));
    let lines = sandbox.json("r.json");
    assert_eq!(lines[1]["instance"], "mutated-tsp-9-0");
    assert_eq!(lines[0]["scale"], 1e7);
    assert!(sandbox.succeed("generate --help").contains("mutated"));
    sandbox.succeed("generate cvrp --n 20 --distribution mutated,operator=grid,power=80 --output b.vrp");
    sandbox.succeed("solve b.vrp --iterations 50 --output b.sol");
    sandbox.succeed("check b.vrp b.sol");
    let error = sandbox.fail("generate tsp --n 20 --distribution mutated,operator=crash", 2);
    assert!(error.contains("explosion"), "{error}");
}
