//! Session tickets whose keys come from a file, so that several processes and hosts resume for each
//! other.
//!
//! The file holds keys of 48 octets, one after the other: 16 that name the key, 32 of AES-256-GCM. The
//! first one encrypts, all of them decrypt. To rotate them put a new one in front, and reload.

use super::files::{read_secret, wrong};
use crate::error::Result;
use arc_swap::ArcSwap;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use rustls::server::ProducesTickets;
use std::fmt;
use std::path::Path;

const OPTION: &str = "ticket_keys";

const NAME: usize = 16;
const KEY: usize = 32;

/// Seconds for which clients may keep a ticket: as long as a key should be in the file.
const LIFETIME: u32 = 12 * 3600;

/// The keys in force.
pub(super) struct FileTickets(ArcSwap<Vec<TicketKey>>);

struct TicketKey {
    name: [u8; NAME],
    key: RandomizedNonceKey,
}

impl FileTickets {
    pub(super) fn load(path: &Path) -> Result<FileTickets> {
        Ok(FileTickets(ArcSwap::from_pointee(read(path)?)))
    }

    /// Takes the keys of the file in place of those that were there.
    pub(super) fn reload(&self, path: &Path) -> Result<()> {
        self.0.store(read(path)?.into());
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<TicketKey>> {
    let octets = read_secret(OPTION, path)?;
    let size = NAME + KEY;
    if octets.is_empty() || octets.len() % size != 0 {
        let text = format!("expected keys of {size} octets each, got {} octets", octets.len());
        return Err(wrong(OPTION, path, &text));
    }
    let keys = octets.chunks_exact(size).map(|octets| {
        let (name, key) = octets.split_at(NAME);
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
        Some(TicketKey { name: name.try_into().ok()?, key })
    });
    keys.collect::<Option<_>>().ok_or_else(|| wrong(OPTION, path, "a key is not taken"))
}

impl ProducesTickets for FileTickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        LIFETIME
    }

    /// A ticket is the key's name, a nonce, and the rest encrypted.
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let keys = self.0.load();
        let key = keys.first()?;
        let mut sealed = plain.to_vec();
        let nonce = key.key.seal_in_place_append_tag(Aad::from(&key.name), &mut sealed).ok()?;
        let mut ticket = Vec::with_capacity(NAME + NONCE_LEN + sealed.len());
        ticket.extend_from_slice(&key.name);
        ticket.extend_from_slice(nonce.as_ref());
        ticket.extend_from_slice(&sealed);
        Some(ticket)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_at_checked(NAME)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let keys = self.0.load();
        let key = keys.iter().find(|key| key.name == name)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let plain = key.key.open_in_place(nonce, Aad::from(&key.name), &mut sealed).ok()?.len();
        sealed.truncate(plain);
        Some(sealed)
    }
}

impl fmt::Debug for FileTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileTickets").finish_non_exhaustive()
    }
}
