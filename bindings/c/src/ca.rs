//! The life of a certificate authority of the operator's own.

use crate::ffi::guard_or;
use crate::strings::text;
use http_responder::Error;
use std::ffi::{c_char, c_int};

#[cfg(feature = "tls")]
fn main(words: Result<Vec<&str>, Error>) -> c_int {
    use http_responder::ErrorCode;
    use http_responder::ca::{Outcome, run_command};
    use std::io::Write;
    match words.and_then(|words| run_command(&words)) {
        Ok(Outcome::Done(octets)) => {
            let mut out = std::io::stdout().lock();
            c_int::from(out.write_all(&octets).and_then(|()| out.flush()).is_err())
        }
        Ok(Outcome::Usage(text)) => {
            eprint!("{text}");
            2
        }
        Err(error) => {
            eprintln!("ca: {error}");
            if error.code() == ErrorCode::InvalidArgument { 2 } else { 1 }
        }
    }
}

#[cfg(not(feature = "tls"))]
fn main(_: Result<Vec<&str>, Error>) -> c_int {
    eprintln!("ca: expected a build with TLS, this one is without");
    1
}

/// Does what a program does that is called with "ca" and what follows: makes, shows, hands out or
/// renews a certificate authority. Give it the words behind "ca", without a program's name:
/// {"init", "--dir", "/etc/http_responder/ca"}; {"--help"} says what there is.
///
/// Writes to standard output what was asked for, to standard error what went wrong, and returns the
/// exit status: 0 done, 1 it could not be done, 2 wrong usage. Any thread; the key is written to its
/// file, which only its owner can read, and nowhere else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_ca_main(count: c_int, words: *const *const c_char) -> c_int {
    guard_or(1, || {
        let count = usize::try_from(count).unwrap_or(0);
        let words: Result<Vec<&str>, _> = (0..if words.is_null() { 0 } else { count })
            // SAFETY: `words` has `count` elements, each NULL or a text, by the contract of the header.
            .map(|index| unsafe { text(*words.add(index), "words") })
            .collect();
        Ok(main(words))
    })
}
