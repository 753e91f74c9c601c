//! Plain floats used where they lie: in the memory of a file, until a copy of them pays.
//!
//! The first product turns a few panels at a time, which stay in the second cache while all rows meet them. The second
//! one packs all of them: from then on they are read front to back in large pages. So a first token, or a score, does not
//! wait for a copy of the model, and those after it are as fast as memory is. Either way a weight is the same `f32` and a
//! product the same chain.

use crate::compute::Compute;
use crate::encoding::Encoding;
use crate::isa::{self, Kernel, Lanes, prefetch};
use crate::panel::Panels;
use crate::source::{Layout, Source};
use crate::tuning::{CHECK_AHEAD, CHECK_BLOCK, CHECK_BYTES, FAULT_AROUND};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Memory that somebody else owns: of a file, most often.
///
/// The bytes must stay what they are.
pub trait WeightBytes: Send + Sync {
    /// All of them, the same at every call.
    fn bytes(&self) -> &[u8];

    /// Hears that the bytes have been copied, so that their memory may go to others; they can still be asked for.
    fn release(&self) {}
}

/// A matrix of plain floats that may not have been packed yet.
pub(crate) struct InPlace {
    lent: Box<dyn WeightBytes>,
    encoding: Encoding,
    layout: Layout,
    outputs: usize,
    inputs: usize,
    /// Whether a product has begun.
    used: AtomicBool,
    /// See [`non_finite`](Self::non_finite).
    non_finite: AtomicUsize,
    packed: OnceLock<Panels>,
}

impl InPlace {
    /// Takes a matrix whose bytes have been found to be what its shape takes.
    pub(crate) fn new(
        lent: Box<dyn WeightBytes>,
        encoding: Encoding,
        layout: Layout,
        [outputs, inputs]: [usize; 2],
    ) -> Self {
        let (used, non_finite, packed) = (AtomicBool::new(false), AtomicUsize::new(usize::MAX), OnceLock::new());
        Self { lent, encoding, layout, outputs, inputs, used, non_finite, packed }
    }

    /// The output that weight `at`, of those stored, belongs to.
    fn output(&self, at: usize) -> usize {
        if self.layout == Layout::OutIn { at / self.inputs } else { at % self.outputs }
    }

    /// The weights where they lie.
    pub(crate) fn source(&self) -> Source<'_> {
        let Self { encoding, layout, outputs, inputs, .. } = *self;
        Source { encoding, layout, bytes: self.lent.bytes(), outputs, inputs, order: None }
    }

    /// The packed weights for a product that is about to begin: none for the first one.
    pub(crate) fn panels(&self, compute: &Compute) -> Option<&Panels> {
        if let Some(panels) = self.packed.get() {
            return Some(panels);
        }
        self.used.swap(true, Ordering::Relaxed).then(|| {
            self.packed.get_or_init(|| {
                let (panels, non_finite) = Panels::pack(&self.source(), self.encoding, compute);
                self.non_finite.fetch_min(non_finite.unwrap_or(usize::MAX), Ordering::Relaxed);
                self.lent.release();
                panels
            })
        })
    }

    /// The packed weights, if there are any by now.
    pub(crate) fn packed(&self) -> Option<&Panels> {
        self.packed.get()
    }

    /// Looks at the weights of outputs from `first` on, if what came out for them is NaN or infinite: one such weight lets
    /// nothing else come out, whatever it meets.
    pub(crate) fn trace_non_finite(&self, first: usize, out: &[f32]) {
        for (output, _) in (first..).zip(out).filter(|(_, y)| !y.is_finite()) {
            self.row(output, &mut vec![0.0; self.inputs]);
        }
    }

    /// The first output that a product, or who asked for a row, found NaN or infinity among the weights of.
    pub(crate) fn non_finite(&self) -> Option<usize> {
        Some(self.non_finite.load(Ordering::Relaxed)).filter(|&output| output != usize::MAX)
    }

    /// Touches all weights, for as long as there is time for `more`.
    pub(crate) fn touch(&self, more: &dyn Fn() -> bool) {
        self.lent.bytes().chunks(CHECK_BYTES).take_while(|_| more()).for_each(touch);
    }

    /// Touches the weights of some outputs that will be wanted next: memory of pages that are missing cannot be asked for.
    pub(crate) fn touch_next(&self, outputs: Range<usize>) {
        let row = self.inputs * self.encoding.block_bytes();
        if self.layout == Layout::OutIn {
            touch(self.lent.bytes().get(outputs.start * row..outputs.end * row).unwrap_or_default());
        }
    }

    /// Gives up the memory until it is asked for again.
    pub(crate) fn release(&self) {
        self.lent.release();
    }

    /// Bytes of memory that a product reads.
    pub(crate) fn bytes(&self) -> usize {
        self.packed.get().map_or(self.lent.bytes().len(), Panels::bytes)
    }

    /// Widens the weights of one output, and looks at them.
    pub(crate) fn row(&self, output: usize, out: &mut [f32]) {
        if let Some(panels) = self.packed.get() {
            // The file's pages may have been given up.
            return panels.row(isa::reference(), output, out);
        }
        let (bytes, width) = (self.lent.bytes(), self.encoding.block_bytes());
        match self.layout {
            Layout::OutIn => {
                self.encoding.decode(&bytes[output * self.inputs * width..][..self.inputs * width], out);
            }
            Layout::InOut => {
                for (input, out) in out.iter_mut().enumerate() {
                    let at = (input * self.outputs + output) * width;
                    self.encoding.decode(&bytes[at..][..width], std::slice::from_mut(out));
                }
            }
        }
        if !out.iter().all(|weight| weight.is_finite()) {
            self.non_finite.fetch_min(output, Ordering::Relaxed);
        }
    }
}

