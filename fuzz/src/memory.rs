//! Counts what this thread allocates, so that a check can say how much is too much.
//!
//! The limit on resident memory that libFuzzer has does not see memory that is only reserved. This sees both.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, with a count for each thread.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    /// Bytes that are allocated now. Below zero where another thread's memory was given back.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    /// The most that were ever allocated since the count began.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // While a thread ends, its counts are gone; nothing is checked any more then.
    let _ = LIVE.try_with(|live| {
        let now = live.get() + bytes;
        live.set(now);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now)));
    });
}

/// A size as the allocator is given it: at most `isize::MAX`, by the rules of [`Layout`].
fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

// SAFETY: everything is passed on to the system's allocator, as it came; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the rules of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the rules of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()));
        // SAFETY: the caller keeps the rules of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        // SAFETY: the caller keeps the rules of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Bytes that this thread has allocated now; only the difference between two of them means anything.
pub fn live() -> isize {
    LIVE.get()
}

/// Runs `work` and gives its result, and the most bytes that it had allocated at once.
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = live();
    let outer = PEAK.replace(before);
    let result = work();
    let peak = PEAK.get();
    PEAK.set(outer.max(peak));
    (result, usize::try_from(peak - before).unwrap_or(0))
}

/// Runs `work`, which may allocate `times` the bytes that it is `given` and `besides` more.
///
/// # Panics
/// Where it allocates more.
#[track_caller]
pub fn bounded<T>(given: usize, times: usize, besides: usize, work: impl FnOnce() -> T) -> T {
    let (result, peak) = peak_of(work);
    let limit = given * times + besides;
    assert!(
        peak <= limit,
        "{peak} bytes were allocated for {given} bytes of input; at most {limit} should be"
    );
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_allocated_and_given_back_is_counted_at_its_peak() {
        let ((), peak) = peak_of(|| {
            let mut bytes: Vec<u8> = Vec::with_capacity(1000);
            bytes.reserve_exact(5000);
            drop(bytes);
            drop(vec![0_u8; 3000]);
        });
        assert_eq!(peak, 5000);
        let before = live();
        let kept = vec![0_u8; 70];
        assert_eq!(live() - before, 70);
        drop(kept);
    }

    #[test]
    fn an_outer_count_knows_what_an_inner_one_saw() {
        let ((), peak) = peak_of(|| assert_eq!(peak_of(|| drop(vec![0_u8; 900])).1, 900));
        assert_eq!(peak, 900);
    }

    #[test]
    #[should_panic(expected = "for 10 bytes of input")]
    fn too_much_is_too_much() {
        bounded(10, 2, 100, || Vec::<u8>::with_capacity(121));
    }
}
