//! Breeders side by side on one population, with the same outcome for any number of threads.
//!
//! The breeders take turns: each receives its next wish only after it has delivered, so that an individual is bred from
//! a population that holds all others but the last few, one less than there are breeders, whichever thread is faster.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::breeder::{Breeder, Workshop};
use super::colony::Colony;
use crate::run::Watch;
use crate::search::islands;

/// A colony and the breeders that work for it.
#[derive(Debug)]
pub(super) struct Nursery<'m> {
    /// One for each thread.
    workshops: Vec<Workshop<'m>>,
    yard: Mutex<Yard<'m>>,
    /// Told whenever a breeder comes back.
    back: Condvar,
}

/// What the threads share.
#[derive(Debug)]
struct Yard<'m> {
    colony: Colony<'m>,
    /// In the order of their turns; none while it is at work.
    ring: Vec<Option<Breeder<'m>>>,
    /// Whose turn it is.
    turn: usize,
    /// Individuals still to be begun.
    left: u64,
}

/// A breeder at work. It goes back into the ring even if the work panics: nobody may wait for it forever.
struct Work<'n, 'm> {
    nursery: &'n Nursery<'m>,
    turn: usize,
    breeder: Option<Breeder<'m>>,
}

impl Drop for Work<'_, '_> {
    fn drop(&mut self) {
        self.nursery.enter().ring[self.turn] = self.breeder.take();
        self.nursery.back.notify_all();
    }
}

impl<'m> Nursery<'m> {
    /// `breeders` for `colony`, on as many threads as there are workshops; at least one of each.
    pub fn new(
        colony: Colony<'m>,
        breeders: impl Iterator<Item = Breeder<'m>>,
        workshops: impl Iterator<Item = Workshop<'m>>,
    ) -> Self {
        let yard = Yard { colony, ring: breeders.map(Some).collect(), turn: 0, left: 0 };
        Self { workshops: workshops.collect(), yard: Mutex::new(yard), back: Condvar::new() }
    }

    /// The colony, between rounds.
    pub fn colony(&mut self) -> &mut Colony<'m> {
        &mut self.yard.get_mut().unwrap_or_else(PoisonError::into_inner).colony
    }

    /// Breeds up to so many individuals; returns how many before the watch said stop.
    pub fn evolve(&mut self, individuals: u64, watch: &Watch) -> u64 {
        self.enter().left = individuals;
        let mut workshops = std::mem::take(&mut self.workshops);
        islands(workshops.len(), &mut workshops, |_, workshop| {
            while let Some(mut work) = self.begin(watch) {
                if let Some(breeder) = &mut work.breeder {
                    breeder.raise(workshop, watch);
                }
            }
        });
        self.workshops = workshops;
        let yard = self.yard.get_mut().unwrap_or_else(PoisonError::into_inner);
        // In the order in which they were begun.
        yard.ring.rotate_left(yard.turn);
        yard.turn = 0;
        yard.ring.iter_mut().flatten().for_each(|breeder| yard.colony.receive(breeder));
        individuals - yard.left
    }

    /// The next individual; none once all are begun or the watch says stop.
    fn begin(&self, watch: &Watch) -> Option<Work<'_, 'm>> {
        let mut yard = self.enter();
        loop {
            if yard.left == 0 || watch.is_over(yard.colony.cost()) {
                return None;
            }
            let Yard { colony, ring, turn, left } = &mut *yard;
            if let Some(mut breeder) = ring[*turn].take() {
                colony.receive(&mut breeder);
                colony.order(&mut breeder);
                let work = Work { nursery: self, turn: *turn, breeder: Some(breeder) };
                *turn = (*turn + 1) % ring.len();
                *left -= 1;
                return Some(work);
            }
            yard = self.back.wait(yard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn enter(&self) -> MutexGuard<'_, Yard<'m>> {
        self.yard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use heuron_problems::{Cvrp, Generate, stream};

    use super::super::{HgsConfig, fleet};
    use super::*;
    use crate::cvrp::local::model::Model;
    use crate::cvrp::local::plan::Plan;

    /// Calls `look` with a nursery of so many breeders and threads.
    fn nursery<T>(breeders: u64, threads: usize, look: impl FnOnce(&mut Nursery<'_>) -> T) -> T {
        let spec = Cvrp::spec(50, "x").expect("the X scheme is known");
        let problem = Cvrp::generate(&spec, &mut stream(1, "nursery", 0));
        let config = HgsConfig { initial: 10, ..HgsConfig::default() };
        let model = Model::new(&problem, config.granular, fleet(&problem));
        let breeders = (0..breeders).map(|index| Breeder::new(&model, &config, stream(1, "breeder", index)));
        let workshops = (0..threads).map(|_| Workshop::new(&model, &config));
        look(&mut Nursery::new(Colony::new(&model, &config, true), breeders, workshops))
    }

    #[test]
    fn threads_do_not_change_what_is_bred() {
        for breeders in [1, 2, 5] {
            let bests = [1, 2, 7].map(|threads| {
                nursery(breeders, threads, |nursery| {
                    let mut round = |individuals| {
                        assert_eq!(nursery.evolve(individuals, &Watch::never()), individuals);
                        (nursery.colony().best().cloned(), nursery.colony().collected().len())
                    };
                    // Fewer than there are breeders, and numbers that they do not divide.
                    [0, 1, 3, 41, 12].map(&mut round)
                })
            });
            assert!(bests[0][4].0.is_some());
            assert_eq!(bests[0], bests[1]);
            assert_eq!(bests[0], bests[2]);
        }
    }

    #[test]
    fn everything_begun_is_received() {
        nursery(4, 2, |nursery| {
            assert_eq!(nursery.colony().best(), None);
            nursery.evolve(3, &Watch::never());
            let plan: Plan = nursery.colony().best().cloned().expect("savings are feasible");
            assert_eq!(plan.tour.len(), 50);
            assert!(nursery.colony().collected().len() >= plan.ends.len());
            let late = Watch::never().within(Duration::ZERO);
            assert_eq!(nursery.evolve(9, &late), 0);
            assert_eq!(nursery.colony().collected().len(), 0);
        });
    }
}
