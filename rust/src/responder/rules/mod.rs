//! Rules of the operator, read from files: which requests they take and what those get.
//!
//! | file | idea |
//! | --- | --- |
//! | `condition` | what a request must be |
//! | `fault` | answers that are late, spoilt or cut off |
//! | `file` | reads a rules file, or every one of a folder |
//! | `hosts` | finds rules by host among any number of names |
//! | `index` | finds the few rules that may take a request |
//! | `list` | reads lists of hosts: plain, hosts(5), Adblock |
//! | `mistake` | what is wrong with a file, and where |
//! | `reader` | the tables of a rules file, key by key |
//! | `shadows` | rules that can never match, because of an earlier one |

pub(in crate::responder) mod condition;
pub(crate) mod fault;
mod file;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod hosts;
mod index;
mod list;
mod mistake;
mod reader;
mod shadows;
#[cfg(test)]
mod tests;

use super::defaults::{Maker, Prepared};
use super::{Exchange, Request, Response, hash};
use crate::config::Settings;
use crate::http::{Head, Method};
use condition::Conditions;
use fault::Manner;
use hosts::Reach;
use index::{Index, IndexBuilder};
use shadows::{Shadow, Shadows};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use mistake::Mistake;

/// What a rules file says: immutable, shared by all threads.
#[derive(Default)]
pub(crate) struct RuleSet {
    rules: Vec<Rule>,
    index: Option<Index>,
    files: Vec<RuleFile>,
    /// Some rules that can never match.
    shadows: Vec<Shadow>,
    /// How many more of them there are.
    more_shadows: usize,
}

/// One file that was read, and how many rules it has.
#[derive(Debug)]
pub(crate) struct RuleFile {
    pub(crate) path: PathBuf,
    pub(crate) rules: usize,
}

/// One rule, its hosts aside.
struct Rule {
    conditions: Conditions,
    action: Action,
    manner: Manner,
}

/// What a request gets.
enum Action {
    /// This response.
    Respond(Response),
    /// The default answer for this row of the table of kinds.
    Kind(u16),
    /// An empty 204.
    Nothing,
    /// The default answers' choice.
    Default,
    /// No answer: the connection is closed.
    Close,
    /// No answer: the connection is reset.
    Reset,
}

/// A rule as it was read, with the hosts that it is for; none are all.
struct Draft {
    /// Where it begins, from 1.
    line: u32,
    hosts: Vec<(String, Reach)>,
    rule: Rule,
}

impl RuleSet {
    /// Reads the rules file at `path`, or every `*.toml` of the folder, in the order of the names.
    ///
    /// # Errors
    /// Every mistake there is.
    pub(crate) fn load(path: &Path) -> Result<RuleSet, Vec<Mistake>> {
        file::load(path).map(|(drafts, files)| RuleSet { files, ..RuleSet::compile(drafts) })
    }

    fn compile(drafts: Vec<Draft>) -> RuleSet {
        let mut index = IndexBuilder::default();
        let mut shadows = Shadows::default();
        let mut rules = Vec::with_capacity(drafts.len());
        let are_several = drafts.len() > 1;
        for (number, Draft { line, hosts, rule }) in drafts.into_iter().enumerate() {
            index.add(number as u32, &hosts, &rule.conditions);
            rules.push(rule);
            if are_several {
                shadows.look_at(&rules, line, &hosts, index.hosts());
            }
        }
        let index = (!rules.is_empty()).then(|| index.build());
        let (shadows, more_shadows) = shadows.into_found();
        RuleSet { rules, index, files: Vec::new(), shadows, more_shadows }
    }

