//! What the command asks of the C library.

/// Bytes from which on a block of memory is a mapping of its own.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 256 << 10;

/// Lets the memory of a large message go back to the system as soon as the message is gone.
///
/// By itself glibc takes the size of the largest block that was ever freed as the size of ordinary ones, and then keeps up to twice as much
/// for each thread: after a message of 16 MiB, 32 MiB in each of the threads that run scripts.
pub(super) fn give_back_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call sets a number, and no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
