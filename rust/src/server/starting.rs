//! From built to running: sockets first, then privileges are given away, then threads are started.

use super::admin::Admin;
use super::listeners::{Listeners, Shares};
use super::{Life, Server, ServerState, lock, sandbox, threads};
use crate::acceptor::Address;
use crate::access_log::Prepared;
use crate::config::{Settings, Value};
use crate::connection::Layer;
use crate::error::{Error, ErrorCode, Result};
use crate::sys::reserve;
use std::path::{Path, PathBuf};

impl Server {
    /// Starts the workers and begins to accept; returns at once. With no listener yet, or where
    /// `port` was set, listens on `address` and `port` first; then on each of `listen`, on `tls_port`,
    /// and on each of `listen_tls` and `listen_auto`.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if started before;
    /// [`ErrorCode::Bind`]; [`ErrorCode::Io`];
    /// [`ErrorCode::Config`] for a `user` or `group` that is not there.
    pub fn start(&self) -> Result<()> {
        let mut life = self.built("start")?;
        reserve::replenish();
        let settings = self.settings();
        for sentence in lock(&self.inner.config).idle(&settings) {
            self.inner.log.warn(format_args!("{sentence}"));
        }
        self.inner.warn_of_rules();
        let mut listeners = lock(&self.inner.listeners);
        let before = listeners.len();
        let prepared = self.prepare(&mut listeners, &settings);
        let (admin, access_log) = prepared.inspect_err(|_| listeners.truncate(before))?;
        let shares = listeners.deal(settings.workers);
        drop(listeners);
        if let Some(admin) = admin {
            let _ = self.inner.admin.set(admin);
        }
        self.launch(&mut life, shares, access_log).inspect_err(|_| {
            life.state = ServerState::Stopped;
            self.inner.admin.get().into_iter().for_each(|admin| admin.end(true));
        })?;
        drop(life);
        if settings.sandbox {
            sandbox::restrict_calls(&self.inner.log);
        }
        if let Some(manager) = self.inner.manager.get() {
            manager.ready(&self.describe());
        }
        Ok(())
    }

    /// Refuses options that would do nothing: who names them relies on them.
    fn check_tls(&self, listeners: &Listeners, settings: &Settings) -> Result<()> {
        let refuse = |text: String| Err(Error::new(ErrorCode::Config, text));
        let makes = self.inner.tls.get().is_some_and(|tls| tls.has_ca());
        if let (Some(folder), false) = (&settings.certificate_dir, makes) {
            let folder = folder.display();
            return refuse(format!(
                "certificate_dir: expected ca_dir beside it, got {folder} alone"
            ));
        }
        let file = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let early = u64::from(settings.tls_early_data);
        let given = [
            ("client_ca", file(&settings.client_ca)),
            ("ticket_keys", file(&settings.ticket_keys)),
            ("tls_early_data", (early > 0).then(|| Value::Size(early).to_string())),
        ];
        let named = given.iter().find_map(|(option, value)| Some((option, value.as_ref()?)));
        match named {
            Some((option, value)) if listeners.layers().iter().all(|it| *it == Layer::Plain) => {
                refuse(format!(
                    "{option}: expected a listener with TLS beside it (tls_port, listen_tls, listen_auto), got {value} alone"
                ))
            }
            _ => Ok(()),
        }
    }

    /// Binds what there is to bind, and gives away what only that needed.
    fn prepare(
        &self,
        listeners: &mut Listeners,
        settings: &Settings,
    ) -> Result<(Option<Admin>, Option<Prepared>)> {
        self.listen_as_configured(listeners, settings)?;
        listeners.expect_headers(&settings.proxy_protocol)?;
        self.check_tls(listeners, settings)?;
        let admin = Admin::bind(&self.inner, settings)?;
        let access_log = Prepared::open(settings)?;
        sandbox::drop_privileges(settings, &self.inner.log)?;
        if !settings.user.is_empty() || !settings.group.is_empty() {
            self.inner.warn_of_what_cannot_be_read_again(settings);
        }
        if settings.sandbox {
            let addresses = listeners.addresses().iter();
            let files = addresses.filter_map(|it| it.strip_prefix("unix:")).map(PathBuf::from);
            let files: Vec<_> = files.chain(admin.as_ref().and_then(Admin::file)).collect();
            let files = files.iter().map(|file| -> &Path { file });
            let log = access_log.as_ref().and_then(Prepared::file);
            let folder = self.inner.tls.get().and_then(|tls| tls.writes_to());
            sandbox::restrict_files(files, log, folder, &self.inner.log);
        }
        Ok((admin, access_log))
    }

    fn listen_as_configured(&self, listeners: &mut Listeners, settings: &Settings) -> Result<()> {
        if settings.port.is_some() || (listeners.len() == 0 && settings.names_no_listener()) {
            let address = Address::join(&settings.address, settings.port.unwrap_or(0))?;
            listeners.bind(&address, Layer::Plain, settings)?;
        }
        for address in &settings.listen {
            listeners.bind(&Address::parse(address)?, Layer::Plain, settings)?;
        }
        if let Some(port) = settings.tls_port {
            listeners.bind(&Address::join(&settings.address, port)?, Layer::Tls, settings)?;
        }
        for address in &settings.listen_tls {
            listeners.bind(&Address::parse(address)?, Layer::Tls, settings)?;
        }
        for address in &settings.listen_auto {
            listeners.bind(&Address::parse(address)?, Layer::Auto, settings)?;
        }
        if settings.reuse_port {
            self.warn_unless_connections_move();
        }
        Ok(())
    }

    /// What waits in the queue of a socket that closes goes to another one of its port, if the kernel is
    /// told to (ip-sysctl, tcp_migrate_req; since Linux 5.14).
    fn warn_unless_connections_move(&self) {
        let setting = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_migrate_req");
        if setting.is_ok_and(|value| value.trim() == "1") {
            return;
        }
        self.inner.log.warn(format_args!(
            "reuse_port: connections that come while a process ends may be reset: \
             sysctl net.ipv4.tcp_migrate_req=1 has the kernel hand them to the other one"
        ));
    }

    /// Starts all threads. The admin side comes first: its descriptors are counted then.
    fn launch(&self, life: &mut Life, shares: Shares, access_log: Option<Prepared>) -> Result<()> {
        self.inner.admin.get().map_or(Ok(()), Admin::start)?;
        if let Some(tls) = self.inner.tls.get() {
            tls.start(&self.inner.log);
        }
        let started = threads::start(&self.inner, shares, access_log);
        life.supervisor = Some(started.inspect_err(|_| self.inner.finish_log())?);
        life.state = ServerState::Running;
        Ok(())
    }
}
