use super::*;
use crate::config::pixelserv_usage;

const NO_CA: &str = "-k 443: https is not served, there are no ca.crt and ca.key in \
                     /var/cache/pixelserv or /opt/var/cache/pixelserv";

fn read(args: &[&str]) -> (Config, Pixelserv) {
    let mut config = Config::new();
    let asked = config.parse_pixelserv_args(args).unwrap();
    (config, asked)
}

fn refused(args: &[&str]) -> String {
    let mut config = Config::new();
    let message = config.parse_pixelserv_args(args).unwrap_err().message().to_owned();
    assert!(!config.is_set("address").unwrap(), "nothing is changed");
    message
}

fn values<const N: usize>(args: &[&str], names: [&str; N]) -> [String; N] {
    let (config, _) = read(args);
    names.map(|name| config.get(name).unwrap())
}

#[test]
fn without_flags_it_has_the_defaults_of_pixelserv_tls() {
    let names = ["address", "port", "listen", "keep_alive_timeout", "stats_page", "stats_text"];
    let expected = ["0.0.0.0", "80", "", "2m", "/servstats", "/servstats.txt"];
    assert_eq!(values(&[], names), expected);
    let (config, asked) = read(&[]);
    let user = if nix::unistd::geteuid().is_root() { "nobody" } else { "" };
    assert_eq!((config.get("user").unwrap().as_str(), asked.foreground), (user, false));
    assert_eq!(asked.notes, [NO_CA]);
    config.resolve().unwrap();
}

#[test]
fn each_flag_sets_its_option() {
    let set = |args: &[&str], name| values(args, [name])[0].clone();
    assert_eq!(values(&["192.0.2.1", "-p", "81"], ["address", "port"]), ["192.0.2.1", "81"]);
    assert_eq!(set(&["-n", "br0"], "interface"), "br0");
    assert_eq!(set(&["-O", "7"], "keep_alive_timeout"), "7s");
    assert_eq!(set(&["-s", "/a"], "stats_page"), "/a");
    assert_eq!(set(&["-t", "/b"], "stats_text"), "/b");
    assert_eq!(set(&["-u", "daemon"], "user"), "daemon");
    assert_eq!(set(&["-2"], "probes"), "off");
    assert_eq!(set(&["-l", "0"], "log_level"), "error");
    assert_eq!(set(&["-l", "-f"], "log_level"), "info");
    let syslog = if Path::new(SYSLOG).exists() { "syslog:" } else { "off" };
    assert_eq!(set(&["-l", "4"], "access_log"), syslog);
    assert_eq!(set(&["-l", "3"], "access_log"), "off");
    let noted = read(&["-l"]).1.notes.iter().any(|note| note.contains(SYSLOG));
    assert_eq!(noted, syslog == "off");
    let threads: u64 = set(&["-T", "1000"], "max_connections").parse().unwrap();
    let workers = default_workers() as u64;
    assert!(threads * workers >= 1000 && (threads - 1) * workers < 1000);
    assert!(read(&["-f"]).1.foreground);
}

#[test]
fn ports_may_be_repeated() {
    let ports = ["-p", "80", "-p81", "-p", "82"];
    let names = ["port", "listen"];
    assert_eq!(values(&ports, names), ["80", "0.0.0.0:81,0.0.0.0:82"]);
    assert_eq!(values(&["-p", "1", "-p", "2", "::1"], names), ["1", "[::1]:2"]);
    let (_, asked) = read(&["-k", "443", "-k", "8443"]);
    assert_eq!(asked.notes, ["443", "8443"].map(|port| NO_CA.replace("443", port)));
}

