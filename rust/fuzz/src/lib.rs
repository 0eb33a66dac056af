//! The two engines that can drive the targets of `http_responder::fuzzing`.

pub use http_responder::fuzzing;

#[cfg(feature = "afl")]
pub use afl;
#[cfg(feature = "libfuzzer")]
pub use libfuzzer_sys;

/// The program of one target.
#[cfg(feature = "libfuzzer")]
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::fuzzing::$name(data));
    };
}

/// The program of one target.
#[cfg(all(feature = "afl", not(feature = "libfuzzer")))]
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        fn main() {
            $crate::afl::fuzz!(|data: &[u8]| $crate::fuzzing::$name(data));
        }
    };
}
