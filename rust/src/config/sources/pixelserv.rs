//! The command line of pixelserv-tls: the flags of another program as options of this one.
//!
//! Each flag is a row that names the option which it sets; what has no option is a sentence for the
//! operator. An argument that begins with `--` is an option of ours.

use super::args::{Asks, Draft, Token, error, token, unexpected};
use crate::config::settings::default_workers;
use crate::config::values::{number, quoted};
use crate::config::{Config, Source, TABLE, parse as parse_value, suggest};
use crate::error::Result;
use std::path::Path;

/// What a command line of pixelserv-tls asks for beside options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pixelserv {
    /// `-f`: the program stays in the foreground. Without it pixelserv-tls goes to the background
    /// once it serves.
    pub foreground: bool,
    /// What was asked for and is not done, or done otherwise: a sentence each, to be shown once.
    pub notes: Vec<String>,
}

/// One flag.
pub(in crate::config) struct Flag {
    pub(in crate::config) letter: char,
    /// The word for its value in a usage text; empty for a flag without.
    pub(in crate::config) value: &'static str,
    /// Whether the value may be left out.
    pub(in crate::config) optional: bool,
    /// What it does here.
    pub(in crate::config) help: &'static str,
    take: fn(&mut Reading, &str) -> Result<()>,
}

const fn flag(
    letter: char,
    value: &'static str,
    help: &'static str,
    take: fn(&mut Reading, &str) -> Result<()>,
) -> Flag {
    Flag { letter, value, optional: false, help, take }
}

/// Every flag of pixelserv-tls 2.4.
pub(in crate::config) const FLAGS: &[Flag] = &[
    flag('p', "PORT", "Port for http; may be repeated. [default: 80]", |r, v| r.port('p', v)),
    flag('k', "PORT", "Port for https; may be repeated. [default: 443]", |r, v| {
        r.port_number('k', v)?;
        r.tls_ports.push(v.to_owned());
        Ok(())
    }),
    flag('n', "IFACE", "Option interface.", |r, v| r.set('n', "interface", v)),
    flag('O', "SECONDS", "Option keep_alive_timeout. [default: 120]", |r, v| r.keep_alive(v)),
    flag('s', "/PATH", "Option stats_page. [default: /servstats]", |r, v| {
        r.set('s', "stats_page", v)
    }),
    flag('t', "/PATH", "Option stats_text. [default: /servstats.txt]", |r, v| {
        r.set('t', "stats_text", v)
    }),
    flag('u', "USER", "Option user. [default: nobody, if root starts it]", |r, v| r.user(v)),
    flag(
        'z',
        "FOLDER",
        "Folder with ca.crt, the option ca_certificate, and ca.key: the option ca_dir. \
         [default: /var/cache/pixelserv or /opt/var/cache/pixelserv]",
        |r, v| r.folder(v),
    ),
    flag('2', "", "Option probes: no 204 for /generate_204.", |r, _| r.set('2', "probes", "off")),
    flag('T', "N", "Option max_connections, shared out among the workers.", |r, v| r.threads(v)),
    Flag {
        optional: true,
        ..flag(
            'l',
            "LEVEL",
            "Option log_level, from 0 to 5; 4 without a level: requests to syslog.",
            |r, v| r.level(v),
        )
    },
    flag('f', "", "Stays in the foreground.", |r, _| {
        r.asked.foreground = true;
        Ok(())
    }),
    flag('c', "N", "Option certificate_cache.", |r, v| r.set('c', "certificate_cache", v)),
    flag('A', "PORT", "Statistics by https on this port alone: nothing here.", |r, v| {
        r.port_number('A', v)?;
        r.admin_only = true;
        r.note(format!(
            "-A {v}: there is no port for statistics alone, so there are no pages of them"
        ))
    }),
    flag('o', "SECONDS", "Nothing.", |r, v| {
        r.note(format!("-o {v}: head_timeout and body_timeout are options of their own"))
    }),
    flag('r', "", "Nothing.", |_, _| Ok(())),
    flag('R', "", "Nothing: redirecting to where a request says is not done.", |r, _| {
        r.note("-R: this server redirects nobody to where a request says".into())
    }),
];

/// See [`Config::parse_pixelserv_args`].
pub(in crate::config) fn parse(config: &mut Config, args: &[&str]) -> Result<Pixelserv> {
    let mut reading = Reading::new(config)?;
    let mut at = 0;
    while at < args.len() {
        at = reading.argument(args, at)?;
    }
    let (read, asked) = reading.finish()?;
    *config = read;
    Ok(asked)
}

