//! Standard normal deviates.

use rand::{Rng, RngCore};

/// One deviate from two numbers of the stream (G. E. P. Box, M. E. Muller, 1958).
pub fn box_muller<R: RngCore + ?Sized>(rng: &mut R) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// Two independent deviates by the polar method (G. Marsaglia, T. A. Bray, 1964). `unit` draws from [0, 1).
pub(crate) fn polar(mut unit: impl FnMut() -> f64) -> [f64; 2] {
    loop {
        let v = [0, 1].map(|_| 2.0 * unit() - 1.0);
        let square = v[0] * v[0] + v[1] * v[1];
        if 0.0 < square && square < 1.0 {
            let factor = (-2.0 * square.ln() / square).sqrt();
            return v.map(|v| v * factor);
        }
    }
}
