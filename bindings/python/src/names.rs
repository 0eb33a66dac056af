//! Names of header fields in another form, made once for each name.

use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// So many names are remembered, of at most so many octets each: clients make names up.
const MOST: usize = 256;
const LONGEST: usize = 64;

/// The Python objects of names that were seen before.
pub(crate) struct Names<T>(Mutex<HashMap<Box<str>, Py<T>>>);

impl<T> Default for Names<T> {
    fn default() -> Names<T> {
        Names(Mutex::default())
    }
}

impl<T> Names<T> {
    /// The object for `name`, which `make` makes if it is not known. `make` enters no Python code.
    pub(crate) fn get<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        make: impl FnOnce() -> Bound<'py, T>,
    ) -> Bound<'py, T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(name) {
            return found.bind(py).clone();
        }
        let made = make();
        if known.len() < MOST && name.len() <= LONGEST {
            known.insert(name.into(), made.clone().unbind());
        }
        made
    }
}
