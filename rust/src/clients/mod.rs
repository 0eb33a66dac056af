//! Clients: who is at the other end of a connection, and how much of the server they may take.
//!
//! | file | idea |
//! | --- | --- |
//! | `address` | the address of the other end |
//! | `guests` | what a worker knows of the other ends of its connections |
//! | `sparse` | where it is kept, by slot |
//! | `table` | the clients of all workers in a fixed amount of memory |
//!
//! # Limits
//!
//! A client is an address, or the range of addresses that one household has (`client_prefix_ipv4`,
//! `client_prefix_ipv6`). Two things are limited: how many connections it has open at once, and how
//! many requests it makes in a second. Both hold over all workers, however connections reach them,
//! so there is one table for all. It is looked into when a connection comes; the worker then keeps
//! the client's place in it beside the connection (four octets, for clients that are limited), and
//! neither a request nor the close has anything to look up: one atomic operation each. Where no
//! limit is set a request costs one branch.
//!
//! Who comes through a Unix socket has no address and no limit; a loopback address has none unless
//! `limit_loopback` is on; a trusted proxy has none, the clients that it names have.
//!
//! Over the limit of connections a client gets a 429 that closes, before its request is read and
//! without a slot in the pool. Over the rate it gets a 429 and keeps its connection: a close would
//! make it come again, which costs more than the answer.

mod address;
mod guests;
mod sparse;
mod table;

pub(crate) use address::{Peer, PeerAddress};
pub(crate) use guests::Guests;

use crate::config::ClientLimits;
use crate::config::ranges::mask;
use crate::log::{Limiter, Log};
use crate::stats::Cells;
use std::io;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::OnceLock;
use table::{Entered, Table};

/// A client's place in the table, as a connection holds it: one more than where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(NonZeroU32);

impl Place {
    /// No limit will ever hold for this connection.
    pub(crate) const FREE: Place = Place(NonZeroU32::MAX);

    fn new(place: u32) -> Option<Self> {
        NonZeroU32::new(place + 1).map(Place)
    }

    fn in_table(self) -> Option<u32> {
        (self != Place::FREE).then(|| self.0.get() - 1)
    }
}

/// The client has as many connections as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowded;

/// The clients of a server, shared by its workers.
#[derive(Debug)]
pub(crate) struct Clients {
    /// There from the moment on when there was a limit.
    table: OnceLock<Table>,
    log: Log,
    limiter: Limiter,
}

impl Clients {
    pub(crate) fn new(log: Log) -> Self {
        Clients { table: OnceLock::new(), log, limiter: Limiter::default() }
    }

    /// Makes the table, if there is a limit and none yet. How many clients it can hold.
    ///
    /// # Errors
    /// What the kernel says where it has not that much memory.
    pub(crate) fn prepare(&self, limits: &ClientLimits) -> io::Result<Option<u64>> {
        if !limits.are_set() {
            return Ok(None);
        }
        if self.table.get().is_none() {
            let _ = self.table.set(Table::new(limits.client_table)?);
        }
        Ok(self.table.get().map(Table::capacity))
    }

    /// A connection of `address` has come, which is no place where no limit holds for it; `now` is
    /// in milliseconds.
    ///
    /// # Errors
    /// [`Crowded`] if it is one too many.
    pub(crate) fn enter(
        &self,
        address: PeerAddress,
        limits: &ClientLimits,
        now: u64,
        stats: &Cells,
    ) -> Result<Option<Place>, Crowded> {
        let Some(table) = self.table.get().filter(|_| limits.are_set()) else { return Ok(None) };
        let Some(ip) = address.ip().filter(|ip| limits.limit_loopback || !ip.is_loopback()) else {
            return Ok(None);
        };
        let most = if limits.max_connections_per_client == 0 {
            u32::MAX
        } else {
            limits.max_connections_per_client
        };
        match table.enter(client(ip, limits), most, nanoseconds(now)) {
            Entered::In { place, forgot } => {
                stats.clients_forgotten.add(forgot.into());
                Ok(Place::new(place))
            }
            Entered::Crowded => Err(Crowded),
            Entered::NoRoom => {
                stats.clients_untracked.add(1);
                Ok(Some(Place::FREE))
            }
        }
    }

    /// Whether the client at `place` may make a request now, at `now` milliseconds; it is counted
    /// then.
    #[inline]
    pub(crate) fn spend(&self, place: Place, limits: &ClientLimits, now: u64) -> bool {
        let (Some(table), Some(place)) = (self.table.get(), place.in_table()) else { return true };
        let interval = 1_000_000_000 / u64::from(limits.rate_per_client.max(1));
        let burst = u64::from(limits.burst_per_client.unwrap_or(limits.rate_per_client).max(1));
        table.spend(place, nanoseconds(now), interval, (burst - 1) * interval)
    }

    /// A connection of the client at `place` is gone.
    #[inline]
    pub(crate) fn leave(&self, place: Place) {
        if let (Some(place), Some(table)) = (place.in_table(), self.table.get()) {
            table.leave(place);
        }
    }

