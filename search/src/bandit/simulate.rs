//! Episodes of a policy, with common random numbers.

use heuron_problems::{Bandit, Play};

use crate::run::Run;
use crate::search::Search;

/// A policy at play.
pub trait Player {
    /// An episode begins: nothing of the ones before may matter from now on, so that plays do not depend on their
    /// order.
    fn begin(&mut self, episode: u64);

    /// The actions to take in `step` of the episode, ascending; allowed together.
    fn act(&mut self, step: usize, state: &[u8]) -> Vec<u32>;
}

/// Plays episode number `episode` of the scenarios of `seed`.
pub fn episode(bandit: &Bandit, player: &mut dyn Player, seed: u64, episode: u64) -> Vec<Vec<u32>> {
    let scenario = bandit.scenario(seed, episode);
    let mut state = scenario.start.clone();
    player.begin(episode);
    let step = |step| {
        let list = player.act(step, &state);
        debug_assert!(bandit.coupling.check(&list).is_ok(), "step {step}: {list:?}");
        bandit.advance(&mut state, step, &bandit.flags(&list), &scenario);
        list
    };
    (0..bandit.horizon).map(step).collect()
}

/// Plays the first `episodes` scenarios of `seed`.
pub fn play(bandit: &Bandit, name: &str, player: &mut dyn Player, seed: u64, episodes: u64) -> Play {
    let episodes = (0..episodes).map(|index| episode(bandit, player, seed, index)).collect();
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
        let seed = run.setup().seed;
        let mut player = (self.make)(bandit, seed);
        let mut play = Play { policy: self.name.into(), seed, episodes: Vec::new() };
        for index in 0..self.episodes {
            play.episodes.push(episode(bandit, player.as_mut(), seed, index));
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