/// What a command line has said so far.
struct Reading {
    draft: Draft,
    address: Option<String>,
    ports: Vec<String>,
    tls_ports: Vec<String>,
    /// Where certificates are looked for.
    folders: Vec<String>,
    admin_only: bool,
    asked: Pixelserv,
}

/// Where pixelserv-tls has its certificates if it is not told.
const FOLDERS: [&str; 2] = ["/var/cache/pixelserv", "/opt/var/cache/pixelserv"];

impl Reading {
    /// With the defaults of pixelserv-tls, which a file may replace.
    fn new(config: &Config) -> Result<Self> {
        let mut config = config.clone();
        let defaults = [
            ("address", "0.0.0.0"),
            ("port", "80"),
            ("keep_alive_timeout", "120s"),
            ("stats_page", "/servstats"),
            ("stats_text", "/servstats.txt"),
        ];
        for (name, value) in defaults {
            config.set(name, value)?;
        }
        if nix::unistd::geteuid().is_root() {
            config.set("user", "nobody")?;
        }
        Ok(Reading {
            draft: Draft::new(&config),
            address: None,
            ports: Vec::new(),
            tls_ports: Vec::new(),
            folders: FOLDERS.map(str::to_owned).into(),
            admin_only: false,
            asked: Pixelserv::default(),
        })
    }

    /// Takes the argument at `at`; where the next one is.
    fn argument(&mut self, args: &[&str], at: usize) -> Result<usize> {
        let text = args[at];
        if text.starts_with("--") {
            return self.own_option(args, at);
        }
        let mut letters = text.strip_prefix('-').unwrap_or_default().chars();
        let Some(letter) = letters.next() else { return self.bare(text).map(|()| at + 1) };
        let known = FLAGS.iter().find(|flag| flag.letter == letter);
        let inline = letters.as_str();
        let Some(flag) = known.filter(|flag| inline.is_empty() || !flag.value.is_empty()) else {
            return Err(error(format!("unknown flag {} of pixelserv-tls", quoted(text))));
        };
        if flag.value.is_empty() || !inline.is_empty() {
            return (flag.take)(self, inline).map(|()| at + 1);
        }
        match args.get(at + 1).filter(|next| !next.starts_with('-')) {
            Some(value) => (flag.take)(self, value).map(|()| at + 2),
            None if flag.optional => (flag.take)(self, "").map(|()| at + 1),
            None => Err(error(format!("-{letter}: expected {}, got nothing", flag.value))),
        }
    }

    /// An option of ours.
    fn own_option(&mut self, args: &[&str], at: usize) -> Result<usize> {
        let (token, next) = token(args, at)?;
        match token {
            Token::Option(row, text) => self.draft.option(row, text)?,
            Token::File(path) => self.draft.load_file(path)?,
            Token::Asks(Asks::Help | Asks::Version) | Token::End | Token::Positional(_) => {
                return Err(unexpected(args[at]));
            }
        }
        Ok(next)
    }

    /// The one argument that is no flag.
    fn bare(&mut self, text: &str) -> Result<()> {
        if let Some(first) = &self.address {
            let message = format!("unexpected argument {}, the address is {first}", quoted(text));
            return Err(error(message));
        }
        let row = suggest::find("address")?;
        parse_value(row, text)?;
        self.address = Some(text.to_owned());
        Ok(())
    }

    fn set(&mut self, letter: char, name: &str, text: &str) -> Result<()> {
        let row = suggest::find(name)?;
        let value = TABLE[row].kind.parse(text);
        let value = value.map_err(|message| error(format!("-{letter}: {message}")))?;
        self.draft.config.put(row, value, Source::CommandLine);
        Ok(())
    }

    fn note(&mut self, sentence: String) -> Result<()> {
        self.asked.notes.push(sentence);
        Ok(())
    }

    fn port(&mut self, letter: char, text: &str) -> Result<()> {
        self.port_number(letter, text)?;
        self.ports.push(text.to_owned());
        Ok(())
    }

    fn port_number(&self, letter: char, text: &str) -> Result<()> {
        match number(text) {
            Some(0..=65_535) => Ok(()),
            _ => Err(expected(letter, "a port from 0 to 65535", text)),
        }
    }

    /// A number from 1 on.
    fn counted(&self, letter: char, text: &str) -> Result<u64> {
        let count = number(text).filter(|count| (1..=1 << 30).contains(count));
        count.ok_or_else(|| expected(letter, "a number from 1 to 1073741824", text))
    }

