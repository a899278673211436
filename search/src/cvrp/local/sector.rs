//! Sectors of the circle around the depot: only routes whose sectors overlap are candidates for SWAP*.
//!
//! Source: Vidal (2022), section 3.3, "polar sectors".

/// An arc from `start` counter-clockwise to `end`, both included, in 1/65 536 of the circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sector {
    start: u16,
    end: u16,
}

impl Sector {
    /// The whole circle: for instances without coordinates.
    pub const CIRCLE: Self = Self { start: 0, end: u16::MAX };

    pub fn point(angle: u16) -> Self {
        Self { start: angle, end: angle }
    }

    pub fn contains(self, angle: u16) -> bool {
        angle.wrapping_sub(self.start) <= self.end.wrapping_sub(self.start)
    }

    /// Grows the arc to `angle` on the side where it grows less.
    pub fn extend(&mut self, angle: u16) {
        if !self.contains(angle) {
            if angle.wrapping_sub(self.end) <= self.start.wrapping_sub(angle) {
                self.end = angle;
            } else {
                self.start = angle;
            }
        }
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.start) || other.contains(self.start)
    }
}
