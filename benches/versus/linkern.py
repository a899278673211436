"""Concorde's chained Lin-Kernighan (Applegate, Cook and Rohe, 2003), called through ctypes.

No Python package carries it. The crate `concorde_rs` ships the C sources of linkern with its neighbour graphs and
starting tours; `build` has cargo fetch that crate and compiles them, outside the project's own workspace. The calls are
those of Concorde's `linkern` with its defaults: quadrant 2-nearest graph, quick-Boruvka tour, random-walk kicks.
Concorde is free for academic research only: it is fetched for this comparison and never linked to heuron.
"""

from __future__ import annotations

import ctypes
import subprocess

from environment import VENV
from instances import Instance

FOLDER = VENV / "linkern"
LIBRARY = FOLDER / "liblinkern.so"
CRATE = "0.1.1"
MANIFEST = f"""[package]
name = "fetch-linkern"
version = "0.0.0"
edition = "2021"
[lib]
path = "lib.rs"
[workspace]
[dependencies]
concorde_rs = "={CRATE}"
"""

QUADRANT_NEIGHBOURS = 2
RANDOM_WALK_KICK = 3
UNLIMITED = 1_000_000_000
# Norms of Concorde's util.h: number, nearest-neighbour code that works, and shape of the data.
EUCLID, CEILING, ATT, GEO, MATRIX = 2 | 128 | 1024, 1 | 128 | 1024, 5 | 256 | 1024, 6 | 256 | 1024, 7 | 512 | 4096
NORMS = {"EUC_2D": EUCLID, "CEIL_2D": CEILING, "ATT": ATT, "GEO": GEO, "EXPLICIT": MATRIX}


def build() -> None:
    """Fetches and compiles the library, once. Needs cargo and a C compiler."""
    if LIBRARY.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "Cargo.toml").write_text(MANIFEST)
    (FOLDER / "lib.rs").touch()
    subprocess.run(["cargo", "vendor", "--quiet", "vendor"], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    source = FOLDER / "vendor" / "concorde_rs" / "src" / "concorde"
    files = [str(file) for part in ("LINKERN", "EDGEGEN", "UTIL") for file in sorted((source / part).glob("*.c"))]
    options = ["-O3", "-march=native", "-shared", "-fPIC", "-w", f"-I{source / 'INCLUDE'}"]
    subprocess.run(["cc", *options, "-o", str(LIBRARY), *files, "-lm"], check=True)


class Data(ctypes.Structure):
    """The head of Concorde's CCdatagroup, and room for the rest of it."""

    _fields_ = [
        ("edgelen", ctypes.c_void_p),
        ("x", ctypes.POINTER(ctypes.c_double)),
        ("y", ctypes.POINTER(ctypes.c_double)),
        ("z", ctypes.POINTER(ctypes.c_double)),
        ("rows", ctypes.POINTER(ctypes.POINTER(ctypes.c_int))),
        ("rest", ctypes.c_byte * 1024),
    ]


def load(instance: Instance, library: ctypes.CDLL) -> tuple[Data, list]:
    """The instance as Concorde holds it, and the arrays that must outlive it."""
    n, data = instance.n, Data()
    library.CCutil_init_datagroup(ctypes.byref(data))
    library.CCutil_dat_setnorm(ctypes.byref(data), NORMS[instance.weight_type])
    if instance.matrix:
        lower = [(ctypes.c_int * (row + 1))(*instance.matrix[row][:row + 1]) for row in range(n)]
        pointers = [ctypes.cast(row, ctypes.POINTER(ctypes.c_int)) for row in lower]
        data.rows = (ctypes.POINTER(ctypes.c_int) * n)(*pointers)
        return data, lower
    data.x = (ctypes.c_double * n)(*(x for x, _ in instance.points))
    data.y = (ctypes.c_double * n)(*(y for _, y in instance.points))
    return data, []


def solve(instance: Instance, seconds: float, seed: int) -> list[int]:
    """Chained Lin-Kernighan for `seconds`; neighbour graph and starting tour come out of the same limit."""
    library = ctypes.CDLL(str(LIBRARY))
    library.CCutil_zeit.restype = ctypes.c_double
    n = instance.n
    data, kept = load(instance, library)
    graph = (ctypes.byref(data), None, 1)
    random_state = (ctypes.c_int * 57)()
    library.CCutil_sprand(seed, random_state)
    edge_count, edges = ctypes.c_int(), ctypes.POINTER(ctypes.c_int)()
    start, tour, length = (ctypes.c_int * n)(), (ctypes.c_int * n)(), ctypes.c_double()

    began = library.CCutil_zeit()
    kind = "junk" if instance.matrix else "x"
    if instance.matrix:
        nearest, neighbours = library.CCedgegen_junk_k_nearest, 4 * QUADRANT_NEIGHBOURS
    else:
        nearest, neighbours = library.CCedgegen_x_quadrant_k_nearest, QUADRANT_NEIGHBOURS
    boruvka = getattr(library, f"CCedgegen_{kind}_qboruvka_tour")
    failed = nearest(n, neighbours, *graph, ctypes.byref(edge_count), ctypes.byref(edges), 1)
    failed = failed or boruvka(n, ctypes.byref(data), start, ctypes.byref(length), edge_count, edges, 1)
    left = max(seconds - (library.CCutil_zeit() - began), 0.001)
    failed = failed or library.CClinkern_tour(
        n, ctypes.byref(data), edge_count, edges, UNLIMITED, UNLIMITED, start, tour, ctypes.byref(length), 1,
        ctypes.c_double(left), ctypes.c_double(-1.0), None, RANDOM_WALK_KICK, random_state,
    )
    del kept
    if failed:
        raise RuntimeError("linkern failed")
    return list(tour)
