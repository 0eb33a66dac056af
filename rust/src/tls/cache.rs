//! Certificates that were made, by name: so many of those used last.

use super::keys::KeyKind;
use super::mint::Leaf;
use super::names::Subject;
use crate::sync::{Mutex, PoisonError};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

/// A place for a certificate that is being made: those who come for it meanwhile wait here.
type Place = Arc<OnceLock<Option<Arc<Leaf>>>>;

/// The memory of a [`super::mint::Minter`], behind the one that each worker has for itself.
pub(super) struct Cache {
    places: Mutex<LruCache<(Subject, KeyKind), Place>>,
}

impl Cache {
    /// Room for `names` certificates.
    pub(super) fn new(names: usize) -> Cache {
        let names = NonZeroUsize::new(names).unwrap_or(NonZeroUsize::MIN);
        Cache { places: Mutex::new(LruCache::new(names)) }
    }

    /// The certificate for `subject`, which `make` makes where there is none that is good beyond
    /// `now`. What could not be made is tried again by the next who asks; `forget` is told what had to
    /// make room.
    pub(super) fn get_or_make(
        &self,
        subject: &Subject,
        kind: KeyKind,
        now: i64,
        make: impl FnOnce() -> Option<Leaf>,
        forget: impl FnMut(&(Subject, KeyKind)),
    ) -> Option<Arc<Leaf>> {
        let key = (subject.clone(), kind);
        let mut oldest = None;
        let place = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            let fits = |place: &&Place| match place.get() {
                Some(Some(leaf)) => leaf.renew_at > now,
                Some(None) => false,
                None => true,
            };
            match places.get(&key).filter(fits).cloned() {
                Some(place) => place,
                None => {
                    let place = Place::default();
                    let before = places.push(key.clone(), place.clone());
                    oldest = before.map(|(before, _)| before).filter(|before| *before != key);
                    place
                }
            }
        };
        oldest.iter().for_each(forget);
        place.get_or_init(|| make().map(Arc::new)).clone()
    }

    /// The certificate for `subject`, if it is there and good beyond `now`.
    pub(super) fn known(&self, subject: &Subject, kind: KeyKind, now: i64) -> Option<Arc<Leaf>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places.get(&(subject.clone(), kind))?;
        place.get()?.as_ref().filter(|leaf| leaf.renew_at > now).cloned()
    }

    /// Remembers a certificate that is there already.
    pub(super) fn put(&self, subject: Subject, kind: KeyKind, leaf: Leaf) {
        let place = Place::new(OnceLock::from(Some(Arc::new(leaf))));
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.put((subject, kind), place);
    }
}
