//! Which of the servers of a process it is, as debuggers and `top -H` name its threads (at most 15
//! characters).

/// Which server of a process it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The one that a program has made.
    Main,
    /// Its admin side.
    Admin,
}

impl Role {
    pub(super) fn worker(self, index: usize) -> String {
        match self {
            Role::Main => format!("hr-worker-{index}"),
            Role::Admin => format!("hr-admin-{index}"),
        }
    }

    pub(super) fn acceptor(self) -> String {
        match self {
            Role::Main => "hr-acceptor".to_owned(),
            Role::Admin => "hr-admin-accept".to_owned(),
        }
    }
}
