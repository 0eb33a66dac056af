//! http_responder.toml(5)

use crate::roff::{entry, example, head, paragraph, section, see_also, subsection};
use http_responder::config::{self, Group, OptionRow};

pub(crate) fn page() -> String {
    let mut page = head("http_responder.toml", 5, "the table of options");
    page += &section("Name");
    page +=
        "http_responder.toml \\- options of http_responder_mt and of programs with its library\n";
    page += &section("Description");
    page += &paragraph(
        "A TOML file of keys and values. The value is a string as on the command line, or the TOML type \
         that fits: an integer, a boolean, an array for a list, a number of seconds for a duration. What \
         the command line says is never replaced by a file. A key that is not known or a value that is not \
         taken is told with its line; nothing is changed then.",
    );
    page += &example(&[
        "rules = \"/etc/http_responder/rules\"",
        "keep_alive_timeout = \"90s\"",
        "listen = [\"192.0.2.1:8080\", \"[2001:db8::1]:80\"]",
        "workers = 4",
    ]);
    for group in Group::ALL {
        page += &section(group.title());
        for row in config::TABLE.iter().filter(|row| row.group == group) {
            page += &option(row);
        }
    }
    page += &section("Reload");
    page += &paragraph(
        "SIGHUP, systemctl reload, and POST /reload on the admin side read the file again. What can change \
         while the server runs says so above; the rest is told and waits for the next start.",
    );
    page += &subsection("Where it is looked for");
    page += &paragraph("Nowhere by itself: --config names it, as the service of systemd does.");
    page + &see_also(&["http_responder_mt(8)", "libhttp_responder(3)"])
}

fn option(row: &OptionRow) -> String {
    let default = match row.default {
        "" => "none".to_owned(),
        text => text.to_owned(),
    };
    let live = if row.live { " A reload changes it." } else { "" };
    let text = format!("{} Takes {}. Default: {default}.{live}", row.help, row.kind.expected());
    entry(row.name, &text)
}
