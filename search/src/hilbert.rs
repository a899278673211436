//! The order of points along a Hilbert curve (Hilbert, 1891): near on the curve is near in the plane.

use heuron_problems::metric::bounding_box;

/// Bits per coordinate of the curve's grid.
const BITS: u32 = 16;

/// Indices of `points` in the order of the curve; coinciding points are consecutive.
pub(crate) fn order(points: &[[f64; 2]]) -> Vec<u32> {
    let (low, high) = bounding_box(points);
    let side = (high[0] - low[0]).max(high[1] - low[1]).max(f64::MIN_POSITIVE);
    let scale = f64::from((1_u32 << BITS) - 1) / side;
    let key = |p: [f64; 2]| position(((p[0] - low[0]) * scale) as u32, ((p[1] - low[1]) * scale) as u32);
    let mut keyed: Vec<(u64, u32)> = (0..points.len() as u32).map(|i| (key(points[i as usize]), i)).collect();
    keyed.sort_unstable_by(|a, b| {
        let (p, q) = (points[a.1 as usize], points[b.1 as usize]);
        a.0.cmp(&b.0).then(p[0].total_cmp(&q[0])).then(p[1].total_cmp(&q[1])).then(a.1.cmp(&b.1))
    });
    keyed.into_iter().map(|(_, i)| i).collect()
}

/// Position of a grid cell on the curve: quadrants from coarse to fine, each rotated as the curve enters it.
fn position(mut x: u32, mut y: u32) -> u64 {
    let mut along = 0;
    for bit in (0..BITS).rev() {
        let (right, up) = ((x >> bit) & 1, (y >> bit) & 1);
        along = (along << 2) | u64::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                x = !x;
                y = !y;
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    along
}
