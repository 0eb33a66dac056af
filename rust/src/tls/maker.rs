//! The thread on which certificates are made, so that no connection waits for another one's.
//!
//! A worker whose client asks for a name without a certificate leaves that handshake where it is, goes on
//! with other connections, and is given the certificate when it is there. However many ask for it meanwhile,
//! it is made once. What nobody waits for any more is not made. Where the thread is not to be had, the
//! worker makes it itself.

use super::keys::KeyKind;
use super::mint::Minter;
use super::names::Subject;
use crate::connection::Key;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use crate::worker::{Handle, Message};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

/// Orders from which on those are looked for that nobody waits for.
const MANY: usize = 256;

/// Shared by the workers of a server.
#[derive(Default)]
pub(super) struct Maker {
    orders: Mutex<Orders>,
    /// There is an order that can be made, or there will be none any more.
    news: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Orders {
    /// Between start and end.
    is_open: bool,
    /// Another thread makes the RSA key: what needs it stands in `later`.
    rsa_comes: bool,
    queue: Vec<Order>,
    later: Vec<Order>,
    /// Who waits for what is ordered or being made.
    waiting: HashMap<Wanted, Waiters>,
    /// Orders in the queue from which on it is gone through.
    prune_at: usize,
    /// Of the last order.
    number: u64,
}

/// Those who wait for one certificate.
#[derive(Default)]
struct Waiters {
    all: Vec<Waiting>,
    /// The order that counts: each who comes puts a new one on top.
    number: u64,
    is_being_made: bool,
    prune_at: usize,
}

/// By which minter, for whom. Its address stands for the minter, which lives as long as its order.
type Wanted = (usize, Subject, KeyKind);

struct Order {
    minter: Arc<Minter>,
    wanted: Wanted,
    number: u64,
}

/// What a session holds as long as it waits.
pub(crate) type Ticket = Arc<()>;

/// A connection in the middle of its handshake.
struct Waiting {
    worker: Arc<Handle>,
    key: Key,
    ticket: Weak<()>,
}

/// Another thread makes the RSA key, as long as it lives.
pub(super) struct RsaComes(Arc<Maker>);

impl Maker {
    /// Starts the thread.
    pub(super) fn start(self: &Arc<Self>) {
        self.lock().is_open = true;
        let maker = self.clone();
        match crate::sys::thread::named("hr-mint").spawn(move || maker.work()) {
            Ok(thread) => {
                *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
            }
            Err(_) => self.lock().is_open = false,
        }
    }

    /// Ends it; who still waits is told nothing.
    pub(super) fn finish(&self) {
        *self.lock() = Orders::default();
        self.news.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.into_iter().for_each(|thread| drop(thread.join()));
    }

    /// Between start and end.
    pub(super) fn is_open(&self) -> bool {
        self.lock().is_open
    }

    /// Another thread makes the RSA key: until what this gives is dropped nothing is begun that needs it.
    pub(super) fn rsa_comes(self: &Arc<Self>) -> RsaComes {
        self.lock().rsa_comes = true;
        RsaComes(self.clone())
    }

    /// Has the certificate made; the connection `key` of `worker` will be given it as long as the ticket is
    /// held. `None` where nobody makes it.
    pub(super) fn order(
        &self,
        minter: &Arc<Minter>,
        subject: Subject,
        kind: KeyKind,
        (worker, key): (&Arc<Handle>, Key),
    ) -> Option<Ticket> {
        let ticket = Ticket::default();
        let who = Waiting { worker: worker.clone(), key, ticket: Arc::downgrade(&ticket) };
        let wanted = (Arc::as_ptr(minter) as usize, subject, kind);
        let mut orders = self.lock();
        if !orders.is_open {
            return None;
        }
        orders.prune();
        orders.number += 1;
        let number = orders.number;
        let waiters = orders.waiting.entry(wanted.clone()).or_default();
        waiters.join(who);
        if waiters.is_being_made {
            return Some(ticket);
        }
        waiters.number = number;
        orders.queue.push(Order { minter: minter.clone(), wanted, number });
        drop(orders);
        self.news.notify_all();
        Some(ticket)
    }

    fn work(&self) {
        while let Some(Order { minter, wanted, .. }) = self.next() {
            let (_, subject, kind) = &wanted;
            let mut made = false;
            let make = || minter.leaf(subject, *kind, || made = true);
            let leaf = catch_unwind(AssertUnwindSafe(make)).unwrap_or(None);
            let waiters = self.lock().waiting.remove(&wanted).unwrap_or_default();
            for Waiting { worker, key, .. } in waiters.all {
                let leaf = leaf.as_ref().map(|leaf| leaf.key.clone());
                let made = std::mem::take(&mut made);
                worker.tell(Message::Certificate { key, leaf, made });
            }
        }
    }

    /// The order that came last, for who has waited longest is the first to give up; `None` at the end.
    fn next(&self) -> Option<Order> {
        let mut orders = self.lock();
        loop {
            match orders.queue.pop() {
                Some(order) if !orders.keeps(&order) => {}
                Some(order) if orders.rsa_comes && !order.minter.has_key(order.wanted.2) => {
                    orders.later.push(order);
                }
                Some(order) => {
                    let waiters = orders.waiting.get_mut(&order.wanted);
                    waiters.into_iter().for_each(|waiters| waiters.is_being_made = true);
                    return Some(order);
                }
                None if !orders.is_open => return None,
                None => orders = self.news.wait(orders).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RsaComes {
    fn drop(&mut self) {
        let mut orders = self.0.lock();
        orders.rsa_comes = false;
        // The one that came last was set aside first.
        let later = std::mem::take(&mut orders.later);
        orders.queue.extend(later.into_iter().rev());
        drop(orders);
        self.0.news.notify_all();
    }
}

impl Orders {
    /// Whether an order counts and somebody still waits; whom nobody waits for is forgotten.
    fn keeps(&mut self, order: &Order) -> bool {
        let waiters = self.waiting.get(&order.wanted);
        let Some(waiters) = waiters.filter(|waiters| waiters.number == order.number) else {
            return false;
        };
        let is_wanted = waiters.all.iter().any(Waiting::is_there);
        if !is_wanted {
            self.waiting.remove(&order.wanted);
        }
        is_wanted
    }

    /// Goes through the orders each time that there are twice as many as were kept.
    fn prune(&mut self) {
        if self.queue.len() + self.later.len() < self.prune_at.max(MANY) {
            return;
        }
        let (mut queue, mut later) =
            (std::mem::take(&mut self.queue), std::mem::take(&mut self.later));
        queue.retain(|order| self.keeps(order));
        later.retain(|order| self.keeps(order));
        (self.queue, self.later) = (queue, later);
        self.prune_at = 2 * (self.queue.len() + self.later.len());
    }
}

impl Waiters {
    fn join(&mut self, who: Waiting) {
        if self.all.len() >= self.prune_at.max(MANY) {
            self.all.retain(Waiting::is_there);
            self.prune_at = 2 * self.all.len();
        }
        self.all.push(who);
    }
}

impl Waiting {
    fn is_there(&self) -> bool {
        self.ticket.strong_count() > 0
    }
}
