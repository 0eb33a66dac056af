//! What the process gives away once its sockets are bound: its user, and what it never needs again.
//!
//! Files can still be read, so that a reload works; nothing can be written, made or run, and of the
//! system calls only those are left that a responder makes. A kernel without Landlock or seccomp
//! goes without.

use crate::config::Settings;
use crate::error::{Error, ErrorCode, Result};
use crate::log::Log;
use landlock::{
    ABI, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus,
};
use nix::unistd::{Gid, Group, Uid, User, setgid, setgroups, setuid};
#[cfg(target_pointer_width = "64")]
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};
#[cfg(target_pointer_width = "64")]
use std::collections::BTreeMap;
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

/// There are filters for processors of 64 bits alone.
#[cfg(not(target_pointer_width = "64"))]
pub(super) fn restrict_calls(log: &Log) {
    log.info(format_args!("sandbox: system calls are not restricted on this processor"));
}

/// Leaves all threads only the system calls that a responder makes; others fail with EPERM.
#[cfg(target_pointer_width = "64")]
pub(super) fn restrict_calls(log: &Log) {
    if let Err(error) = filter().and_then(|filter| apply_filter_all_threads(&filter)) {
        log.warn(format_args!("sandbox: system calls are not restricted: {error}"));
    }
}

#[cfg(target_pointer_width = "64")]
fn filter() -> std::result::Result<BpfProgram, seccompiler::Error> {
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> =
        CALLS.iter().chain(OLD_CALLS).map(|call| (*call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let arch = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, refuse, SeccompAction::Allow, arch)?.try_into()?)
}

/// Connections, clocks, memory, threads that end, files that are read, messages to systemd.
#[cfg(target_pointer_width = "64")]
const CALLS: &[i64] = &[
    libc::SYS_accept4,
    libc::SYS_bind,
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_connect,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpeername,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_ioctl,
    libc::SYS_listen,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_ppoll,
    libc::SYS_prctl,
    libc::SYS_pread64,
    libc::SYS_prlimit64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sendfile,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_set_robust_list,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    libc::SYS_sigaltstack,
    libc::SYS_socket,
    libc::SYS_statx,
    libc::SYS_sysinfo,
    libc::SYS_tgkill,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_uname,
    libc::SYS_unlinkat,
    libc::SYS_write,
    libc::SYS_writev,
];

/// The same by their older numbers.
#[cfg(target_arch = "x86_64")]
const OLD_CALLS: &[i64] = &[
    libc::SYS_dup2,
    libc::SYS_epoll_wait,
    libc::SYS_lstat,
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_stat,
    libc::SYS_unlink,
];
#[cfg(all(not(target_arch = "x86_64"), target_pointer_width = "64"))]
const OLD_CALLS: &[i64] = &[];
