//! The default answers by type.