#[test]
fn a_folder_with_a_ca_has_https_served_and_its_certificate() {
    let folder = std::env::temp_dir().join(format!("http_responder_z_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let name = folder.to_str().unwrap();
    let names = ["ca_certificate", "ca_dir", "tls_port", "listen_tls"];
    let nothing = || ["", "", "", ""].map(str::to_owned);
    assert_eq!(values(&["-z", name], names), nothing());
    let none = format!("-k 443: https is not served, there are no ca.crt and ca.key in {name}");
    assert_eq!(read(&["-z", name]).1.notes, [none.as_str()]);
    std::fs::write(folder.join("ca.crt"), "x").unwrap();
    let file = format!("{name}/ca.crt");
    assert_eq!(values(&["-z", name], names), [file.as_str(), "", "", ""]);
    assert_eq!(read(&["-z", name]).1.notes, [none.as_str()]);
    std::fs::write(folder.join("ca.key"), "x").unwrap();
    assert_eq!(values(&["-z", name], names), [file.as_str(), name, "443", ""]);
    assert_eq!(read(&["-z", name]).1.notes, [""; 0]);
    let ports = ["::1", "-k", "1", "-z", name, "-k", "2"];
    assert_eq!(values(&ports, names), [file.as_str(), name, "1", "[::1]:2"]);
    let own = ["--ca-dir", "/own", "--ca-certificate", "/own/x", "-z", name];
    assert_eq!(values(&own, names), ["/own/x", "/own", "443", ""]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_is_not_done_is_said() {
    let (config, asked) = read(&["-A", "8443", "-c", "100", "-R", "-r", "-o", "2"]);
    assert_eq!(
        (config.get("stats_page"), config.get("stats_text")),
        (Ok("".into()), Ok("".into()))
    );
    assert_eq!(config.get("certificate_cache").unwrap(), "100");
    let said = ["-k 443: ", "-A 8443: ", "-R: ", "-o 2: "];
    assert_eq!(asked.notes.len(), said.len());
    for (note, begin) in asked.notes.iter().zip(said) {
        assert!(note.starts_with(begin), "{note}");
    }
}

#[test]
fn options_of_ours_are_taken_beside_the_flags() {
    let args = ["--workers", "3", "192.0.2.1", "--max-body=2k", "--listen", "[::1]:80", "-p", "8"];
    let names = ["workers", "max_body", "listen", "port"];
    assert_eq!(values(&args, names), ["3", "2k", "[::1]:80", "8"]);
}

#[test]
fn what_is_wrong_is_named() {
    for (args, expected) in [
        (&["-u", ""][..], r#"-u: expected the name of a user, got """#),
        (&["-p", "http"][..], r#"-p: expected a port from 0 to 65535, got "http""#),
        (&["-p"], "-p: expected PORT, got nothing"),
        (&["-p", "-f"], "-p: expected PORT, got nothing"),
        (&["-k", "65536"], r#"-k: expected a port from 0 to 65535, got "65536""#),
        (&["-x"], r#"unknown flag "-x" of pixelserv-tls"#),
        (&["-B"], r#"unknown flag "-B" of pixelserv-tls"#),
        (&["-ff"], r#"unknown flag "-ff" of pixelserv-tls"#),
        (&["-O", "0"], r#"-O: expected a number from 1 to 1073741824, got "0""#),
        (&["-O", "86401"], r#"-O: expected a duration from 10ms to 1d or off, got "86401""#),
        (&["-l", "6"], r#"-l: expected a level from 0 to 5, got "6""#),
        (
            &["-s", "servstats"],
            r#"-s: expected a path such as /stats, without query, got "servstats""#,
        ),
        (
            &["router.example"],
            r#"address: expected an IP address or unix:/path, got "router.example""#,
        ),
        (&["::1", "::2"], r#"unexpected argument "::2", the address is ::1"#),
        (&["--wrokers", "2"], r#"unknown option "--wrokers", did you mean --workers?"#),
        (&["-"], r#"address: expected an IP address or unix:/path, got "-""#),
    ] {
        assert_eq!(refused(args), expected);
    }
}

#[test]
fn flags_are_letters_of_their_own_and_the_usage_names_each() {
    let usage = pixelserv_usage("http_responder_mt");
    for (at, flag) in FLAGS.iter().enumerate() {
        assert!(FLAGS[..at].iter().all(|other| other.letter != flag.letter), "{}", flag.letter);
        assert!(usage.contains(&format!("\n  -{}", flag.letter)), "{}", flag.letter);
    }
    assert!(usage.lines().all(|line| line.len() < 80), "{usage}");
}
