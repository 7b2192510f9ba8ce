//! What was read before, by path and digest.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How much is kept, in bytes. When it is full everything goes: simple, and rare.
const CAPACITY: usize = 64 * 1024 * 1024;

/// A file's contents and the SHA-256 of them, in lower-case hexadecimal.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) bytes: Arc<[u8]>,
    pub(super) sha256: Arc<str>,
}

/// A digest says nothing by itself, and the same one may stand for different paths in different hash functions:
/// only both together, unchanged, mean unchanged contents.
type Key = (String, Vec<u8>);

#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<(HashMap<Key, Content>, usize)>);

impl Cache {
    /// The contents for this key, and whether they were known already. An empty digest is no digest: nothing is
    /// kept for it.
    pub(super) fn get_or_read<E>(
        &self,
        path: &str,
        digest: &[u8],
        read: impl FnOnce() -> Result<Content, E>,
    ) -> Result<(Content, bool), E> {
        if digest.is_empty() {
            return read().map(|content| (content, false));
        }
        let key = (path.to_owned(), digest.to_vec());
        let known = self.lock().0.get(&key).cloned();
        if let Some(content) = known {
            return Ok((content, true));
        }
        // Outside of the lock: other requests may read other files meanwhile.
        let content = read()?;
        let mut cache = self.lock();
        if cache.1 + content.bytes.len() > CAPACITY {
            *cache = (HashMap::new(), 0);
        }
        cache.1 += content.bytes.len();
        cache.0.insert(key, content.clone());
        Ok((content, false))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (HashMap<Key, Content>, usize)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Result<Content, ()> {
        Ok(Content { bytes: text.as_bytes().into(), sha256: "".into() })
    }

    fn get(cache: &Cache, path: &str, digest: &str, now: &str) -> String {
        let (content, _) = cache.get_or_read(path, digest.as_bytes(), || content(now)).unwrap();
        String::from_utf8(content.bytes.to_vec()).unwrap()
    }

    #[test]
    fn path_and_digest_together_are_the_key() {
        let cache = Cache::default();
        assert_eq!(get(&cache, "a", "1", "old"), "old");
        assert_eq!(get(&cache, "a", "1", "new"), "old");
        assert_eq!(get(&cache, "a", "2", "new"), "new");
        assert_eq!(get(&cache, "b", "1", "other"), "other");
    }

    #[test]
    fn without_a_digest_nothing_is_kept() {
        let cache = Cache::default();
        assert_eq!(get(&cache, "a", "", "old"), "old");
        assert_eq!(get(&cache, "a", "", "new"), "new");
    }
}
