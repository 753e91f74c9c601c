//! Buffers that are used again: a forward pass asks for the same few sizes every time, and fresh memory costs page faults.

use crate::tuning::{SCRATCH_KEPT, SCRATCH_LARGEST};
use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Buffers waiting to be used again.
#[derive(Debug)]
pub(crate) struct ScratchPool<T>(Mutex<Vec<Vec<T>>>);

impl<T> Default for ScratchPool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// A borrowed buffer; it goes back where it came from when it is dropped.
#[derive(Debug)]
pub struct Scratch<'a, T = f32> {
    /// `len` of them are lent; what lies behind them has been used before.
    data: Vec<T>,
    len: usize,
    pool: &'a ScratchPool<T>,
}

impl<T: Clone> ScratchPool<T> {
    /// A buffer of `len` numbers with any content; `fill` where it has never been used.
    pub(crate) fn take(&self, len: usize, fill: T) -> Scratch<'_, T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The smallest that is large enough, else the largest.
        let fits = |v: &Vec<T>| v.len() >= len;
        let best = (0..kept.len()).min_by_key(|&i| {
            (!fits(&kept[i]), if fits(&kept[i]) { kept[i].len() } else { usize::MAX - kept[i].len() })
        });
        let mut data = best.map(|i| kept.swap_remove(i)).unwrap_or_default();
        drop(kept);
        if data.len() < len {
            data.resize(len, fill);
        }
        Scratch { data, len, pool: self }
    }
}

impl<T> Drop for Scratch<'_, T> {
    fn drop(&mut self) {
        let mut kept = self.pool.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < SCRATCH_KEPT && self.data.capacity() * size_of::<T>() <= SCRATCH_LARGEST {
            kept.push(std::mem::take(&mut self.data));
        }
    }
}

impl<T> Deref for Scratch<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.data[..self.len]
    }
}

impl<T> DerefMut for Scratch<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data[..self.len]
    }
}

/// Scratch pools of any kinds of numbers, one of each, made when they are first asked for. So whoever holds them need not know
/// what the kernels keep there.
#[derive(Debug, Default)]
pub(crate) struct ScratchPools(OnceLock<Box<(Box<dyn Any + Send + Sync>, ScratchPools)>>);

impl ScratchPools {
    /// The pool of `T`. A list, since there are a few: whoever is first appends its kind, and others go on behind it.
    pub(crate) fn of<T: Send + 'static>(&self) -> &ScratchPool<T> {
        let (pool, rest) = &**self.0.get_or_init(|| Box::new((Box::new(ScratchPool::<T>::default()), Self::default())));
        pool.downcast_ref().unwrap_or_else(|| rest.of())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back() {
        let pool = ScratchPool::default();
        let at = pool.take(1000, 0.0).as_ptr();
        let again = pool.take(900, 0.0);
        assert_eq!((again.as_ptr(), again.len()), (at, 900));
        assert_ne!(pool.take(900, 0.0).as_ptr(), at);
    }

    #[test]
    fn each_kind_has_a_pool_of_its_own() {
        let pools = ScratchPools::default();
        let at = pools.of::<u16>().take(10, 1).as_ptr();
        assert_eq!(pools.of::<i16>().take(10, 2)[9], 2);
        assert_eq!(pools.of::<u16>().take(10, 3).as_ptr(), at);
    }
}
