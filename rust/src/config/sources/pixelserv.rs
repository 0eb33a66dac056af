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
    flag('k', "PORT", "Port for https, which this version does not serve.", |r, v| {
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
    flag('u', "USER", "Option user. [default: nobody, if root starts it]", |r, v| {
        r.set('u', "user", v)
    }),
    flag(
        'z',
        "FOLDER",
        "Folder whose ca.crt is the option ca_certificate. \
         [default: /var/cache/pixelserv or /opt/var/cache/pixelserv]",
        |r, v| r.folder(v),
    ),
    flag('2', "", "Option probes: no 204 for /generate_204.", |r, _| r.set('2', "probes", "off")),
    flag('T', "N", "Option max_connections, shared out among the workers.", |r, v| r.threads(v)),
    Flag {
        optional: true,
        ..flag('l', "LEVEL", "Option log_level, from 0 to 5; 4 without a level.", |r, v| r.level(v))
    },
    flag('f', "", "Stays in the foreground.", |r, _| {
        r.asked.foreground = true;
        Ok(())
    }),
    flag('c', "N", "Certificates in memory: nothing here, there are none.", |r, v| {
        r.counted('c', v)?;
        r.note(format!("-c {v}: this version makes no certificates"))
    }),
    flag('A', "PORT", "Statistics by https on this port alone: nothing here.", |r, v| {
        r.port_number('A', v)?;
        r.admin_only = true;
        r.note(format!(
            "-A {v}: https is not served by this version, so there are no pages of statistics"
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
    admin_only: bool,
    asked: Pixelserv,
}

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
        let folders = ["/var/cache/pixelserv", "/opt/var/cache/pixelserv"];
        if let Some(file) = folders.iter().find_map(|folder| certificate_in(folder)) {
            config.set("ca_certificate", &file)?;
        }
        Ok(Reading {
            draft: Draft::new(&config),
            address: None,
            ports: Vec::new(),
            tls_ports: Vec::new(),
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
            Token::File(path) => self.draft.config.load_file(Path::new(path))?,
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
        self.set('l', "log_level", level)
    }

    fn folder(&mut self, text: &str) -> Result<()> {
        match certificate_in(text) {
            Some(file) => self.set('z', "ca_certificate", &file),
            None => {
                self.set('z', "ca_certificate", "")?;
                self.note(format!("-z {text}: there is no ca.crt in it, /ca.crt is not served"))
            }
        }
    }

    fn finish(mut self) -> Result<(Config, Pixelserv)> {
        if let Some(address) = self.address.take() {
            self.set('p', "address", &address)?;
        }
        if let Some((first, others)) = std::mem::take(&mut self.ports).split_first() {
            self.set('p', "port", first)?;
            let address = self.draft.config.get("address")?;
            let bracketed = if address.contains(':') { format!("[{address}]") } else { address };
            for port in others {
                self.draft.option(suggest::find("listen")?, &format!("{bracketed}:{port}"))?;
            }
        }
        if self.admin_only {
            self.set('A', "stats_page", "")?;
            self.set('A', "stats_text", "")?;
        }
        if self.tls_ports.is_empty() {
            self.tls_ports.push("443".to_owned());
        }
        let tls = self.tls_ports.iter();
        let refused = tls.map(|port| format!("-k {port}: https is not served by this version"));
        self.asked.notes.splice(0..0, refused);
        Ok((self.draft.config, self.asked))
    }
}

/// The certificate of a folder as pixelserv-tls has it, if it is there.
fn certificate_in(folder: &str) -> Option<String> {
    let file = Path::new(folder).join("ca.crt");
    file.is_file().then(|| file.to_string_lossy().into_owned())
}

fn expected(letter: char, what: &str, got: &str) -> crate::error::Error {
    error(format!("-{letter}: expected {what}, got {}", quoted(got)))
}

#[cfg(test)]
mod tests;
