//! What a worker is told from outside: answers that were deferred, options, the end.

use super::Connections;
use crate::config::Settings;
use crate::connection::{Key, Ready, Repeats};
use crate::responder::deferred::Delivery;
use crate::tls::LeafInUse;
use crate::worker::survey::{Survey, Walk};
use crate::worker::turn::Start;
use std::sync::Arc;

impl Connections {
    /// The deferred answer for `key` has come, or a part of it.
    pub(in crate::worker) fn deliver(&mut self, key: Key, delivery: Delivery) {
        let reached = match delivery {
            Delivery::Answer(response) => self.with_turn(key, Start::Answer(&response)),
            Delivery::Treated(treated) => self.with_turn(key, Start::Treated(treated)),
            Delivery::Stream(opening) => self.with_turn(key, Start::Stream(opening)),
            Delivery::More => {
                self.with_turn(key, Start::More);
                return;
            }
        };
        if !reached {
            self.handle.stats.deferred_gone.add(1);
        }
    }

    /// The certificate that `key` waits for has been made, or cannot be: its handshake goes on.
    #[cold]
    pub(in crate::worker) fn certify(&mut self, key: Key, leaf: Option<LeafInUse>, made: bool) {
        if made {
            self.handle.stats.tls_certificates_made.add(1);
        }
        if self.pool.get(key).is_some() {
            self.sessions.serve(key.index, leaf);
            self.with_turn(key, Start::Served);
        }
    }

    /// Lets go of a responder that has been replaced.
    pub(in crate::worker) fn refresh(&mut self) {
        self.responder.load();
        self.repeats = Repeats::default();
    }

    /// The options in force from now on; also for deadlines that run.
    pub(in crate::worker) fn change_settings(&mut self, settings: Arc<Settings>) {
        self.repeats = Repeats::default();
        self.deadlines.change(&mut self.pool, &settings, self.now);
        self.settings = settings;
        self.count_clients();
    }

    /// Begins a look at the connections.
    pub(in crate::worker) fn survey(&mut self, survey: Survey) {
        self.walks.push_back(Walk::new(survey));
    }

    /// Ends what is idle; what is busy ends with its answer.
    pub(in crate::worker) fn drain(&mut self) {
        self.draining = true;
        for index in 0..self.pool.extent() {
            let Some(key) = self.pool.key_at(index) else { continue };
            // A request may have come since the last event. Who has a turn coming ends with it.
            if self.pool.get(key).is_some_and(|connection| connection.unfinished.is_none()) {
                self.turn(key, Ready::READABLE);
            }
        }
    }

    /// Closes everything; how many connections that were.
    pub(in crate::worker) fn close_all(&mut self) -> u64 {
        let open = self.pool.len();
        for index in 0..self.pool.extent() {
            if let Some(key) = self.pool.key_at(index) {
                self.close(key);
            }
        }
        self.buffers.publish(&self.handle.stats);
        self.watchers.end_batch(&self.handle.stats);
        open.into()
    }
}
