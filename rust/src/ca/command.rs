//! The command `ca` of the programs.

use super::export::PASSWORD;
use super::{Format, Info, Plan, export, init, renew, show};
use crate::error::{Error, ErrorCode, Result};
use std::path::{Path, PathBuf};

/// How it is called.
const USAGE: &str = "\
usage: ca init   --dir DIR [--name NAME] [--days N] [--permit DOMAIN,...]
       ca show   --dir DIR
       ca export --dir DIR [--format pem|der|mobileconfig|p12] [--out FILE]
       ca renew  --dir DIR [--days N]
";

/// What came of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done; this belongs on standard output.
    Done(Vec<u8>),
    /// It was called in a way that it cannot be: this belongs on standard error.
    Usage(String),
}

/// What was said.
#[derive(Debug, Default)]
struct Said {
    dir: Option<PathBuf>,
    name: Option<String>,
    days: Option<u32>,
    permit: Vec<String>,
    format: Option<Format>,
    out: Option<PathBuf>,
}

/// Does what the words behind `ca` say: `["init", "--dir", "/etc/http_responder/ca"]`.
///
/// # Errors
/// As [`init`], [`show`], [`export`] and [`renew`].
pub fn run(words: &[&str]) -> Result<Outcome> {
    let Some((&what, rest)) = words.split_first() else { return Ok(wrong("expected a command")) };
    let allowed: &[&str] = match what {
        "init" => &["dir", "name", "days", "permit"],
        "show" => &["dir"],
        "export" => &["dir", "format", "out"],
        "renew" => &["dir", "days"],
        "-h" | "--help" | "help" => return Ok(Outcome::Done(USAGE.into())),
        _ => return Ok(wrong(&format!("expected init, show, export or renew, got {what:?}"))),
    };
    let said = match read(rest, allowed) {
        Ok(said) => said,
        Err(why) => return Ok(wrong(&why)),
    };
    let Some(dir) = said.dir.as_deref() else { return Ok(wrong("--dir is required")) };
    Ok(Outcome::Done(match what {
        "init" => described(&init(dir, &plan(&said))?, dir),
        "renew" => described(&renew(dir, said.days.unwrap_or(Plan::default().days))?, dir),
        "export" => exported(dir, &said)?,
        _ => described(&show(dir)?, dir),
    }))
}

fn plan(said: &Said) -> Plan {
    let usual = Plan::default();
    Plan {
        name: said.name.clone().unwrap_or(usual.name),
        days: said.days.unwrap_or(usual.days),
        permitted: said.permit.clone(),
    }
}

fn exported(dir: &Path, said: &Said) -> Result<Vec<u8>> {
    let octets = export(dir, said.format.unwrap_or(Format::Pem))?;
    let Some(out) = &said.out else { return Ok(octets) };
    std::fs::write(out, octets)
        .map_err(|error| Error::new(ErrorCode::Io, format!("{}: {error}", out.display())))?;
    let note = match said.format {
        Some(Format::Pkcs12) => format!(" (password {PASSWORD})"),
        _ => String::new(),
    };
    Ok(format!("written to {}{note}\n", out.display()).into_bytes())
}

fn described(info: &Info, dir: &Path) -> Vec<u8> {
    let permitted = match &info.permitted[..] {
        [] => "any name".to_owned(),
        names => names.join(", "),
    };
    format!(
        "CA in {}\n  name         {}\n  SHA-256      {}\n  SHA-1        {}\n  valid from   {}\n  \
         valid until  {}\n  signs for    {permitted}\n",
        dir.display(),
        info.subject,
        info.sha256,
        info.sha1,
        info.not_before,
        info.not_after
    )
    .into_bytes()
}

/// Reads `--name value` and `--name=value`.
fn read(words: &[&str], allowed: &[&str]) -> std::result::Result<Said, String> {
    let mut said = Said::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let flag = word.strip_prefix("--").ok_or(format!("{word:?} is not taken"))?;
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag, None),
        };
        if !allowed.contains(&name) {
            return Err(format!("--{name} is not taken"));
        }
        let value = value.or_else(|| words.next().copied());
        let value = value.ok_or(format!("--{name}: expected a value"))?;
        match name {
            "dir" => said.dir = Some(value.into()),
            "out" => said.out = Some(value.into()),
            "name" => said.name = Some(value.into()),
            "permit" => said.permit = value.split(',').map(|it| it.trim().to_owned()).collect(),
            "days" => {
                let days = value.parse();
                let text = format!("--days: expected a number from 1 to 36500, got {value:?}");
                said.days = Some(days.map_err(|_| text)?);
            }
            _ => {
                let known = Format::ALL.into_iter().find(|format| format.name() == value);
                let text = "--format: expected pem, der, mobileconfig or p12, got ";
                said.format = Some(known.ok_or(format!("{text}{value:?}"))?);
            }
        }
    }
    Ok(said)
}

fn wrong(why: &str) -> Outcome {
    Outcome::Usage(format!("ca: {why}\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_answered_with_the_usage() {
        for words in [
            &[][..],
            &["make"],
            &["init"],
            &["init", "--dir"],
            &["show", "--dir", "x", "--days", "3"],
            &["init", "--dir", "x", "--days", "many"],
            &["export", "--dir", "x", "--format", "jks"],
            &["init", "x"],
        ] {
            let outcome = run(words).unwrap();
            assert!(
                matches!(&outcome, Outcome::Usage(text) if text.contains("usage: ca")),
                "{words:?}"
            );
        }
    }
}
