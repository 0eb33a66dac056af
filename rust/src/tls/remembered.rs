//! Sessions that the server remembers: those of TLS 1.2 for clients without tickets, and all of them
//! where there are no tickets. A session of TLS 1.3 is forgotten when it is used.

use crate::sync::{Mutex, PoisonError};
use rustls::server::StoresServerSessions;
use std::collections::{HashMap, VecDeque};
use std::fmt;

/// So many sessions; each new one beyond it has the oldest forgotten.
pub(super) struct Remembered {
    sessions: Mutex<Sessions>,
    most: usize,
}

#[derive(Default)]
struct Sessions {
    /// Each with the number under which it stands in `order`.
    by_id: HashMap<Vec<u8>, (u64, Vec<u8>)>,
    /// From the oldest on. Those that were taken out stay here until their turn comes.
    order: VecDeque<(u64, Vec<u8>)>,
    next: u64,
}

impl Remembered {
    pub(super) fn new(most: usize) -> Self {
        Remembered { sessions: Mutex::default(), most }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Sessions) -> T) -> T {
        look(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sessions {
    fn put(&mut self, id: Vec<u8>, session: Vec<u8>, most: usize) {
        let number = self.next;
        self.next += 1;
        self.by_id.insert(id.clone(), (number, session));
        self.order.push_back((number, id));
        while self.order.len() > most {
            let Some((number, id)) = self.order.pop_front() else { return };
            // It may have been used, or have come again since.
            if self.by_id.get(&id).is_some_and(|(current, _)| *current == number) {
                self.by_id.remove(&id);
            }
        }
    }
}

impl StoresServerSessions for Remembered {
    fn put(&self, id: Vec<u8>, session: Vec<u8>) -> bool {
        self.with(|sessions| sessions.put(id, session, self.most));
        true
    }

    fn get(&self, id: &[u8]) -> Option<Vec<u8>> {
        self.with(|sessions| sessions.by_id.get(id).map(|(_, session)| session.clone()))
    }

    fn take(&self, id: &[u8]) -> Option<Vec<u8>> {
        self.with(|sessions| sessions.by_id.remove(id).map(|(_, session)| session))
    }

    fn can_cache(&self) -> bool {
        true
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it holds is secret.
        f.debug_struct("Remembered").field("most", &self.most).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> Vec<u8> {
        vec![number; 32]
    }

    #[test]
    fn a_session_that_is_taken_is_gone() {
        let remembered = Remembered::new(4);
        assert!(remembered.can_cache() && remembered.put(id(1), b"one".to_vec()));
        assert_eq!(remembered.get(&id(1)).as_deref(), Some(&b"one"[..]));
        assert_eq!(remembered.take(&id(1)).as_deref(), Some(&b"one"[..]));
        assert_eq!((remembered.take(&id(1)), remembered.get(&id(1))), (None, None));
    }

    #[test]
    fn the_oldest_are_forgotten_and_nothing_grows_without_end() {
        let remembered = Remembered::new(4);
        for number in 0..100 {
            remembered.put(id(number), vec![number]);
            if number % 3 == 0 {
                remembered.take(&id(number));
            }
        }
        remembered.with(|sessions| {
            assert!(sessions.by_id.len() <= 4 && sessions.order.len() == 4);
        });
        assert_eq!(remembered.get(&id(95)), None);
        assert_eq!(remembered.get(&id(98)), Some(vec![98]));
    }

    #[test]
    fn a_session_that_is_renewed_outlives_its_first_place() {
        let remembered = Remembered::new(3);
        for number in [1, 2, 1, 3] {
            remembered.put(id(number), vec![number]);
        }
        assert_eq!(remembered.get(&id(1)), Some(vec![1]));
    }

    #[test]
    fn what_it_holds_is_not_shown() {
        let remembered = Remembered::new(3);
        remembered.put(id(7), b"secret".to_vec());
        assert!(!format!("{remembered:?}").contains("115"));
    }
}
