//! What the process gives away once its sockets are bound: its user, and what it never needs again.
//!
//! Files can still be read, so that a reload works; nothing can be written, made or run, and of the
//! system calls only those are left that a responder makes. A kernel without Landlock or seccomp
//! goes without.

#[cfg(target_pointer_width = "64")]
mod calls;

use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::log::Log;
use landlock::{
    ABI, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus,
};
use nix::unistd::{Gid, Group, Uid, User, setgid, setgroups, setuid};
use std::path::Path;

/// Becomes the user and group of the options, for good. To be called before there are threads.
///
/// # Errors
/// [`ErrorCode::Config`] for a name that is not there; [`ErrorCode::Io`] where it is not allowed.
pub(super) fn drop_privileges(settings: &Settings, log: &Log) -> Result<()> {
    let (uid, gid) = wanted(settings)?;
    let refused = |what: &str, error: nix::Error| {
        Error::new(ErrorCode::Io, format!("{what}: cannot become it: {}", error.desc()))
    };
    if let Some(gid) = gid {
        let name = if settings.group.is_empty() { "user" } else { "group" };
        // Groups of the old user would stay otherwise.
        setgroups(&[gid]).map_err(|error| refused(name, error))?;
        setgid(gid).map_err(|error| refused(name, error))?;
    }
    if let Some(uid) = uid {
        setuid(uid).map_err(|error| refused("user", error))?;
        let back = setuid(Uid::from_raw(0)).is_ok() || setgid(Gid::from_raw(0)).is_ok();
        if back && !uid.is_root() {
            return Err(Error::new(ErrorCode::Io, "user: the way back to root is still open"));
        }
    } else if gid.is_some() && Uid::effective().is_root() {
        log.warn(format_args!("group: without the option user the server goes on as root"));
    }
    Ok(())
}

/// The user and group of the options.
///
/// # Errors
/// [`ErrorCode::Config`] for a name that is not there.
pub(crate) fn wanted(settings: &Settings) -> Result<(Option<Uid>, Option<Gid>)> {
    let user = find("user", &settings.user, User::from_name)?;
    let group = find("group", &settings.group, Group::from_name)?;
    let gid = group.map(|group| group.gid).or(user.as_ref().map(|user| user.gid));
    Ok((user.map(|user| user.uid), gid))
}

fn find<T>(
    option: &str,
    name: &str,
    look_up: impl Fn(&str) -> nix::Result<Option<T>>,
) -> Result<Option<T>> {
    if name.is_empty() {
        return Ok(None);
    }
    match look_up(name) {
        Ok(Some(found)) => Ok(Some(found)),
        _ => {
            let text = format!("{option}: expected the name of a {option}, got {name:?}");
            Err(Error::new(ErrorCode::Config, text))
        }
    }
}

/// Takes the right to write, make and run files from this thread and those that it will start;
/// sockets in the folders of `unix_sockets` may be removed, as their listeners do when they close,
/// `access_log` may be opened again, made anew if it was moved away, and files may be made, replaced
/// and removed in `kept`.
pub(super) fn restrict_files<'p>(
    unix_sockets: impl Iterator<Item = &'p Path>,
    access_log: Option<&Path>,
    kept: Option<&Path>,
    log: &Log,
) {
    let abi = ABI::V5;
    let taken = AccessFs::from_write(abi) | AccessFs::Execute;
    let restrict = || -> std::result::Result<RulesetStatus, landlock::RulesetError> {
        let mut rules = Ruleset::default().handle_access(taken)?.create()?;
        for folder in unix_sockets.filter_map(Path::parent) {
            if let Ok(folder) = PathFd::new(folder) {
                rules = rules.add_rule(PathBeneath::new(folder, AccessFs::RemoveFile))?;
            }
        }
        if let Some((place, rights)) = access_log.map(reopening)
            && let Ok(place) = PathFd::new(place)
        {
            rules = rules.add_rule(PathBeneath::new(place, rights))?;
        }
        if let Some(folder) = kept
            && let Ok(folder) = PathFd::new(folder)
        {
            let rights =
                AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::Truncate;
            rules = rules.add_rule(PathBeneath::new(folder, rights))?;
        }
        Ok(rules.restrict_self()?.ruleset)
    };
    match restrict() {
        Ok(RulesetStatus::NotEnforced) => log.info(format_args!("sandbox: no Landlock here")),
        Ok(_) => {}
        Err(error) => log.warn(format_args!("sandbox: files are not restricted: {error}")),
    }
}

/// What may be done where, so that a log can be opened again: a file is made in its folder, a pipe
/// or device is there.
fn reopening(path: &Path) -> (&Path, BitFlags<AccessFs>) {
    let is_other = path.metadata().is_ok_and(|found| !found.is_file());
    match path.parent() {
        Some(folder) if !is_other => (folder, AccessFs::WriteFile | AccessFs::MakeReg),
        _ => (path, AccessFs::WriteFile.into()),
    }
}

/// Leaves all threads only the system calls that a responder makes; others fail with EPERM. There are
/// filters for processors of 64 bits alone.
pub(super) fn restrict_calls(log: &Log) {
    #[cfg(target_pointer_width = "64")]
    if let Err(error) = calls::restrict() {
        log.warn(format_args!("sandbox: system calls are not restricted: {error}"));
    }
    #[cfg(not(target_pointer_width = "64"))]
    log.info(format_args!("sandbox: system calls are not restricted on this processor"));
}
