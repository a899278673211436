//! Neighbouring routes of the incumbent: those whose customers many other routes share.

use super::Choice;
use super::lists::Lists;

/// Routes that touch more places outside of a region do not count where it grows.
const MISSING: u32 = 3;

/// The regions of one incumbent, whose routes are called places.
pub(super) struct Regions {
    /// Places that a route shares customers with \[routes\], and the reverse \[places\].
    touches: Lists,
    touched: Lists,
    /// The last region, and the routes that touch nothing else.
    region: Vec<u32>,
    complete: Vec<u32>,
    inside: Vec<bool>,
    /// Touched places outside of the region \[routes\].
    missing: Vec<u32>,
    /// What speaks for a place to join \[places\].
    score: Vec<f64>,
}

impl Regions {
    /// Of the routes that are chosen now.
    pub fn new(choice: &Choice) -> Self {
        let mut owner = vec![0; choice.routes.len()];
        for (place, &route) in (0..).zip(&choice.chosen) {
            choice.customers.of(route as usize).iter().for_each(|&v| owner[v as usize] = place);
        }
        let places = |route| {
            let mut places: Vec<u32> = choice.customers.of(route).iter().map(|&v| owner[v as usize]).collect();
            places.sort_unstable();
            places.dedup();
            places.into_iter()
        };
        let touches = Lists::new((0..choice.cost.len()).map(places));
        let touched = touches.turned(choice.chosen.len());
        Self {
            region: Vec::new(),
            complete: Vec::new(),
            inside: vec![false; choice.chosen.len()],
            missing: vec![0; choice.cost.len()],
            score: vec![0.0; choice.chosen.len()],
            touches,
            touched,
        }
    }

    /// The region of `size` places at most that grows from a place by those that complete the most routes.
    pub fn around(&mut self, place: usize, size: usize) -> &[u32] {
        self.region.clear();
        self.complete.clear();
        self.inside.fill(false);
        self.score.fill(0.0);
        (0..self.missing.len()).for_each(|route| self.missing[route] = self.touches.of(route).len() as u32);
        let mut next = Some(place);
        while let Some(place) = next {
            self.join(place);
            let outside = (0..self.inside.len()).filter(|&place| !self.inside[place] && self.score[place] > 0.0);
            let best = outside.max_by(|&a, &b| self.score[a].total_cmp(&self.score[b]));
            next = best.filter(|_| self.region.len() < size);
        }
        &self.region
    }

    /// The routes whose customers all belong to the last region.
    pub fn complete(&self) -> &[u32] {
        &self.complete
    }

    fn join(&mut self, place: usize) {
        self.inside[place] = true;
        self.region.push(place as u32);
        let weight = |missing: u32| if missing > MISSING { 0.0 } else { 1.0 / f64::from(missing * missing) };
        for &route in self.touched.of(place) {
            let touches = self.touches.of(route as usize);
            let missing = &mut self.missing[route as usize];
            let before = if *missing as usize == touches.len() { 0.0 } else { weight(*missing) };
            *missing -= 1;
            if *missing == 0 {
                self.complete.push(route);
            } else {
                let more = weight(*missing) - before;
                touches.iter().for_each(|&other| self.score[other as usize] += more);
            }
        }
    }
}