    /// What is no mistake and yet most likely not meant, each with its file and line.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<_> = self.shadows.iter().filter_map(|it| self.tell(it)).collect();
        if let (Some(file), 1..) = (self.files.last(), self.more_shadows) {
            let (path, more) = (file.path.display(), self.more_shadows);
            warnings.push(format!("{path}: {more} more rules that can never match"));
        }
        warnings
    }

    fn tell(&self, Shadow { rule, by }: &Shadow) -> Option<String> {
        let ((file, number), (by_file, by_number)) = (self.file_of(rule.0)?, self.file_of(by.0)?);
        let elsewhere = (by_file != file).then(|| format!(" of {}", by_file.display()));
        Some(format!(
            "{}:{}: rule {number} can never match: rule {by_number}{}, line {}, takes every request that it would",
            file.display(),
            rule.1,
            elsewhere.unwrap_or_default(),
            by.1,
        ))
    }

    /// The file that a rule is of, and its number there, from 1.
    fn file_of(&self, rule: u32) -> Option<(&Path, usize)> {
        let mut number = rule as usize;
        for file in &self.files {
            if number < file.rules {
                return Some((&file.path, number + 1));
            }
            number -= file.rules;
        }
        None
    }

    /// The files that were read, in their order.
    pub(crate) fn files(&self) -> &[RuleFile] {
        &self.files
    }

    /// How many rules there are.
    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }

    /// The first rule that takes the request.
    #[inline]
    fn find(&self, head: &Head<'_, '_>) -> Option<usize> {
        let mut candidates = self.index.as_ref()?.candidates(head).map(|rule| rule as usize);
        candidates.find(|rule| self.rules[*rule].conditions.hold(head))
    }
}

/// Rules with their answers, prepared as the settings say.
pub(super) struct Rules {
    set: Arc<RuleSet>,
    /// One for each rule; `None` where the action has none of its own.
    prepared: Box<[Option<Prepared>]>,
}

/// What a rule wants done by those who can.
pub(super) enum Verdict {
    /// It is done.
    Done,
    /// The default answer for a row of the table of kinds.
    Kind(u16),
    /// An empty 204 with the fields of a default answer.
    Nothing,
    /// The default answers' choice.
    Default,
}

impl Rules {
    pub(super) fn new(set: Arc<RuleSet>, settings: &Settings, server: &[u8]) -> Rules {
        let maker = Maker { cors: settings.cors, server };
        let prepare = |rule: &Rule| match &rule.action {
            Action::Respond(response) => Some(maker.dress(response)),
            _ => None,
        };
        Rules { prepared: set.rules.iter().map(prepare).collect(), set }
    }

    /// The same rules, prepared as other settings say.
    pub(super) fn again(&self, settings: &Settings, server: &[u8]) -> Rules {
        Rules::new(self.set.clone(), settings, server)
    }

    pub(super) fn set(&self) -> &RuleSet {
        &self.set
    }

    pub(super) fn take(&self, head: &Head<'_, '_>) -> bool {
        self.set.find(head).is_some()
    }

    /// Has the first rule that takes the request answer it, or say how; `None` if there is none.
    #[inline]
    pub(super) fn answer<'r>(
        &'r self,
        request: &Request<'_>,
        exchange: &mut Exchange<'r>,
        cors: bool,
    ) -> Option<Verdict> {
        let number = self.set.find(request.head)?;
        Some(self.apply(number, request, exchange, cors))
    }

    fn apply<'r>(
        &'r self,
        number: usize,
        request: &Request<'_>,
        exchange: &mut Exchange<'r>,
        cors: bool,
    ) -> Verdict {
        let Rule { conditions, action, manner } = &self.set.rules[number];
        exchange.by_rule(manner);
        match action {
            Action::Close => exchange.cut(false),
            Action::Reset => exchange.cut(true),
            // A page that may read the answer has to be told so first.
            _ if request.method() == Method::Options && !conditions.name_method(request.head) => {
                return Verdict::Default;
            }
            Action::Respond(_) => {
                if let Some(prepared) = &self.prepared[number] {
                    prepared.send(request.head, exchange, cors);
                }
            }
            Action::Kind(row) => return Verdict::Kind(*row),
            Action::Nothing => return Verdict::Nothing,
            Action::Default => return Verdict::Default,
        }
        Verdict::Done
    }
}
