//! Clocks. The coarse ones take a few nanoseconds to read and are a few milliseconds exact.

/// Milliseconds of CLOCK_MONOTONIC_COARSE.
pub(crate) fn monotonic_ms() -> u64 {
    let now = read(libc::CLOCK_MONOTONIC_COARSE);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1000
        + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}

/// Seconds and milliseconds since 1970 of CLOCK_REALTIME_COARSE.
pub(crate) fn unix_time() -> (u64, u32) {
    let now = read(libc::CLOCK_REALTIME_COARSE);
    (u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000)
}

fn read(clock: libc::clockid_t) -> libc::timespec {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid place for the result; all of these clocks exist since Linux 2.6.32.
    unsafe { libc::clock_gettime(clock, &mut now) };
    now
}

/// Microseconds since 1970.
pub(crate) fn unix_us() -> u64 {
    microseconds(read(libc::CLOCK_REALTIME))
}

/// Microseconds of CLOCK_MONOTONIC.
pub(crate) fn monotonic_us() -> u64 {
    microseconds(read(libc::CLOCK_MONOTONIC))
}

fn microseconds(time: libc::timespec) -> u64 {
    let (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec);
    u64::try_from(seconds).unwrap_or(0) * 1_000_000 + u64::try_from(nanoseconds).unwrap_or(0) / 1000
}

/// Milliseconds of CLOCK_MONOTONIC, begun ones included: the same clock as [`monotonic_ms`], exact
/// and never behind it.
pub(crate) fn exact_ms() -> u64 {
    let now = read(libc::CLOCK_MONOTONIC);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1000
        + u64::try_from(now.tv_nsec).unwrap_or(0).div_ceil(1_000_000)
}