    /// Tells the operator something of a client, one line a second over all workers: `line` is
    /// made from how many were held back.
    #[cold]
    pub(crate) fn warn(&self, line: impl FnOnce(u64) -> String) {
        if let Some(held_back) = self.limiter.admit() {
            self.log.warn(format_args!("{}", line(held_back)));
        }
    }

    /// Tells the operator that the client of `address` has too many connections.
    pub(crate) fn note_crowded(&self, address: PeerAddress) {
        self.warn(|held_back| {
            format!(
                "{address} has max_connections_per_client open: one more is turned away \
                 ({held_back} more like this)"
            )
        });
    }

    /// How many connections the client of `ip` has.
    #[cfg(test)]
    pub(crate) fn open(&self, ip: IpAddr, limits: &ClientLimits) -> u32 {
        self.table.get().map_or(0, |table| table.open(client(ip, limits)))
    }
}

/// The range of addresses that stands for the client with this one.
fn client(ip: IpAddr, limits: &ClientLimits) -> IpAddr {
    mask(ip, if ip.is_ipv4() { limits.client_prefix_ipv4 } else { limits.client_prefix_ipv6 })
}

fn nanoseconds(milliseconds: u64) -> u64 {
    milliseconds.saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogLevel;

    fn limits(max_connections: u32, rate: u32) -> ClientLimits {
        ClientLimits {
            max_connections_per_client: max_connections,
            rate_per_client: rate,
            burst_per_client: None,
            limit_loopback: false,
            client_prefix_ipv4: 32,
            client_prefix_ipv6: 64,
            client_table: 1 << 16,
        }
    }

    fn at(text: &str) -> PeerAddress {
        PeerAddress::inet(format!("{text}:1").parse().unwrap())
    }

    fn clients(limits: &ClientLimits) -> Clients {
        let clients = Clients::new(Log::new(LogLevel::Off));
        clients.prepare(limits).unwrap();
        clients
    }

    #[test]
    fn without_a_limit_there_is_no_table() {
        let clients = Clients::new(Log::new(LogLevel::Off));
        assert_eq!(clients.prepare(&limits(0, 0)).unwrap(), None);
        let stats = Cells::default();
        assert_eq!(clients.enter(at("192.0.2.1"), &limits(0, 0), 0, &stats), Ok(None));
        assert!(clients.spend(Place::FREE, &limits(0, 1), 0));
        clients.leave(Place::FREE);
    }

    #[test]
    fn a_client_has_so_many_connections_and_no_more_until_one_is_gone() {
        let limits = limits(2, 0);
        let (clients, stats) = (clients(&limits), Cells::default());
        let enter = |text| clients.enter(at(text), &limits, 0, &stats);
        let first = enter("192.0.2.1").unwrap().unwrap();
        assert_eq!(enter("192.0.2.1"), Ok(Some(first)));
        assert_eq!(enter("192.0.2.1"), Err(Crowded));
        assert!(enter("192.0.2.2").is_ok(), "another client");
        clients.leave(first);
        assert!(enter("192.0.2.1").is_ok());
    }

    #[test]
    fn an_ipv6_client_is_a_64_and_an_ipv4_one_in_ipv6_form_is_itself() {
        let limits = limits(1, 0);
        let (clients, stats) = (clients(&limits), Cells::default());
        let enter = |text| clients.enter(at(text), &limits, 0, &stats).is_ok();
        assert!(enter("[2001:db8::1]") && !enter("[2001:db8::ffff]"));
        assert!(enter("[2001:db8:0:1::1]"));
        assert!(enter("192.0.2.1") && !enter("[::ffff:192.0.2.1]"));
    }

    #[test]
    fn loopback_and_unix_sockets_are_free_unless_loopback_is_asked_for() {
        let mut limits = limits(1, 1);
        let (clients, stats) = (clients(&limits), Cells::default());
        for address in [at("127.0.0.1"), at("[::1]"), at("[::ffff:127.1.2.3]"), PeerAddress::UNIX] {
            assert_eq!(clients.enter(address, &limits, 0, &stats), Ok(None));
        }
        limits.limit_loopback = true;
        assert_ne!(clients.enter(at("127.0.0.1"), &limits, 0, &stats), Ok(None));
        assert_eq!(clients.enter(PeerAddress::UNIX, &limits, 0, &stats), Ok(None));
    }

    #[test]
    fn a_client_makes_a_burst_and_then_so_many_requests_a_second() {
        let limits = ClientLimits { burst_per_client: Some(5), ..limits(0, 10) };
        let (clients, stats) = (clients(&limits), Cells::default());
        let place = clients.enter(at("192.0.2.1"), &limits, 0, &stats).unwrap().unwrap();
        let answered = |milliseconds: std::ops::Range<u64>| {
            let asked = milliseconds.flat_map(|now| [now; 2]);
            asked.filter(|&now| clients.spend(place, &limits, now)).count()
        };
        assert_eq!(answered(1000..1001), 2);
        assert_eq!(answered(1001..1090), 3, "the burst");
        assert_eq!(answered(1090..11_090), 100, "the rate, however much is asked for");
        assert_eq!(answered(20_000..20_050), 5, "who was quiet has a burst again");
    }
}