/// Reads a byte of each piece of memory that a system brings near at once: Linux takes sixteen pages around the one that is
/// missing.
fn touch(bytes: &[u8]) {
    std::hint::black_box(bytes.iter().step_by(FAULT_AROUND).fold(0, |all, byte| all ^ byte));
}

/// Looks through all weights of some matrices; `Err` has the place in the list of the first matrix, and there an output,
/// with NaN or infinity.
pub(crate) fn check(all: &[Option<&InPlace>], compute: &Compute) -> Result<(), (usize, usize)> {
    let mut chunks = Vec::new();
    for (which, held) in all.iter().enumerate() {
        let bytes = held.map_or(&[][..], |held| held.lent.bytes());
        chunks.extend(bytes.chunks(CHECK_BYTES).enumerate().map(|(chunk, bytes)| (which, chunk, bytes)));
    }
    let cost = chunks.iter().map(|(.., bytes)| bytes.len()).sum();
    let first = Mutex::new(None);
    compute.for_items(chunks, cost, |_, (which, chunk, bytes)| {
        let Some(held) = all[which] else { return };
        if let Some(at) = compute.isa().run(FirstNonFinite { encoding: held.encoding, bytes }) {
            let found = (which, held.output(chunk * CHECK_BYTES / held.encoding.block_bytes() + at));
            let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
            *first = Some(first.map_or(found, |first: (usize, usize)| first.min(found)));
        }
    });
    first.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Finds the first number that is NaN or infinite: all bits of its exponent are set.
struct FirstNonFinite<'a> {
    encoding: Encoding,
    bytes: &'a [u8],
}

impl Kernel for FirstNonFinite<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> Option<usize> {
        match self.encoding {
            Encoding::F32 => find(self.bytes, |n| u32::from_le_bytes(n) & 0x7f80_0000 == 0x7f80_0000),
            Encoding::F16 => find(self.bytes, |n| u16::from_le_bytes(n) & 0x7c00 == 0x7c00),
            _ => find(self.bytes, |n| u16::from_le_bytes(n) & 0x7f80 == 0x7f80),
        }
    }
}

/// The first of some numbers that `is_non_finite`, looked for by blocks: a search that may stop anywhere goes one by one.
#[inline(always)]
fn find<const N: usize>(bytes: &[u8], is_non_finite: impl Fn([u8; N]) -> bool) -> Option<usize> {
    let numbers = bytes.as_chunks::<N>().0;
    for (b, block) in numbers.chunks(CHECK_BLOCK).enumerate() {
        for line in block.as_flattened().chunks(64) {
            prefetch(line.as_ptr().wrapping_add(CHECK_AHEAD));
        }
        if block.iter().fold(false, |non_finite, &n| non_finite | is_non_finite(n)) {
            return Some(b * CHECK_BLOCK + block.iter().position(|&n| is_non_finite(n))?);
        }
    }
    None
}
