//! Episodes of a policy, with common random numbers.

use heuron_problems::{Bandit, Play};

use super::baselines::Null;
use crate::run::{Run, Watch};
use crate::search::Search;

/// A policy at play.
pub trait Player {
    /// An episode begins: nothing of the ones before may matter from now on, so that plays do not depend on their
    /// order.
    fn begin(&mut self, episode: u64);

    /// The actions to take in `step` of the episode, ascending; allowed together.
    fn act(&mut self, step: usize, state: &[u8]) -> Vec<u32>;
}

/// Plays episode number `episode` of the scenarios of `seed`. Once `watch` says stop, no action is taken that need not
/// be: a play has whole episodes only.
fn episode(bandit: &Bandit, player: &mut dyn Player, seed: u64, episode: u64, watch: &Watch) -> Vec<Vec<u32>> {
    let scenario = bandit.scenario(seed, episode);
    let mut state = scenario.start.clone();
    player.begin(episode);
    let step = |step| {
        let list = if watch.is_late() { Null(bandit).act(step, &state) } else { player.act(step, &state) };
        debug_assert!(bandit.coupling.check(&list).is_ok(), "step {step}: {list:?}");
        bandit.advance(&mut state, step, &bandit.flags(&list), &scenario);
        list
    };
    (0..bandit.horizon).map(step).collect()
}

/// Plays the first `episodes` scenarios of `seed`.
pub fn play(bandit: &Bandit, name: &str, player: &mut dyn Player, seed: u64, episodes: u64) -> Play {
    let watch = Watch::never();
    let episodes = (0..episodes).map(|index| episode(bandit, player, seed, index, &watch)).collect();
    Play { policy: name.into(), seed, episodes }
}

/// Makes a policy for an instance and a seed.
pub type Make = Box<dyn for<'a> Fn(&'a Bandit, u64) -> Box<dyn Player + 'a>>;

/// Plays a policy, as many episodes as wanted or the budget allows. An iteration is a step.
pub struct Simulation {
    /// Name of the policy.
    pub name: &'static str,
    /// The policy.
    pub make: Make,
    /// The most episodes.
    pub episodes: u64,
}

impl Search<Bandit> for Simulation {
    fn search(&mut self, bandit: &Bandit, run: &mut Run<'_, Bandit>) {
        run.set_method(self.name);
        let (seed, watch) = (run.setup().seed, run.watch());
        let mut player = (self.make)(bandit, seed);
        let mut play = Play { policy: self.name.into(), seed, episodes: Vec::new() };
        for index in 0..self.episodes {
            let steps = episode(bandit, player.as_mut(), seed, index, &watch);
            // A later one that was cut short would only lower the mean.
            if index > 0 && watch.is_late() {
                break;
            }
            play.episodes.push(steps);
            if !run.proceed(bandit.horizon as u64) {
                break;
            }
        }
        // Means over different episodes are not comparable: there is one play only.
        if let Ok(judgement) = bandit.judge(&play) {
            run.raise_bound(judgement.bound());
        }
        run.offer(&play);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use heuron_problems::{Generate, Problem, stream};

    use super::*;
    use crate::bandit::baselines::Myopic;
    use crate::run::{Budget, Setup};

    #[test]
    fn a_play_that_runs_out_of_time_has_one_whole_episode() {
        for rule in ["uniform", "path", "interventions"] {
            let bandit = Bandit::generate(&Bandit::spec(12, rule).unwrap(), &mut stream(101, "late", 0));
            let budget = Budget { time: Some(Duration::ZERO), ..Budget::default() };
            let mut listener = |_: &crate::run::Progress<'_, Bandit>| {};
            let mut run = Run::new(&bandit, Setup::new(budget), &mut listener);
            let make: Make = Box::new(|bandit, _| Box::new(Myopic::new(bandit, false)));
            Simulation { name: "myopic", make, episodes: 50 }.search(&bandit, &mut run);
            let (cost, play) = run.into_best().unwrap();
            assert_eq!((play.episodes.len(), play.episodes[0].len()), (1, bandit.horizon), "{rule}");
            assert_eq!(bandit.evaluate(&play), Ok(cost));
            // Nothing is done that need not be.
            assert!(bandit.coupling.is_exact() || play.episodes[0].iter().all(Vec::is_empty), "{rule}");
        }
    }
}
