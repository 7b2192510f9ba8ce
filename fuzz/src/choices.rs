//! Bytes as decisions, one after the other; when they run out, every decision is 0.
//!
//! The same idea as the crate `arbitrary`, but all is read from the front, so that seeds can be written by hand.

/// The decisions that are left.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    /// All of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte, or 0.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// The next `count` bytes, or as many as there are.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// One of `list`, which must not be empty.
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }

    /// As many bytes as the next byte says.
    pub fn some_bytes(&mut self) -> &'a [u8] {
        let count = self.byte();
        self.take(count.into())
    }

    /// Everything that is left.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_come_in_order_and_then_are_zero() {
        let mut choices = Choices::new(&[5, 2, b'a', b'b', 9]);
        assert_eq!(choices.one_of(&[10, 11, 12]), 12);
        assert_eq!(choices.some_bytes(), b"ab");
        assert_eq!(choices.rest(), [9]);
        assert_eq!((choices.byte(), choices.byte()), (9, 0));
        assert_eq!(choices.some_bytes(), b"");
        assert!(choices.is_empty());
    }
}
