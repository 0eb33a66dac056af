//! The operating system: the only place with unsafe calls.
