//! `.npz` sets of unit-square instances.

use std::io::{Cursor, Write};

use heuron_problems::metric::UNIT_SCALE;
use heuron_problems::npz::{self, Set};
use heuron_problems::{Cvrp, Distances, Metric, Problem, Tour, Tsp};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A `.npy` array as NumPy writes it.
fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:<117}\n");
    [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat()
}

fn singles(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn archive(arrays: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        zip.start_file(format!("{name}.npy"), SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn stored(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    archive(arrays, CompressionMethod::Stored)
}

/// Two instances of ten customers, whose usual capacity is 20.
fn routing(demand: Vec<u8>, capacity: Option<Vec<u8>>) -> Vec<(&'static str, Vec<u8>)> {
    let points: Vec<f32> = (0..40).map(|index| index as f32 / 40.0).collect();
    let mut arrays = vec![
        ("locs", npy("<f4", "(2, 10, 2)", &singles(&points))),
        ("depot", npy("<f4", "(2, 2)", &singles(&[0.5, 0.5, 0.25, 0.75]))),
        ("demand", demand),
    ];
    arrays.extend(capacity.map(|bytes| ("capacity", bytes)));
    arrays
}

fn whole_demands() -> Vec<u8> {
    npy("<f4", "(2, 10)", &singles(&(0..20).map(|index| (index % 9 + 1) as f32).collect::<Vec<_>>()))
}

fn cvrps(arrays: &[(&str, Vec<u8>)]) -> Vec<Cvrp> {
    match npz::read(&stored(arrays), "set") {
        Ok(Set::Cvrp(instances)) => instances,
        other => panic!("{other:?}"),
    }
}

fn message(bytes: &[u8]) -> String {
    npz::read(bytes, "set").expect_err("a damaged set").to_string()
}

#[test]
fn points_are_read_in_single_and_double_precision() {
    let corners = [0.0, 0.0, 0.5, 0.0, 0.5, 0.25];
    let doubles: Vec<u8> = corners.iter().flat_map(|value: &f64| value.to_le_bytes()).collect();
    let arrays =
        [npy("<f4", "(1, 3, 2)", &singles(&corners.map(|value| value as f32))), npy("<f8", "(1, 3, 2)", &doubles)];
    for array in arrays {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let set = npz::read(&archive(&[("locs", array.clone())], method), "set").unwrap();
            let Set::Tsp(tours) = set else { panic!("{set:?}") };
            assert_eq!((tours.len(), tours[0].name.as_str(), tours[0].scale), (1, "set-0", UNIT_SCALE));
            assert_eq!(tours[0].evaluate(&Tour { nodes: vec![0, 1, 2] }), Ok(5_000_000 + 2_500_000 + 5_590_170));
        }
    }
}

#[test]
fn demands_and_capacities_are_read_in_every_convention() {
    let fractions: Vec<f32> = (0..20).map(|index| (index % 9 + 1) as f32 / 20.0).collect();
    let fractions = npy("<f4", "(2, 10)", &singles(&fractions));
    let integers: Vec<u8> = (0..20_i64).flat_map(|index| (index % 9 + 1).to_le_bytes()).collect();
    let twenty = || Some(npy("<f4", "(2,)", &singles(&[20.0, 20.0])));
    let conventions = [
        routing(whole_demands(), twenty()),
        routing(whole_demands(), None),
        routing(npy("<i8", "(2, 10)", &integers), Some(npy("<f4", "(2, 1)", &singles(&[20.0, 20.0])))),
        routing(fractions.clone(), twenty()),
        routing(fractions.clone(), None),
        // RL4CO's environments divide by the capacity and store that of one vehicle as 1.
        routing(fractions, Some(npy("<f4", "(2, 1)", &singles(&[1.0, 1.0])))),
    ];
    let expected = cvrps(&conventions[0]);
    assert_eq!((expected.len(), expected[0].capacity, expected[0].customers()), (2, 20, 10));
    assert_eq!(expected[1].demands, [0, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2]);
    assert_eq!(expected[1].distances.points().unwrap()[..2], [[0.25, 0.75], [0.5, f64::from(21.0_f32 / 40.0)]]);
    for arrays in &conventions[1..] {
        assert_eq!(cvrps(arrays), expected);
    }
}

#[test]
fn sets_survive_writing() {
    let unit = |points: Vec<[f64; 2]>| Distances::new(Metric::Euclid { scale: UNIT_SCALE }, points);
    let tours: Vec<Tsp> = [0.1, 0.25]
        .iter()
        .enumerate()
        .map(|(index, &x)| Tsp {
            scale: UNIT_SCALE,
            ..Tsp::new(format!("set-{index}"), unit(vec![[x, 0.5], [0.75, x], [0.3, 0.3]]))
        })
        .collect();
    let mut plans = cvrps(&routing(whole_demands(), None));
    plans[0].capacity = 33;
    for set in [Set::Tsp(tours), Set::Cvrp(plans)] {
        let mut bytes = Cursor::new(Vec::new());
        npz::write(&set, &mut bytes).unwrap();
        assert_eq!(npz::read(bytes.get_ref(), "set"), Ok(set));
    }
}

#[test]
fn what_a_set_cannot_hold_is_not_written() {
    let mut limited = cvrps(&routing(whole_demands(), None));
    limited[1].limit = Some(1);
    let grid = Tsp::new("grid", Distances::new(Metric::Ceil, vec![[0.0, 0.0], [1.0, 1.0]]));
    let refused = [
        (Set::Cvrp(limited), "a .npz set cannot hold limits on fleet or duration"),
        (Set::Tsp(vec![grid]), "a .npz set cannot hold distances of another kind than the unit square's"),
        (Set::Tsp(Vec::new()), "a .npz set cannot hold a set without instances"),
    ];
    for (set, message) in refused {
        assert_eq!(npz::write(&set, Cursor::new(Vec::new())).unwrap_err().to_string(), message);
    }
}

#[test]
fn damaged_sets_are_refused() {
    let locs = |shape: &str, values: &[f32]| stored(&[("locs", npy("<f4", shape, &singles(values)))]);
    let demand = |values: [f32; 20]| stored(&routing(npy("<f4", "(2, 10)", &singles(&values)), None));
    let two = [0.5, 0.5, 0.25, 0.25];
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"not a zip".to_vec(), "expected a .npz file, which is a ZIP archive, found "),
        (stored(&[]), "expected the array locs, found "),
        (stored(&[("locs", b"1 2 3 4 5 6 7 8".to_vec())]), "expected the array locs in .npy format, found other data"),
        (stored(&[("locs", b"\x93NUM".to_vec())]), "expected the array locs, found "),
        (locs("(1, 2)", &two), "expected the array locs of shape [instances, nodes, 2], found [1, 2]"),
        (locs("(0, 2, 2)", &[]), "expected the array locs of shape [instances, nodes, 2], found [0, 2, 2]"),
        (locs("(1, 3, 2)", &two), "expected 6 values in the array locs, found 144 bytes with the header"),
        (locs("(1, 1, 2)", &two), "expected 2 values in the array locs, found 144 bytes with the header"),
        (
            locs("(4000000, 1000, 2)", &two),
            "expected at most 67108864 values in a .npz file, found locs of shape [4000000, 1000, 2]",
        ),
        (
            locs("(18446744073709551615, 1000, 2)", &two),
            "expected at most 67108864 values in a .npz file, found locs of shape [18446744073709551615, 1000, 2]",
        ),
        (locs("(-1, 2, 2)", &two), "expected a shape in the header of the array locs, found "),
        (locs("(1, 2, 2)", &[0.5, f32::NAN, 0.25, 0.25]), "expected coordinates of the unit square in locs, found NaN"),
        (locs("(1, 2, 2)", &[0.5, 1e30, 0.25, 0.25]), "expected coordinates of the unit square in locs, found 1000000"),
        (
            stored(&[("locs", npy("<U4", "(1, 2, 2)", &singles(&two)))]),
            "expected elements <f4, <f8, <i4 or <i8 in the array locs, found \"<U4\"",
        ),
        (
            stored(&[("locs", npy(">f4", "(1, 2, 2)", &singles(&two)))]),
            "expected elements <f4, <f8, <i4 or <i8 in the array locs, found \">f4\"",
        ),
        (
            stored(&[("locs", npy("|O", "(1, 2, 2)", &[]))]),
            "expected elements <f4, <f8, <i4 or <i8 in the array locs, found \"|O\"",
        ),
        (
            stored(&[("locs", npy("<f4", "(1, 2, 2)", &singles(&two))), ("time_windows", vec![])]),
            "expected the arrays locs, found time_windows.npy",
        ),
        (stored(&routing(whole_demands(), None)[..2]), "expected the array demand, found "),
        (
            stored(&routing(npy("<f4", "(2, 9)", &singles(&[1.0; 18])), None)),
            "expected the array demand of shape [2, 10], found [2, 9]",
        ),
        (
            demand([-1.0; 20]),
            "expected demands of instance 0 that are whole numbers, or fractions of the capacity, found -1",
        ),
        (
            demand([0.33; 20]),
            "expected demands of instance 0 that are whole numbers, or fractions of the capacity, found 0.33",
        ),
        (
            demand([f32::NAN; 20]),
            "expected demands of instance 0 that are whole numbers, or fractions of the capacity, found NaN",
        ),
        (
            stored(&routing(whole_demands(), Some(npy("<f4", "(3,)", &singles(&[20.0; 3]))))),
            "expected the array capacity of shape [2], found [3]",
        ),
        (
            stored(&routing(whole_demands(), Some(npy("<f4", "(2,)", &singles(&[-20.0; 2]))))),
            "expected whole capacities, at least 0, in the array capacity, found -20",
        ),
    ];
    for (bytes, expected) in cases {
        let said = message(&bytes);
        assert!(said.starts_with(expected), "should: {expected}\ndoes:   {said}");
    }
    let odd = stored(&[
        ("locs", npy("<f4", "(1, 2, 2)", &singles(&two))),
        ("depot", npy("<f4", "(1, 2)", &singles(&two[..2]))),
        ("demand", npy("<f4", "(1, 2)", &singles(&[1.0, 2.0]))),
    ]);
    assert_eq!(message(&odd), "expected the array capacity, found none, and no usual one for 2 customers");
}

/// A gibibyte of zeros takes a mebibyte in an archive; it is refused before it is unpacked.
#[test]
fn zip_bomb_is_refused() {
    let values = 67_108_864 + 2;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("locs.npy", SimpleFileOptions::default()).unwrap();
    zip.write_all(&npy("<f4", &format!("({}, 1, 2)", values / 2), &[])).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..values * 4 / zeros.len() {
        zip.write_all(&zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert!(message(&bytes).starts_with("expected at most 67108864 values in a .npz file"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_sets_never_panic(
        deflated in any::<bool>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let method = if deflated { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let mut bytes = archive(&routing(whole_demands(), None), method);
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(Set::Cvrp(instances)) = npz::read(&bytes, "set") {
            for instance in instances {
                let _ = instance.infeasibility();
            }
        }
    }
}
