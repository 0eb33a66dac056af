//! Certificates that were made, kept in a folder across restarts (option `certificate_dir`).
//!
//! All of it is read at the start; afterwards one thread writes what the workers make, so that none of
//! them waits for a disk. A file is called after a digest of what it is for, never after a name that a
//! client sent. It begins with a digest of the CA's certificate and its own: what is spoilt, or another
//! CA's, is removed and made anew.
//!
//! | file | |
//! | --- | --- |
//! | `leaf-ecdsa.key`, `leaf-rsa.key` | the keys that all certificates of a kind share, PKCS#8 |
//! | `DIGEST.crt` | a certificate, in DER, behind its digest |

use super::files::read_secret;
use super::keys::{self, KeyKind, Signer};
use super::names::Subject;
use crate::error::{Error, ErrorCode, Result};
use crate::files;
use crate::log::Log;
use crate::sync::{Mutex, PoisonError};
use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::SystemTime;

const OPTION: &str = "certificate_dir";

/// The largest file that is read.
const LARGEST: u64 = 16 << 10;

/// Certificates that wait to be written; those beyond are not kept.
const WAITING: usize = 4096;

/// Who shall own the files, where the process is to become somebody else.
pub(super) type Owner = (Option<u32>, Option<u32>);

/// The folder.
pub(super) struct Store {
    folder: PathBuf,
    owner: Owner,
    /// From the start of the server to its end.
    writer: Mutex<Option<Writer>>,
}

struct Writer {
    jobs: SyncSender<Job>,
    thread: JoinHandle<()>,
}

enum Job {
    Keep(PathBuf, Vec<u8>),
    Forget(PathBuf),
}

/// A file that was found.
pub(super) struct Found {
    path: PathBuf,
    changed: SystemTime,
}

impl Store {
    /// Makes the folder where it is not there.
    ///
    /// # Errors
    /// [`ErrorCode::Io`].
    pub(super) fn open(folder: &Path, owner: Owner) -> Result<Store> {
        let made = DirBuilder::new().mode(0o700).create(folder);
        let made = match made {
            Ok(()) => own(folder, owner),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        };
        made.and_then(|()| std::fs::read_dir(folder).map(drop))
            .map_err(|error| failed(folder, &error))?;
        Ok(Store { folder: folder.to_owned(), owner, writer: Mutex::default() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key of the kind, from its file; one that is not there, or spoilt, is made and written.
    ///
    /// # Errors
    /// [`ErrorCode::Io`] where it cannot be written; [`ErrorCode::Internal`] where none can be made.
    pub(super) fn key(&self, kind: KeyKind) -> Result<Signer> {
        let path = self.folder.join(match kind {
            KeyKind::Ecdsa => "leaf-ecdsa.key",
            KeyKind::Rsa => "leaf-rsa.key",
        });
        let known = read_secret(OPTION, &path);
        if let Some(key) = known.ok().and_then(|der| Signer::from_der(kind, &der)) {
            return Ok(key);
        }
        let (key, der) = keys::generate(kind)
            .ok_or_else(|| Error::new(ErrorCode::Internal, "cannot make certificates: no key"))?;
        replace(&path, &der, self.owner).map_err(|error| failed(&path, &error))?;
        Ok(key)
    }

    /// The files of certificates, those changed last at the end.
    pub(super) fn certificates(&self) -> Vec<Found> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let mut found: Vec<Found> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let path = entry.path();
                if path.extension()? == "new" {
                    // Of a process that ended while it wrote.
                    let _ = std::fs::remove_file(&path);
                }
                let changed = entry.metadata().and_then(|data| data.modified()).ok()?;
                (path.extension()? == "crt").then_some(Found { path, changed })
            })
            .collect();
        found.sort_by_key(|found| found.changed);
        found
    }

    /// What is in a file, if that is a certificate of the CA whose certificate is `ca`.
    pub(super) fn read(&self, found: &Found, ca: &[u8]) -> Option<Vec<u8>> {
        let mut octets = files::read(&found.path, LARGEST).ok()?;
        let (digest, der) = octets.split_at_checked(SHA256_OUTPUT_LEN)?;
        if digest != sealed(ca, der) {
            return None;
        }
        octets.drain(..SHA256_OUTPUT_LEN);
        Some(octets)
    }

