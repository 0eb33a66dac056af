//! Finds the routes for a path: exact ones by hash, patterns by trial, in the order of
//! registration.
//!
//! # Implementation
//! Exact routes lie in [`SHARDS`] lists sorted by hash and order, one of which holds about every
//! 256th. Adding one copies its list and 256 pointers, so that a change of a running server is
//! cheap, and the old index, which a worker may still use, stays as it is.

use super::route::Route;
use crate::responder::hash::hash;
use std::iter::Peekable;
use std::slice;
use std::sync::Arc;

const SHARDS: usize = 256;

/// Routes, found by path.
#[derive(Clone, Default)]
pub(super) struct Index {
    /// Empty, or `SHARDS` lists.
    exact: Arc<Vec<Shard>>,
    patterns: Arc<Vec<Entry>>,
    len: u32,
}

type Shard = Arc<Vec<Entry>>;

#[derive(Clone)]
struct Entry {
    /// Of the path; 0 for patterns.
    hash: u64,
    /// The number of routes registered before.
    order: u32,
    route: Arc<Route>,
}

impl Index {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// This index with `route` behind the others.
    pub(super) fn with(&self, route: Route) -> Index {
        let mut index = self.clone();
        let exact = route.pattern.is_exact();
        let hash = if exact { hash(route.pattern.text().as_bytes()) } else { 0 };
        let entry = Entry { hash, order: index.len, route: Arc::new(route) };
        if exact {
            let shards = Arc::make_mut(&mut index.exact);
            shards.resize_with(SHARDS, Shard::default);
            let list = Arc::make_mut(&mut shards[shard(hash)]);
            // Behind those of the same hash, all of which are older.
            list.insert(list.partition_point(|e| e.hash <= hash), entry);
        } else {
            Arc::make_mut(&mut index.patterns).push(entry);
        }
        index.len += 1;
        index
    }

    /// The routes that match `path`, in the order of registration.
    #[inline]
    pub(super) fn candidates<'i>(&'i self, path: &'i str) -> Candidates<'i> {
        let exact = if self.exact.is_empty() { &[] } else { self.same_hash(hash(path.as_bytes())) };
        Candidates {
            exact: exact.iter().peekable(),
            patterns: self.patterns.iter().peekable(),
            path,
        }
    }

    fn same_hash(&self, hash: u64) -> &[Entry] {
        let list = &self.exact[shard(hash)];
        let list = &list[list.partition_point(|e| e.hash < hash)..];
        &list[..list.iter().take_while(|e| e.hash == hash).count()]
    }
}

/// Iterator over the routes that match a path.
pub(super) struct Candidates<'i> {
    exact: Peekable<slice::Iter<'i, Entry>>,
    patterns: Peekable<slice::Iter<'i, Entry>>,
    path: &'i str,
}

impl<'i> Iterator for Candidates<'i> {
    type Item = &'i Route;

    fn next(&mut self) -> Option<&'i Route> {
        loop {
            let exact_first = match (self.exact.peek(), self.patterns.peek()) {
                (Some(exact), Some(pattern)) => exact.order < pattern.order,
                (exact, _) => exact.is_some(),
            };
            let route = if exact_first {
                let route = &*self.exact.next()?.route;
                // The hash alone proves nothing.
                (route.pattern.text() == self.path).then_some(route)
            } else {
                let route = &*self.patterns.next()?.route;
                route.pattern.matches(self.path).then_some(route)
            };
            if route.is_some() {
                return route;
            }
        }
    }
}

fn shard(hash: u64) -> usize {
    // The upper bits are the mixed ones.
    (hash >> 56) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::Response;
    use crate::responder::routes::route::Target;

    fn route(pattern: &str) -> Route {
        let response = Response::builder(200).body(pattern).build().unwrap();
        Route::new(None, pattern, Target::Rule(response)).unwrap()
    }

    fn index(patterns: &[&str]) -> Index {
        patterns.iter().fold(Index::default(), |index, pattern| index.with(route(pattern)))
    }

    fn found<'i>(index: &'i Index, path: &'i str) -> Vec<&'i str> {
        index.candidates(path).map(|route| route.pattern.text()).collect()
    }

    #[test]
    fn routes_come_in_the_order_of_registration_whatever_their_kind() {
        let index = index(&["/*", "/a", "/{x}", "/b", "/a", "/a/{y}"]);
        assert_eq!(found(&index, "/a"), ["/*", "/a", "/{x}", "/a"]);
        assert_eq!(found(&index, "/b"), ["/*", "/{x}", "/b"]);
        assert_eq!(found(&index, "/a/"), ["/*"]);
        assert_eq!(found(&index, "*"), [""; 0]);
    }

    #[test]
    fn ten_thousand_exact_routes_are_each_found_alone() {
        let paths: Vec<String> = (0..10_000).map(|i| format!("/ads/{i}/pixel.gif")).collect();
        let index = paths.iter().fold(Index::default(), |index, path| index.with(route(path)));
        for path in &paths {
            assert_eq!(found(&index, path), [path]);
        }
        assert_eq!(found(&index, "/ads/10000/pixel.gif"), [""; 0]);
        let longest = index.exact.iter().map(|shard| shard.len()).max().unwrap();
        assert!(longest < 100, "the hash should spread: one list of {longest}");
    }

    #[test]
    fn paths_of_the_same_hash_are_told_apart() {
        let mut index = index(&["/a", "/b"]);
        let moved = index.exact[shard(hash(b"/b"))][0].clone();
        let list = Arc::make_mut(&mut Arc::make_mut(&mut index.exact)[shard(hash(b"/a"))]).len();
        let shards = Arc::make_mut(&mut index.exact);
        let forged = Entry { hash: hash(b"/a"), ..moved };
        Arc::make_mut(&mut shards[shard(hash(b"/a"))]).insert(list, forged);
        assert_eq!(found(&index, "/a"), ["/a"]);
    }

    #[test]
    fn an_index_keeps_what_it_had_when_another_is_made_of_it() {
        let old = index(&["/a"]);
        let new = old.with(route("/b"));
        assert_eq!((found(&old, "/b").len(), found(&new, "/b").len()), (0, 1));
        assert!(Index::default().is_empty() && !old.is_empty());
    }
}
