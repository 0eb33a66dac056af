//! http_responder_mt(8), which is http_responder(8) too.

use crate::roff::{entry, escape, example, head, paragraph, section, see_also, subsection};
use http_responder::config::{self, GENERAL, Group, Kind, OptionRow};

const COMMANDS: [(&str, &str); 3] = [
    (
        "top [ADDRESS] [--once]",
        "Shows the server whose admin side listens at ADDRESS, renewed once a second; q ends it. With \
         --once it prints one picture.",
    ),
    (
        "health [ADDRESS]",
        "Asks the admin side at ADDRESS how the server is, and prints its answer. The exit status is 0 \
         where it runs, 1 where it starts, drains or does not answer within three seconds.",
    ),
    (
        "ca init|show|export|renew --dir DIR",
        "Makes a CA that certificates are made with, shows, exports or renews it; ca --help says more.",
    ),
];

const SIGNALS: [(&str, &str); 4] = [
    ("SIGTERM, SIGINT", "Drains: what is in progress is answered. A second one stops at once."),
    (
        "SIGHUP",
        "Reads options, rules and certificates again and opens the access log again. A mistake changes \
         nothing and is told on standard error.",
    ),
    ("SIGUSR1", "Writes the statistics of every worker to standard error."),
    ("SIGPIPE", "Is ignored."),
];

const STATUS: [(&str, &str); 3] = [
    ("0", "It ended cleanly."),
    ("1", "The work could not be done, for example because the port is taken."),
    ("2", "Wrong usage, or a mistake in a file."),
];

const ENVIRONMENT: [(&str, &str); 2] = [
    (
        "LISTEN_FDS, LISTEN_PID",
        "Sockets that a service manager has opened; no PORT and ADDRESS then.",
    ),
    (
        "NOTIFY_SOCKET, WATCHDOG_USEC",
        "Where and how often the service manager is told how it goes.",
    ),
];

const FILES: [(&str, &str); 4] = [
    ("/etc/http_responder/http_responder.toml", "Options that the service starts with."),
    ("/etc/http_responder/rules/", "Rules: what single hosts, paths or clients get."),
    ("/run/http_responder/admin.sock", "The admin side of the service."),
    ("/var/log/http_responder/", "For the access log, where one is asked for."),
];

pub(crate) fn page() -> String {
    let mut page = head("http_responder_mt", 8, "the table of options");
    page += &section("Name");
    page += "http_responder_mt, http_responder \\- answer any HTTP request at once\n";
    page += &section("Synopsis");
    page += &synopsis();
    page += &description();
    page += &section("Commands");
    page += &COMMANDS.map(|(term, text)| entry(term, text)).concat();
    page += &paragraph(
        "ADDRESS is unix:/path, /path, 127.0.0.1:9100 or [::1]:9100, and \
         unix:/run/http_responder/admin.sock where it is not said.",
    );
    page += &section("Options");
    page += &options();
    for (title, entries) in [
        ("Signals", &SIGNALS[..]),
        ("Exit status", &STATUS),
        ("Environment", &ENVIRONMENT),
        ("Files", &FILES),
    ] {
        page += &section(title);
        page += &entries.iter().map(|(term, text)| entry(term, text)).collect::<String>();
    }
    page += &examples();
    page + &see_also(&["http_responder.toml(5)", "libhttp_responder(3)", "systemd.socket(5)"])
}

fn synopsis() -> String {
    let line = |program: &str, rest: &str| format!(".B {program}\n{}\n.br\n", escape(rest));
    [
        line("http_responder_mt", "PORT ADDRESS [options]"),
        line("http_responder_mt", "--config FILE [options]"),
        line("http_responder_mt", "--check FILE"),
        line("http_responder_mt", "--pixelserv [ADDRESS] [flags] [options]"),
        line("http_responder_mt", "top|health|ca ..."),
        line("http_responder", "PORT ADDRESS [options]"),
    ]
    .concat()
}

fn description() -> String {
    let mut text = section("Description");
    text += &paragraph(
        "http_responder_mt answers any HTTP request at once, from memory, with what does least harm: an \
         image of one pixel for an image, an empty script for a script, an empty page for a page. It holds \
         hundreds of thousands of connections. http_responder is the same on one thread.",
    );
    text += &paragraph(
        "Both give away at the start what they never need (sandbox), and limit each client to 10000 \
         connections and 5000 requests a second (max_connections_per_client, rate_per_client), unless \
         options say otherwise; the defaults below are those of the library.",
    );
    text
}

fn options() -> String {
    let mut text = paragraph(
        "Durations are written 250ms, 10s, 1m30s; a plain number is seconds. Sizes are octets, or 64k, 1m, \
         1g. Lists are separated by commas, or the option is repeated. A file of options (--config) never \
         replaces what the command line says; http_responder.toml(5) describes it.",
    );
    for group in Group::ALL {
        text += &subsection(group.title());
        for row in config::TABLE.iter().filter(|row| row.group == group) {
            text += &option(row);
        }
    }
    text += &subsection("General");
    text += &GENERAL.map(|(flags, help)| entry(flags.trim(), help)).concat();
    text
}

fn option(row: &OptionRow) -> String {
    let value = row.kind.placeholder();
    let long = match row.kind {
        Kind::Switch => format!("{}[={value}], --no-{}", row.flag(), row.name.replace('_', "-")),
        _ => format!("{} {value}", row.flag()),
    };
    let flags = row.short.map_or(long.clone(), |letter| format!("-{letter}, {long}"));
    let default = match row.default {
        "" => String::new(),
        text => format!(" Default: {text}."),
    };
    let live = if row.live { " A reload changes it." } else { "" };
    entry(&flags, &format!("{}{default}{live}", row.help))
}

fn examples() -> String {
    let mut text = section("Examples");
    text += &paragraph("Answer everything that comes to one address, with rules:");
    text += &example(&["http_responder_mt 80 192.0.2.1 --rules /etc/http_responder/rules"]);
    text += &paragraph("The same as a service of systemd:");
    text += &example(&[
        "systemctl edit http_responder.socket    # ListenStream=192.0.2.1:80",
        "systemctl enable --now http_responder.socket http_responder.service",
    ]);
    text += &paragraph("Look at it:");
    text += &example(&["http_responder_mt top"]);
    text
}
