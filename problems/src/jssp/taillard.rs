//! Taillard's job shop instances ta01 to ta80, regenerated from their published seeds.
//!
//! E. Taillard, "Benchmarks for basic scheduling problems", EJOR 64, 1993: section 2 for the generator, table 2 for the
//! seeds.

use super::{Jssp, Operation};
use crate::problem::Cost;

/// Jobs and machines of each ten instances.
pub const SIZES: [(usize, usize); 8] =
    [(15, 15), (20, 15), (20, 20), (30, 15), (30, 20), (50, 15), (50, 20), (100, 20)];

/// The instance ta`number`; none unless 1 <= `number` <= 80.
pub fn instance(number: usize) -> Option<Jssp> {
    let index = number.checked_sub(1)?;
    let (seeds, (jobs, machines)) = (SEEDS.get(index)?, SIZES[index / 10]);
    Some(generate(format!("ta{number:02}"), jobs, machines, *seeds))
}

/// The instance of these seeds for times and machines: durations 1 to 99, every job once on every machine. Seeds must be
/// from 1 to 2^31 - 2.
pub fn generate(name: String, jobs: usize, machines: usize, (time_seed, machine_seed): (u32, u32)) -> Jssp {
    let (mut times, mut swaps) = (Lehmer(time_seed), Lehmer(machine_seed));
    let durations: Vec<Cost> = (0..jobs * machines).map(|_| times.between(1, 99).into()).collect();
    let job = |job: usize| {
        let mut order: Vec<u32> = (0..machines as u32).collect();
        (0..machines).for_each(|i| order.swap(i, swaps.between(i as u32, machines as u32 - 1) as usize));
        let operation = |(machine, &duration)| Operation { machine, duration };
        order.into_iter().zip(&durations[job * machines..]).map(operation).collect()
    };
    let jobs = (0..jobs).map(job).collect();
    Jssp::new(name, machines, jobs)
}

/// The generator of Lewis, Goodman and Miller (1969): x <- 16807 x mod (2^31 - 1).
struct Lehmer(u32);

impl Lehmer {
    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        const MODULUS: u64 = (1 << 31) - 1;
        self.0 = (u64::from(self.0) * 16_807 % MODULUS) as u32;
        let unit = f64::from(self.0) / MODULUS as f64;
        low + (unit * f64::from(high - low + 1)) as u32
    }
}

/// Seeds of times and machines \[80\].
#[rustfmt::skip]
const SEEDS: [(u32, u32); 80] = [
    (840_612_802, 398_197_754), (1_314_640_371, 386_720_536), (1_227_221_349, 316_176_388), (342_269_428, 1_806_358_582),
    (1_603_221_416, 1_501_949_241), (1_357_584_978, 1_734_077_082), (44_531_661, 1_374_316_395), (302_545_136, 2_092_186_050),
    (1_153_780_144, 1_393_392_374), (73_896_786, 1_544_979_948), (533_484_900, 317_419_073), (1_894_307_698, 1_474_268_163),
    (874_340_513, 509_669_280), (1_124_986_343, 1_209_573_668), (1_463_788_335, 529_048_107), (1_056_908_795, 25_321_885),
    (195_672_285, 1_717_580_117), (961_965_583, 1_353_003_786), (1_610_169_733, 1_734_469_503), (532_794_656, 998_486_810),
    (1_035_939_303, 773_961_798), (5_997_802, 1_872_541_150), (1_357_503_601, 722_225_039), (806_159_563, 1_166_962_073),
    (1_902_815_253, 1_879_990_068), (1_503_184_031, 1_850_351_876), (1_032_645_967, 99_711_329), (229_894_219, 1_158_117_804),
    (823_349_822, 108_033_225), (1_297_900_341, 489_486_403), (98_640_593, 1_981_283_465), (1_839_268_120, 248_890_888),
    (573_875_290, 2_081_512_253), (1_670_898_570, 788_294_565), (1_118_914_567, 1_074_349_202), (178_750_207, 294_279_708),
    (1_549_372_605, 596_993_084), (798_174_738, 151_685_779), (553_410_952, 1_329_272_528), (1_661_531_649, 1_173_386_294),
    (1_841_414_609, 1_357_882_888), (2_116_959_593, 1_546_338_557), (796_392_706, 1_230_864_158), (532_496_463, 254_174_057),
    (2_020_525_633, 978_943_053), (524_444_252, 185_526_083), (1_569_394_691, 487_269_855), (1_460_267_840, 1_631_446_539),
    (198_324_822, 1_937_476_577), (38_071_822, 1_541_985_579), (17_271, 718_939), (660_481_279, 449_650_254),
    (352_229_765, 949_737_911), (1_197_518_780, 166_840_558), (1_376_020_303, 483_922_052), (2_106_639_239, 955_932_362),
    (1_765_352_082, 1_209_982_549), (1_105_092_880, 1_349_003_108), (907_248_070, 919_544_535), (2_011_630_757, 1_845_447_001),
    (8_493_988, 2_738_939), (1_991_925_010, 709_517_751), (342_093_237, 786_960_785), (1_634_043_183, 973_178_279),
    (341_706_507, 286_513_148), (320_167_954, 1_411_193_018), (1_089_696_753, 298_068_750), (433_032_965, 1_589_656_152),
    (615_974_477, 331_205_412), (236_150_141, 592_292_984), (302_034_063, 1_203_569_070), (1_437_643_198, 1_692_025_209),
    (1_792_475_497, 1_039_908_559), (1_647_273_132, 1_012_841_433), (696_480_901, 1_689_682_358), (1_785_569_423, 1_092_647_459),
    (117_806_902, 739_059_626), (1_639_154_709, 1_319_962_509), (2_007_423_389, 749_368_241), (682_761_130, 262_763_021),
];
