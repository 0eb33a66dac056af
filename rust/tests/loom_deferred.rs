//! The race for a deferred request, under every interleaving: the answer, a second answer (or
//! the drop of the token, which answers 500) and the end of the connection.
//! `RUSTFLAGS="--cfg loom" cargo test -p http_responder --test loom_deferred --release`
#![cfg(loom)]

#[path = "../src/responder/deferred/shared.rs"]
mod shared;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU8, Ordering};
}

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use shared::{Settled, Shared};

#[test]
fn of_two_answers_and_the_end_of_the_connection_just_one_comes_first() {
    loom::model(|| {
        let shared = Arc::new(Shared::new());
        let answer = |shared: &Arc<Shared>| {
            let shared = shared.clone();
            thread::spawn(move || shared.answer())
        };
        let answers = [answer(&shared), answer(&shared)];
        let left = shared.leave();
        let answers = answers.map(|thread| thread.join().unwrap());
        let given = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(given + usize::from(left), 1);
        assert_eq!(shared.is_gone(), left);
        for answer in answers {
            match answer {
                Ok(()) => assert!(!left),
                Err(Settled::Gone) => {
                    assert!(left, "nobody is told that a client who got an answer has left")
                }
                Err(Settled::Answered) => assert!(!left),
            }
        }
    });
}

#[test]
fn who_hears_that_the_connection_is_gone_sees_all_that_came_before() {
    loom::model(|| {
        let shared = Arc::new(Shared::new());
        let cleaned_up = Arc::new(UnsafeCell::new(false));
        let worker = {
            let (shared, cleaned_up) = (shared.clone(), cleaned_up.clone());
            thread::spawn(move || {
                cleaned_up.with_mut(|it| {
                    // SAFETY: loom checks that nobody reads it at the same time.
                    unsafe { *it = true }
                });
                shared.leave()
            })
        };
        if shared.answer() == Err(Settled::Gone) {
            cleaned_up.with(|it| {
                // SAFETY: loom checks that this is ordered behind the write.
                assert!(unsafe { *it });
            });
        }
        worker.join().unwrap();
    });
}
