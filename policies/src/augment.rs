//! The eight symmetries of the unit square: instance augmentation (Kwon et al., POMO, 2020, section 3.3). A policy sees
//! eight different instances whose solutions all fit the original.

/// A symmetry of the unit square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symmetry {
    /// Whether x and y change places first.
    swap: bool,
    /// Whether x becomes 1 - x, and y becomes 1 - y.
    flip: [bool; 2],
}

impl Symmetry {
    /// All eight; the identity is the first.
    pub fn all() -> [Self; 8] {
        std::array::from_fn(|i| Self { swap: i & 4 != 0, flip: [i & 1 != 0, i & 2 != 0] })
    }

    /// The image of a point of the unit square.
    pub fn apply(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let point = if self.swap { [y, x] } else { [x, y] };
        [0, 1].map(|axis| if self.flip[axis] { 1.0 - point[axis] } else { point[axis] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [[f64; 2]; 3] = [[0.1, 0.7], [0.25, 0.5], [1.0, 0.0]];

    #[test]
    fn distances_are_preserved_and_the_square_is_not_left() {
        for symmetry in Symmetry::all() {
            for (a, b) in POINTS.iter().flat_map(|a| POINTS.iter().map(move |b| (*a, *b))) {
                let (image, other) = (symmetry.apply(a), symmetry.apply(b));
                let change = (image[0] - other[0]).hypot(image[1] - other[1]) - (a[0] - b[0]).hypot(a[1] - b[1]);
                assert!(change.abs() < 1e-15);
                assert!(image.iter().all(|x| (0.0..=1.0).contains(x)));
            }
        }
    }

    #[test]
    fn the_eight_differ_and_the_first_changes_nothing() {
        let images: Vec<[f64; 2]> = Symmetry::all().iter().map(|symmetry| symmetry.apply(POINTS[0])).collect();
        assert_eq!(images[0], POINTS[0]);
        assert!((0..8).all(|i| (0..i).all(|j| images[i] != images[j])));
    }
}
