//! Every number that was chosen by measuring, and none that a result depends on: whoever brings another machine tunes here.
//!
//! Each says what was measured, when and on what: *Xeon* is an Intel Xeon with AVX2, *EPYC* an AMD EPYC (Zen 5) with AVX2,
//! AVX-VNNI and AVX-512, both as virtual machines with two cores. Where no figure stands, the value follows from the size of a
//! cache or of a register file, and was not compared with others. `benches/RESULTS.md` and `DECISIONS.md` say more.
//!
//! Not here: what belongs to the numerics contract (eight partial sums, an outlier's eight times the mean), to the layout of
//! weights (panels of sixteen outputs), and how long a worker of the pool spins, which stands beside its proof.

use std::ops::RangeInclusive;

// Sharing out work.

/// Parts that each thread's share of a job is cut into, so that a thread held up elsewhere can be relieved: few of a small job,
/// many of a large one. 2026-11-28, EPYC: parts of up to fifty microseconds made threads wait for each other at the end.
pub(crate) const PARTS: RangeInclusive<usize> = 4..=32;

/// Multiply-adds (or the like) that a part of a large job has: some microseconds, by which threads may miss each other at the
/// end.
pub(crate) const PART_COST: usize = 1 << 17;

/// Multiply-adds (or the like) that take about as long as sharing them out. 2026-11-28, EPYC: a cache line takes 275 ns from one
/// core to another that shares no cache with it, and a job is two such ways.
pub(crate) const ALONE_COST: usize = 1 << 14;

/// What rounding an activation to an integer takes, in multiply-adds.
pub(crate) const ROUNDING_COST: usize = 8;

// Tiles of products and of attention.

/// Rows in a tile of floats: six rows of sixteen outputs fill twelve of the sixteen registers of AVX2. 2026-11-28, EPYC: five rows by
/// two panels kept half of their chains in memory, and ran at half of the speed.
pub(crate) const TILE: usize = 6;

/// Inputs that a tile of floats takes at a time, so that lengths are checked once for all of them.
pub(crate) const TILE_INPUTS: usize = 4;

/// Rows that meet all weights of a part before the next do, where there are many; whole tiles of six, four or three.
pub(crate) const ROWS_TOGETHER: usize = 96;

/// Inputs that many rows meet at a time, a multiple of every group: the more, the less often a tile takes its chains up and puts
/// them back. With twice as many nothing more was gained.
pub(crate) const K_BLOCK: usize = 768;

/// [`K_BLOCK`] where weights have to be widened to floats, the room for which is zeroed for every part.
pub(crate) const K_BLOCK_WIDENED: usize = 256;

/// Panels that are used together, of plain floats: what one thread takes at least. Four hide the latency of a multiply-add.
pub(crate) const PANELS_TOGETHER: usize = 4;

/// Queries of attention that go side by side. 2026-11-27: six over 1,024 positions of one head take 9.2 us with AVX-512 and 16.2
/// with AVX2, where values are weighed block by block (15.0 and 16.9 one by one).
pub(crate) const QUERIES_TOGETHER: usize = 6;

// Prefetch.

/// Bytes of weights that few rows prefetch before they meet them, of all panels that they meet side by side: about what memory
/// takes to answer. 2026-11-28, GPT-2's products with one row: two streams with 4 KiB each took 2.99 ms where one with 8 KiB takes
/// 2.46 (q8_0, two cores); four panels with 4 KiB each took 7.0 ms where they share 8 KiB in 6.4 (f16, one core; f32 12.3 and 11.9).
pub(crate) const WEIGHTS_AHEAD: usize = 8192;

/// Bytes that a waiting thread prefetches of the next product's weights at most: what a second cache has room for, and more than
/// a wait is long enough for. 2026-11-28, AVX2: with this and weights prefetched across the ends of panels, a step of q8_0 took
/// 2.44 ms in place of 3.31.
pub(crate) const NEXT_BYTES: usize = 256 << 10;

/// Bytes of these that are prefetched between two looks at whether the wait is over.
pub(crate) const NEXT_STEP: usize = 1 << 10;

/// Rows ahead that are prefetched while weights whose rows are inputs are packed.
pub(crate) const PACK_ROWS_AHEAD: usize = 16;

/// Bytes ahead that are prefetched while the weights of a file are checked for NaN.
pub(crate) const CHECK_AHEAD: usize = 4096;

// Packing and files.

/// Panels that are packed together: where inputs are rows, their parts of a row are neighbours.
pub(crate) const PACKED_TOGETHER: usize = 8;

/// Bytes of a file that one thread checks at a time.
pub(crate) const CHECK_BYTES: usize = 1 << 20;

/// Numbers that are checked before a search stops: a search that may stop anywhere goes one by one.
pub(crate) const CHECK_BLOCK: usize = 256;

/// Bytes that a system maps around a page that is missing: Linux takes sixteen pages. 2026-11-28, AVX2: one byte touched in each
/// piece ahead of the first pass took GPT-2 in f32 to its first token in 0.073 s in place of 0.096.
pub(crate) const FAULT_AROUND: usize = 1 << 16;

// Scratch memory.

/// The most buffers that a scratch pool keeps. 2026-11-24: fresh buffers of a megabyte cost page faults in every layer; kept
/// ones, with what was shared out beside them, took 3 to 4 % off a prompt.
pub(crate) const SCRATCH_KEPT: usize = 16;

/// The most bytes in a buffer that is kept.
pub(crate) const SCRATCH_LARGEST: usize = 1 << 26;
