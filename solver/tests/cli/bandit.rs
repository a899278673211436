//! Bandits through the real binary: generated, played by every kind of policy, judged, learned from.

use crate::sandbox::{Sandbox, error_text};

#[test]
fn a_bandit_is_generated_detected_played_and_judged() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate bandit --n 12 --distribution path --seed 3 --output path.bandit");
    let mut rewards = Vec::new();
    for method in ["null", "myopic", "index", "auto"] {
        let line = format!(
            "solve path.bandit --method {method} --iterations 200 --output play.json --report play.report --quiet"
        );
        sandbox.succeed(&line);
        let report: serde_json::Value = serde_json::from_str(&sandbox.read("play.report")).unwrap();
        assert_eq!((&report["problem"], &report["iterations"]), (&"bandit".into(), &200.into()));
        let (cost, bound) = (report["cost"].as_i64().unwrap(), report["bound"].as_i64().unwrap());
        assert!(bound <= cost && cost < 0, "{bound} {cost}");
        assert!(sandbox.succeed("check path.bandit play.json").starts_with("feasible, cost -"));
        let play: serde_json::Value = serde_json::from_str(&sandbox.read("play.json")).unwrap();
        assert_eq!(play["episodes"].as_array().unwrap().len(), 10);
        assert!((play["reward"].as_f64().unwrap() * 1e6 + cost as f64).abs() <= 1.0);
        rewards.push(-cost);
    }
    assert!(rewards[0] < rewards[1] && rewards[1] < rewards[2], "{rewards:?}");
}

#[test]
fn a_play_that_breaks_the_rule_is_named_by_its_step() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pair.json",
        r#"{"horizon": 2, "arms": [{"reward": [0, 1], "up": [0.1, 0.9]}, {"reward": [0, 2], "up": [0.1, 0.9]}],
            "constraint": {"kind": "budget", "budget": 1}}"#,
    );
    sandbox.write("play.json", r#"{"policy": "mine", "seed": 1, "episodes": [[[1], [0, 1]]]}"#);
    let output = sandbox.run("check pair.json play.json");
    assert_eq!(output.status.code(), Some(1));
    assert!(error_text(&output).contains("step 1 of episode 0: at most 1 actions"), "{}", error_text(&output));
    sandbox.write("bad.json", "{\"horizon\": 2,\n\"arms\": [{\"reward\": [0, 1], \"up\": [0.1]}],\n\"constraint\": {\"kind\": \"budget\", \"budget\": 1}}");
    assert!(sandbox.fail("solve bad.json", 2).contains("arms[0].up: 2 probabilities"));
}

#[test]
fn models_are_trained_and_play() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate bandit --n 8 --distribution schedule --seed 3 --output s.bandit");
    sandbox.write("small.toml", "count = 1\n[residual]\nrounds = 1\nepochs = 3\nvalidation = 20\n");
    sandbox.succeed("train bandit --n 8 --steps 20 --config small.toml --output residual --quiet");
    sandbox.succeed("train bandit --algorithm sequoia --instance s.bandit --steps 3 --output q --quiet");
    for model in ["residual", "q"] {
        sandbox.succeed(&format!(
            "solve s.bandit --model {model}/model.json --iterations 40 --output {model}.json --quiet"
        ));
        assert!(sandbox.succeed(&format!("check s.bandit {model}.json")).starts_with("feasible, cost -"));
    }
    sandbox.succeed("generate bandit --n 9 --distribution schedule --seed 3 --output t.bandit");
    sandbox.succeed("solve t.bandit --model residual/model.json --iterations 20 --output t.json --quiet");
    assert!(sandbox.fail("solve t.bandit --model q/model.json", 2).contains("the instance needs 19 inputs"));
    assert!(sandbox.fail("train bandit --algorithm sequoia --steps 3 --output r", 2).contains("one instance"));
    assert!(sandbox.fail("train bandit --instance s.bandit --steps 3 --output r", 2).contains("generated instances"));
    assert!(sandbox.fail("train bandit --algorithm ppo --steps 3 --output r", 2).contains("ppo"));
    for flag in ["--time 1s", "--resume", "--threads 2", "--device gpu", "--model q/model.json"] {
        let message = sandbox.fail(&format!("train bandit --steps 3 --output r {flag}"), 2);
        assert!(message.contains("none for bandits") && message.contains(flag.split(' ').next().unwrap_or(flag)));
    }
}