    /// Whom to become; nobody is not root.
    fn user(&mut self, text: &str) -> Result<()> {
        if text.is_empty() {
            return Err(error("-u: expected the name of a user, got \"\"".to_owned()));
        }
        self.set('u', "user", text)
    }

    fn keep_alive(&mut self, text: &str) -> Result<()> {
        let seconds = self.counted('O', text)?;
        self.set('O', "keep_alive_timeout", &seconds.to_string())
    }

    /// A thread there is a connection here.
    fn threads(&mut self, text: &str) -> Result<()> {
        let each = self.counted('T', text)?.div_ceil(default_workers() as u64);
        self.set('T', "max_connections", &each.to_string())
    }

    fn level(&mut self, text: &str) -> Result<()> {
        let level = match text {
            "0" | "1" => "error",
            "2" | "3" => "warn",
            "" | "4" | "5" => "info",
            _ => return Err(expected('l', "a level from 0 to 5", text)),
        };
        if level == "info" {
            self.log_requests(Path::new(SYSLOG))?;
        }
        self.set('l', "log_level", level)
    }

    fn log_requests(&mut self, socket: &Path) -> Result<()> {
        if socket.exists() {
            return self.set('l', "access_log", "syslog:");
        }
        self.note(format!("-l: requests are not logged, there is no {SYSLOG}"))
    }

    fn folder(&mut self, text: &str) -> Result<()> {
        let row = suggest::find("ca_dir")?;
        TABLE[row].kind.parse(text).map_err(|message| error(format!("-z: {message}")))?;
        self.folders = vec![text.to_owned()];
        Ok(())
    }

    fn finish(mut self) -> Result<(Config, Pixelserv)> {
        if let Some(address) = self.address.take() {
            self.set('p', "address", &address)?;
        }
        let ports = std::mem::take(&mut self.ports);
        self.listen('p', &ports, "port", "listen")?;
        self.take_certificates()?;
        if self.admin_only {
            self.set('A', "stats_page", "")?;
            self.set('A', "stats_text", "")?;
        }
        if self.tls_ports.is_empty() {
            self.tls_ports.push("443".to_owned());
        }
        self.serve_tls()?;
        Ok((self.draft.config, self.asked))
    }

    /// The first of `ports` at the address, the others as further addresses.
    fn listen(&mut self, letter: char, ports: &[String], one: &str, more: &str) -> Result<()> {
        let Some((first, others)) = ports.split_first() else { return Ok(()) };
        self.set(letter, one, first)?;
        let address = self.draft.config.get("address")?;
        let bracketed = if address.contains(':') { format!("[{address}]") } else { address };
        for port in others {
            self.draft.option(suggest::find(more)?, &format!("{bracketed}:{port}"))?;
        }
        Ok(())
    }

    /// What the folders have, unless an option of ours has said it.
    fn take_certificates(&mut self) -> Result<()> {
        let said = |config: &Config, name| config.get(name).is_ok_and(|value| !value.is_empty());
        let Some(folder) = self.folders.iter().find(|it| has(it, CERTIFICATE)).cloned() else {
            return Ok(());
        };
        if !said(&self.draft.config, "ca_certificate") {
            self.set('z', "ca_certificate", &file_in(&folder, CERTIFICATE))?;
        }
        if !said(&self.draft.config, "ca_dir") && has(&folder, KEY) {
            self.set('z', "ca_dir", &folder)?;
        }
        Ok(())
    }

    fn serve_tls(&mut self) -> Result<()> {
        let ports = std::mem::take(&mut self.tls_ports);
        let said = |name| self.draft.config.get(name).is_ok_and(|value| !value.is_empty());
        if said("ca_dir") || said("certificates") {
            return self.listen('k', &ports, "tls_port", "listen_tls");
        }
        let folders = self.folders.join(" or ");
        let refused = ports.iter().map(|port| {
            format!("-k {port}: https is not served, there are no ca.crt and ca.key in {folders}")
        });
        self.asked.notes.splice(0..0, refused);
        Ok(())
    }
}

/// Where a syslog daemon listens.
const SYSLOG: &str = "/dev/log";

/// What pixelserv-tls has in its folder.
const CERTIFICATE: &str = "ca.crt";
const KEY: &str = "ca.key";

fn file_in(folder: &str, name: &str) -> String {
    Path::new(folder).join(name).to_string_lossy().into_owned()
}

fn has(folder: &str, name: &str) -> bool {
    Path::new(&file_in(folder, name)).is_file()
}

fn expected(letter: char, what: &str, got: &str) -> crate::error::Error {
    error(format!("-{letter}: expected {what}, got {}", quoted(got)))
}

#[cfg(test)]
mod tests;
