//! THE table of options. A row here and a field in [`Settings`] are all that is needed to add one:
//! the command line, the file, C, Python, `--help` and the documentation follow from it.

mod answers;
mod capacity;
mod clients;
mod limits;
mod listening;
mod operation;
mod taking;
mod timeouts;
mod tls;

use super::kind::Kind;
use super::settings::Settings;
use super::values::Value;
use std::time::Duration;

/// Every option, by group, in the order in which all faces show them.
pub const TABLE: &[OptionRow] = &joined::<{ length() }>();

const GROUPS: [&[OptionRow]; Group::ALL.len()] = [
    listening::ROWS,
    tls::ROWS,
    capacity::ROWS,
    timeouts::ROWS,
    limits::ROWS,
    clients::ROWS,
    answers::ROWS,
    operation::ROWS,
];

const fn length() -> usize {
    let (mut length, mut group) = (0, 0);
    while group < GROUPS.len() {
        length += GROUPS[group].len();
        group += 1;
    }
    length
}

const fn joined<const LENGTH: usize>() -> [OptionRow; LENGTH] {
    let mut all = [GROUPS[0][0]; LENGTH];
    let (mut at, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut row = 0;
        while row < GROUPS[group].len() {
            all[at] = GROUPS[group][row];
            at += 1;
            row += 1;
        }
        group += 1;
    }
    all
}

/// Which part of the server an option belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where to listen.
    Listening,
    /// Certificates and sessions of TLS.
    Tls,
    /// Workers and pools.
    Capacity,
    /// Deadlines.
    Timeouts,
    /// Limits of a request.
    Limits,
    /// Limits of a client.
    Clients,
    /// What is answered.
    Answers,
    /// Running it.
    Operation,
}

impl Group {
    /// Every group, in the order in which all faces show them.
    pub const ALL: [Group; 8] = [
        Group::Listening,
        Group::Tls,
        Group::Capacity,
        Group::Timeouts,
        Group::Limits,
        Group::Clients,
        Group::Answers,
        Group::Operation,
    ];

    /// The heading of the group.
    pub fn title(self) -> &'static str {
        match self {
            Group::Listening => "Listening",
            Group::Tls => "TLS",
            Group::Capacity => "Capacity",
            Group::Timeouts => "Timeouts",
            Group::Limits => "Limits of a request",
            Group::Clients => "Limits of a client",
            Group::Answers => "Answers",
            Group::Operation => "Operation",
        }
    }
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// The name, with underscores; the command line writes hyphens.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// The text of the default, in canonical form.
    pub default: &'static str,
    /// Which part of the server it belongs to.
    pub group: Group,
    /// One sentence.
    pub help: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// Its letter on the command line.
    pub short: Option<char>,
    /// Its place among the positional arguments, from 1.
    pub position: Option<usize>,
    /// Whether a reload changes it while the server runs.
    pub live: bool,
    /// Puts a value of this kind into the settings.
    pub(super) apply: fn(&mut Settings, &Value),
}

impl OptionRow {
    /// The default, typed.
    ///
    /// # Panics
    /// Never: a test reads every default.
    pub fn default_value(&self) -> Value {
        self.kind.parse(self.default).expect("the default of a row is a value of its kind")
    }

    /// The long flag on the command line: `--keep-alive-timeout`.
    pub fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }

    const fn short(self, letter: char) -> Self {
        OptionRow { short: Some(letter), ..self }
    }

    const fn position(self, place: usize) -> Self {
        OptionRow { position: Some(place), ..self }
    }

    const fn live(self) -> Self {
        OptionRow { live: true, ..self }
    }
}

const fn row(
    name: &'static str,
    group: Group,
    kind: Kind,
    default: &'static str,
    help: &'static str,
    apply: fn(&mut Settings, &Value),
) -> OptionRow {
    OptionRow {
        name,
        kind,
        default,
        group,
        help,
        since: "0.1",
        short: None,
        position: None,
        live: matches!(group, Group::Timeouts | Group::Answers),
        apply,
    }
}

const fn integer(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max, auto: false }
}

const TIMEOUT: Kind =
    Kind::Duration { min: Duration::from_millis(10), max: Duration::from_secs(86_400), off: true };

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;
