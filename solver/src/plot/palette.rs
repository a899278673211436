//! Colours. Routes take theirs from OKLCH (B. Ottosson, 2020), where equal steps look equal.

/// Text, nodes of a tour, depots.
pub(super) const DARK: &str = "#16202c";
/// Secondary text.
pub(super) const GREY: &str = "#5d6b7a";
/// The line of a tour.
pub(super) const INK: &str = "#2f74b5";
/// Legs from and to a depot.
pub(super) const FAINT: &str = "#d3d9e0";
/// Background.
pub(super) const PAPER: &str = "#ffffff";

/// Lightness and chroma by turns, so that hues that come close again still differ.
const SHADES: [(f64, f64); 3] = [(0.60, 0.16), (0.72, 0.13), (0.48, 0.14)];

/// The colour of route `index`. Hues advance by the golden angle: any run of successive colours is spread over the
/// wheel.
pub(super) fn distinct(index: usize) -> String {
    const GOLDEN_ANGLE: f64 = 137.507_764;
    let (lightness, chroma) = SHADES[index % SHADES.len()];
    let hue = (250.0 + index as f64 * GOLDEN_ANGLE).to_radians();
    let [red, green, blue] = srgb(lightness, chroma * hue.cos(), chroma * hue.sin());
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// sRGB bytes of an OKLab colour, clipped to the gamut.
fn srgb(l: f64, a: f64, b: f64) -> [u8; 3] {
    let long = (l + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (l - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (l - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
    ]
    .map(|linear| {
        let linear = linear.clamp(0.0, 1.0);
        let encoded = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        (255.0 * encoded).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_axis_maps_to_grey() {
        assert_eq!(srgb(1.0, 0.0, 0.0), [255; 3]);
        assert_eq!(srgb(0.0, 0.0, 0.0), [0; 3]);
    }

    #[test]
    fn first_hundred_colours_differ() {
        let colours: std::collections::BTreeSet<String> = (0..100).map(distinct).collect();
        assert_eq!(colours.len(), 100);
    }
}
