//! Which options of `heuron evaluate` go together.

use heuron::{Error, Kind};
use heuron_policies::device::Kind as Device;

use super::{Decode, Evaluate};

/// Most samples of an image: so many random streams it has ([`heuron_search::inference`]).
const MOST_SAMPLES: usize = 1 << 20;

/// Most lanes: of a hundred nodes they take some hundreds of megabytes.
const MOST_LANES: usize = 100_000;

impl Evaluate {
    /// Refuses options of no use, and those that exclude each other.
    pub(super) fn check(&self) -> Result<(), Error> {
        let attempts = self.attempts.map(|attempts| usize::try_from(attempts).unwrap_or(usize::MAX));
        let counts = [
            ("starts", self.starts),
            ("count", self.count),
            ("samples", self.samples),
            ("children", self.children),
            ("attempts", attempts),
        ];
        if let Some((key, _)) = counts.into_iter().find(|(_, value)| *value == Some(0)) {
            return Err(Error::Option { key, expected: "a number from 1 on".into(), found: "0".into() });
        }
        self.check_samples()?;
        let unused = [
            ("samples", self.samples.is_some() && !self.takes_samples(), "sample, beam or sgbs"),
            ("children", self.children.is_some() && self.decode != Decode::Sgbs, "sgbs"),
            ("attempts", self.attempts.is_some() && !self.counts_attempts(), "active, latent, uniform or population"),
        ];
        match unused.into_iter().find(|(_, is_unused, _)| *is_unused) {
            Some((key, _, decode)) => {
                let (other, reason) = (self.decoder(), "it has no use for it".into());
                let remedy = format!("leave `--{key}` out, or give `--decode {decode}`");
                Err(Error::Conflict { key, other, reason, remedy })
            }
            None => self.check_conflicts(),
        }
    }

    /// Refuses what the problem or the decoder does not have.
    fn check_conflicts(&self) -> Result<(), Error> {
        let problem = || format!("the problem {}", self.problem);
        let leaving = |key: &str| format!("leave `--{key}` out");
        let given = [
            ("starts", self.starts.is_some()),
            ("augment", self.augment),
            ("device", self.device != Device::Cpu),
            ("decode", self.decode != Decode::Greedy),
        ];
        let first = |keys: &[&str]| given.into_iter().find(|(key, given)| *given && keys.contains(key));
        let alone = match self.rule() {
            Some(_) => Some((format!("the rule {}", self.model), "it makes one schedule")),
            None if self.problem == Kind::Bandit => Some((problem(), "models of bandits play, they construct nothing")),
            None => None,
        };
        if let Some((other, reason)) = alone
            && let Some((key, _)) = first(&["starts", "device", "decode"])
        {
            return Err(Error::Conflict { key, other, reason: reason.into(), remedy: leaving(key) });
        }
        if self.augment && !matches!(self.problem, Kind::Tsp | Kind::Cvrp) {
            let (key, reason) = ("augment", "its instances have no coordinates".into());
            return Err(Error::Conflict { key, other: problem(), reason, remedy: leaving(key) });
        }
        if self.counts_attempts()
            && let Some((key, _)) = first(&["starts", "augment", "device"])
        {
            let reason = "an attempt is a construction from every opening, on the processor".into();
            return Err(Error::Conflict { key, other: self.decoder(), reason, remedy: leaving(key) });
        }
        Ok(())
    }

    /// Samples have random numbers of their own up to a number; lanes are all in memory.
    fn check_samples(&self) -> Result<(), Error> {
        let most = if self.decode == Decode::Sample { MOST_SAMPLES } else { MOST_LANES };
        match self.samples.filter(|&samples| samples > most) {
            Some(found) => {
                let expected = format!("at most {most} with this `--decode`");
                Err(Error::Option { key: "samples", expected, found: found.to_string() })
            }
            None => Ok(()),
        }
    }
}
