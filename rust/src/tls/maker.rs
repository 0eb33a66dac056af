//! The thread on which certificates are made, so that no connection waits for another one's.
//!
//! A worker whose client asks for a name without a certificate leaves that handshake where it is, goes on
//! with other connections, and is told when the certificate is there. However many ask for it meanwhile, it
//! is made once. Where the thread is not to be had, the worker makes it itself.

use super::keys::KeyKind;
use super::mint::Minter;
use super::names::Subject;
use crate::connection::Key;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use crate::worker::{Handle, Message};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Shared by the workers of a server.
#[derive(Default)]
pub(super) struct Maker {
    orders: Mutex<Orders>,
    /// There is an order, or there will be none any more.
    news: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Orders {
    /// Between start and end.
    is_open: bool,
    queue: VecDeque<Order>,
    /// Who waits for what is in the queue or being made. A connection waits once: no more than there are.
    waiting: HashMap<Wanted, Vec<Waiting>>,
}

type Wanted = (Subject, KeyKind);

struct Order {
    minter: Arc<Minter>,
    wanted: Wanted,
}

/// A connection in the middle of its handshake.
pub(super) struct Waiting {
    pub(super) worker: Arc<Handle>,
    pub(super) key: Key,
}

impl Maker {
    /// Starts the thread.
    pub(super) fn start(self: &Arc<Self>) {
        self.lock().is_open = true;
        let maker = self.clone();
        match crate::sys::thread::named("hr-mint").spawn(move || maker.work()) {
            Ok(thread) => {
                *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread)
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

    /// Has the certificate made; whether `who` will be told.
    pub(super) fn order(&self, minter: &Arc<Minter>, wanted: Wanted, who: Waiting) -> bool {
        let mut orders = self.lock();
        if !orders.is_open {
            return false;
        }
        if let Some(others) = orders.waiting.get_mut(&wanted) {
            others.push(who);
            return true;
        }
        orders.waiting.insert(wanted.clone(), vec![who]);
        orders.queue.push_back(Order { minter: minter.clone(), wanted });
        drop(orders);
        self.news.notify_one();
        true
    }

    fn work(&self) {
        while let Some(Order { minter, wanted }) = self.next() {
            let mut made = false;
            let (subject, kind) = &wanted;
            // What cannot be made is found so once more by the handshake, which refuses it.
            let make = || drop(minter.leaf(subject, *kind, || made = true));
            let _ = catch_unwind(AssertUnwindSafe(make));
            let waiting = self.lock().waiting.remove(&wanted);
            for Waiting { worker, key } in waiting.into_iter().flatten() {
                worker.tell(Message::Certificate { key, made: std::mem::take(&mut made) });
            }
        }
    }

    /// The order that has waited longest; `None` at the end.
    fn next(&self) -> Option<Order> {
        let mut orders = self.lock();
        loop {
            match orders.queue.pop_front() {
                Some(order) => return Some(order),
                None if !orders.is_open => return None,
                None => orders = self.news.wait(orders).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
