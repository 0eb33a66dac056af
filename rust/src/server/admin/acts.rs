//! What the server can be told, and what is in force.

use super::json::Object;
use super::reply::Reply;
use crate::config::{self, LogLevel};
use crate::error::{Error, ErrorCode};
use crate::responder::Request;
use crate::server::reload::Reloaded;
use crate::server::{Inner, ServerState, lock};
use std::sync::Arc;
use std::time::Duration;

/// 200 while it answers, 503 before and after.
pub(super) fn health(server: &Inner) -> Reply {
    let state = server.life().state;
    let status = if state == ServerState::Running { 200 } else { 503 };
    Reply::json(status, &Object::new().with("status", state.name()).end())
}

/// Reads all files again; the mistakes, if there are any.
pub(super) fn reload(server: &Arc<Inner>) -> Reply {
    match server.reload_and_tell() {
        Ok(None) => {
            let answer = Object::new().with("reloaded", false);
            Reply::json(200, &answer.with("reason", "there is no file to read again").end())
        }
        Ok(Some(Reloaded { live, later, rules, warnings, certificates, .. })) => {
            let answer = Object::new().with("reloaded", true).with("changed", live);
            let answer = answer.with("at_next_start", later);
            let answer = answer.with("rules", rules.map(|rules| rules as u64));
            let answer = match certificates {
                Some(certificates) => answer.with("certificates", certificates as u64),
                None => answer,
            };
            let answer =
                if warnings.is_empty() { answer } else { answer.with("warnings", warnings) };
            Reply::json(200, &answer.end())
        }
        Err(error) => mistakes(&error),
    }
}

fn mistakes(error: &Error) -> Reply {
    let status = if error.code() == ErrorCode::Config { 422 } else { 500 };
    let lines: Vec<&str> = error.message().lines().collect();
    let answer = Object::new().with("reloaded", false);
    let answer = answer.with("error", "everything stays as it was").with("mistakes", lines);
    Reply::json(status, &answer.end())
}

/// Begins to drain, with the grace of the query if there is one.
pub(super) fn drain(server: &Inner, request: &Request<'_>) -> Reply {
    let grace = match grace_of(request.query()) {
        Ok(grace) => grace,
        Err(why) => return Reply::error(400, why),
    };
    match server.drain(grace) {
        Ok(()) => Reply::json(202, &Object::new().with("status", "draining").end()),
        Err(error) => Reply::error(409, error.message()),
    }
}

fn grace_of(query: Option<&str>) -> Result<Option<Duration>, String> {
    let Some(query) = query else { return Ok(None) };
    let grace = query.strip_prefix("grace=").and_then(config::duration);
    grace.map(Some).ok_or_else(|| format!("query: expected grace=10s or none, got {query:.80?}"))
}

/// Which rules are in force, and where they were read.
pub(super) fn rules(server: &Inner) -> Reply {
    let responder = server.responder.load_full();
    let set = responder.rules();
    let files = set.map_or(&[][..], |set| set.files());
    let files: Vec<_> = files
        .iter()
        .map(|file| {
            let path = file.path.to_string_lossy().into_owned();
            Object::new().with("path", path).with("rules", file.rules as u64).end()
        })
        .collect();
    let loaded = lock(&server.rules).clone().or_else(|| server.settings.load().rules.clone());
    let answer = Object::new()
        .with("path", loaded.map(|path| path.to_string_lossy().into_owned()))
        .with("count", set.map_or(0, |set| set.len()) as u64)
        .with("matched", server.stats().1.rules_matched)
        .with("files", files);
    Reply::json(200, &answer.end())
}

/// What is written to standard error.
pub(super) fn log_level(server: &Inner) -> Reply {
    let level = server.settings.load().log_level;
    Reply::json(200, &Object::new().with("level", level.name()).end())
}

/// Changes what is written to standard error, until the next start.
pub(super) fn set_log_level(server: &Inner, request: &Request<'_>) -> Reply {
    let text = String::from_utf8_lossy(request.body());
    let word = text.trim();
    let word = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word);
    let Some(level) = LogLevel::named(word) else {
        let names = LogLevel::ALL.map(LogLevel::name).join(", ");
        return Reply::error(400, format!("log level: expected one of {names}, got {word:.80?}"));
    };
    match server.set_log_level(level) {
        Ok(()) => log_level(server),
        Err(error) => Reply::error(500, error.message()),
    }
}

impl Inner {
    /// Writes up to `level` to standard error from now on. A reload does not change it.
    fn set_log_level(&self, level: LogLevel) -> crate::error::Result<()> {
        // One change of the settings at a time.
        let _config = lock(&self.config);
        let mut settings = crate::config::Settings::clone(&self.settings.load());
        settings.log_level = level;
        let settings = Arc::new(settings);
        self.change(|responder| Ok(responder.with_settings(&settings)))?;
        self.log.set_level(level);
        self.adopt_settings(settings);
        Ok(())
    }
}