    /// Whether a file is where the certificate for `subject` belongs.
    pub(super) fn is_of(&self, found: &Found, subject: &Subject, kind: KeyKind) -> bool {
        found.path == self.path(subject, kind)
    }

    /// A file that is good for nothing goes.
    pub(super) fn discard(&self, found: &Found) {
        let _ = std::fs::remove_file(&found.path);
    }

    /// Has a certificate of the CA with the certificate `ca` written.
    pub(super) fn keep(&self, subject: &Subject, kind: KeyKind, ca: &[u8], der: &[u8]) {
        let octets = [sealed(ca, der).as_slice(), der].concat();
        self.tell(Job::Keep(self.path(subject, kind), octets));
    }

    /// Has the file of a certificate removed that is remembered no more.
    pub(super) fn forget(&self, subject: &Subject, kind: KeyKind) {
        self.tell(Job::Forget(self.path(subject, kind)));
    }

    fn tell(&self, job: Job) {
        // Only the making of a certificate comes here, and nobody holds the lock for long.
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = &*writer {
            // A disk that is slower than the workers gets what it can take.
            let _ = writer.jobs.try_send(job);
        }
    }

    /// Starts the thread that writes.
    pub(super) fn start(&self, log: Log) {
        let (jobs, waiting) = sync_channel(WAITING);
        let owner = self.owner;
        let thread = crate::sys::thread::named("hr-certificates");
        // Without it nothing is kept.
        if let Ok(thread) = thread.spawn(move || write_all(&waiting, owner, &log)) {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            *writer = Some(Writer { jobs, thread });
        }
    }

    /// Writes what waits, and ends.
    pub(super) fn finish(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Writer { jobs, thread }) = writer {
            drop(jobs);
            let _ = thread.join();
        }
    }

    fn path(&self, subject: &Subject, kind: KeyKind) -> PathBuf {
        let mut digest = Context::new(&SHA256);
        digest.update(match (subject, kind) {
            (Subject::Domain(_), KeyKind::Ecdsa) => b"domain, ecdsa: ",
            (_, KeyKind::Ecdsa) => b"one, ecdsa: ",
            (Subject::Domain(_), KeyKind::Rsa) => b"domain, rsa: ",
            (_, KeyKind::Rsa) => b"one, rsa: ",
        });
        digest.update(subject.title().as_bytes());
        let mut name = String::with_capacity(40);
        for octet in &digest.finish().as_ref()[..16] {
            let _ = write!(name, "{octet:02x}");
        }
        self.folder.join(name + ".crt")
    }
}

fn sealed(ca: &[u8], der: &[u8]) -> Vec<u8> {
    let mut digest = Context::new(&SHA256);
    digest.update(ca);
    digest.update(der);
    digest.finish().as_ref().to_vec()
}

fn write_all(jobs: &Receiver<Job>, owner: Owner, log: &Log) {
    let mut told = false;
    for job in jobs {
        let (path, done) = match job {
            Job::Keep(path, octets) => {
                let done = replace(&path, &octets, owner);
                (path, done)
            }
            Job::Forget(path) => {
                let done = std::fs::remove_file(&path);
                let gone = done.is_err_and(|error| error.kind() != io::ErrorKind::NotFound);
                (path, if gone { Err(io::Error::other("it cannot be removed")) } else { Ok(()) })
            }
        };
        if let Err(error) = done
            && !std::mem::replace(&mut told, true)
        {
            log.warn(format_args!("{OPTION}: {}: {error}; this is said once", path.display()));
        }
    }
}

/// Puts a file that only its owner can read in the place of one that may be there: whole or not at all.
fn replace(path: &Path, octets: &[u8], owner: Owner) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600);
    let written = open.open(&new).and_then(|mut file| file.write_all(octets));
    let written =
        written.and_then(|()| own(&new, owner)).and_then(|()| std::fs::rename(&new, path));
    written.inspect_err(|_| drop(std::fs::remove_file(&new)))
}

/// Gives a file to whom the process is to become; afterwards it is theirs already.
fn own(path: &Path, (user, group): Owner) -> io::Result<()> {
    let is_root = nix::unistd::geteuid().is_root();
    if is_root && (user.is_some() || group.is_some()) { chown(path, user, group) } else { Ok(()) }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorCode::Io, format!("{OPTION}: {}: {error}", path.display()))
}
