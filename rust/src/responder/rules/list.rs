//! Lists of hosts, one a line, in the forms that blocklists have.
//!
//! | line | what it is |
//! | --- | --- |
//! | `ads.example` | the name |
//! | `*.ads.example` | what lies below it |
//! | `0.0.0.0 ads.example b.example` | names, as in hosts(5) |
//! | <code>&#124;&#124;ads.example^</code> | the name and what lies below it, as in Adblock lists |
//! | `# text`, `! text`, `[Adblock Plus]` | nothing |
//! | <code>ads.example##.banner</code>, `@@…`, `/…/`, <code>&#124;&#124;ads.example/path</code>, <code>&#124;&#124;ads.example^$script</code> | nothing: what browsers hide, let through, or match by more than the host |

use super::hosts::{Reach, parse};
use std::net::IpAddr;

/// Names that a hosts file has for the machine itself.
const OWN: &[&str] = &[
    "localhost",
    "localhost.localdomain",
    "local",
    "broadcasthost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-allhosts",
    "0.0.0.0",
];

/// Adds the names of one line to `hosts`.
///
/// # Errors
/// What was expected instead of which word.
pub(super) fn read_line(line: &str, hosts: &mut Vec<(String, Reach)>) -> Result<(), String> {
    if hides_elements(line) {
        return Ok(());
    }
    let line = line.split('#').next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with('!') || is_heading(line) || is_for_browsers(line) {
        return Ok(());
    }
    if let Some(name) = line.strip_prefix("||") {
        let name = name.strip_suffix("$important").unwrap_or(name);
        let (name, _) = read_name(name.strip_suffix('^').unwrap_or(name))?;
        hosts.push((name.clone(), Reach::Below));
        hosts.push((name, Reach::Exact));
        return Ok(());
    }
    let mut words = line.split_ascii_whitespace().peekable();
    if words.peek().is_some_and(|word| word.parse::<IpAddr>().is_ok()) && words.clone().count() > 1
    {
        words.next();
    }
    for word in words.filter(|word| !OWN.contains(word)) {
        hosts.push(read_name(word)?);
    }
    Ok(())
}

/// Whether it is about elements of the pages of some hosts: `##`, `#@#`, `#?#` and the like, with no
/// space before as a remark has.
fn hides_elements(line: &str) -> bool {
    let Some((hosts, rest)) = line.split_once('#') else { return false };
    let marks = ["#", "@#", "?#", "$#", "%#", "@?#", "@$#", "@%#"];
    !hosts.ends_with(char::is_whitespace) && marks.iter().any(|mark| rest.starts_with(mark))
}

/// Whether it lets something through, or matches by more than the host: nothing that a name server
/// could have blocked.
fn is_for_browsers(line: &str) -> bool {
    let is_pattern = line.len() > 1 && line.starts_with('/') && line.ends_with('/');
    let pattern = line.strip_prefix("||").and_then(|rest| rest.split_once(['/', '*', '$']));
    let by_more = pattern.is_some_and(|(_, more)| more != "important");
    is_pattern || by_more || line.starts_with("@@")
}

fn is_heading(line: &str) -> bool {
    line.starts_with("[Adblock") && line.ends_with(']')
}

fn read_name(word: &str) -> Result<(String, Reach), String> {
    parse(word).map_err(|expected| {
        format!("expected {expected}, got {}", crate::config::values::quoted(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Result<Vec<String>, String> {
        let mut hosts = Vec::new();
        read_line(line, &mut hosts)?;
        let name = |(name, reach): (String, Reach)| match reach {
            Reach::Exact => name,
            Reach::Below => format!("*.{name}"),
        };
        Ok(hosts.into_iter().map(name).collect())
    }

    #[test]
    fn every_form_of_a_list_is_read() {
        assert_eq!(names("ads.example").unwrap(), ["ads.example"]);
        assert_eq!(names("  *.Ads.example.\t# why").unwrap(), ["*.ads.example"]);
        assert_eq!(names("0.0.0.0 a.example b.example").unwrap(), ["a.example", "b.example"]);
        assert_eq!(names("::1 localhost ip6-loopback").unwrap(), [""; 0]);
        assert_eq!(names("||ads.example^").unwrap(), ["*.ads.example", "ads.example"]);
        for nothing in ["", "  ", "# a b", "! a b", "[Adblock Plus 2.0]", "0.0.0.0 0.0.0.0"] {
            assert_eq!(names(nothing).unwrap(), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn what_only_browsers_can_do_is_nothing() {
        for line in [
            "ads.example##.banner",
            "##.banner",
            "a.example,b.example#@#.ad",
            "ads.example#?#div:has(> a)",
            "@@||ads.example^",
            "@@||ads.example^$script",
            "/^https?:.*ads/",
            "||ads.example/path^",
            "||ads.example^$third-party",
            "||ads*.example^",
        ] {
            assert_eq!(names(line).unwrap(), [""; 0], "{line}");
        }
        assert_eq!(names("||ads.example^$important").unwrap(), ["*.ads.example", "ads.example"]);
        assert_eq!(names("ads.example ## a remark").unwrap(), ["ads.example"]);
    }

    #[test]
    fn what_is_no_name_is_told() {
        for bad in ["http://ads.example/", "||ads example^", "a,b", "0.0.0.0 a/b"] {
            assert!(names(bad).unwrap_err().starts_with("expected a host name"), "{bad}");
        }
    }
}
