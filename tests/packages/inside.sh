# The life of the packages, as root inside of a small system: for deb.sh.
# shellcheck shell=bash
set -eu -o pipefail
cd /tmp

fail() {
    echo "deb: $1" >&2
    exit 1
}

# Files outside of what dpkg keeps for itself, and who there is.
picture() {
    find / -xdev \( -path /proc -o -path /sys -o -path /tmp -o -path /var/lib/dpkg -o -path /var/cache \
        -o -path /var/log/dpkg.log -o -path /var/log/alternatives.log -o -path '/etc/*-' -o -path /run/adduser \
        -o -path /etc/.pwd.lock \) -prune -o -print | sort
    cut -d : -f 1 /etc/passwd /etc/group
}

# Asks 127.0.0.1:$port; the whole answer.
get() { # PATH HOST
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" "$2" >&3
    cat <&3
    exec 3>&-
}

picture >before

# ---- installed ----
dpkg --install ./*.deb >log 2>&1 || { cat log >&2; exit 1; }
[ "$(getent passwd http_responder | cut -d : -f 6-7)" = /nonexistent:/usr/sbin/nologin ] ||
    fail "the user http_responder is not as it should be: $(getent passwd http_responder)"
http_responder_mt --version >/dev/null && http_responder --version >/dev/null
http_responder_mt --check /etc/http_responder/rules | grep -q 'no mistake' || fail "the rules are wrong"
./config --keep-alive-timeout 20s | grep -q '^keep_alive_timeout = 20s$' || fail "the library does not work"
[ ! -e /etc/systemd/system/multi-user.target.wants/http_responder.service ] || fail "it is enabled unasked"
for unit in service socket; do [ -e /lib/systemd/system/http_responder.$unit ] || fail "no $unit unit"; done
grep -q '^ExecStart=/usr/bin/http_responder_mt ' /lib/systemd/system/http_responder.service || fail "ExecStart"
grep -q '^Type=notify$' /lib/systemd/system/http_responder.service || fail "systemd 252 does not know its type"
grep -qx 'ExecReload=/bin/kill -HUP $MAINPID' /lib/systemd/system/http_responder.service || fail "no ExecReload"
conffiles=$(dpkg-query -W -f '${Conffiles}' http-responder)
for file in http_responder.toml rules/50-surrogates.toml rules/surrogates/ga.js; do
    grep -q "/etc/http_responder/$file" <<<"$conffiles" || fail "$file is no conffile"
done
echo "  deb: installed, with a user, rules and units of its own"

# ---- run, as README.Debian says for a system without systemd ----
install -d -o http_responder -g http_responder /run/http_responder
exec 4< <(exec http_responder_mt 0 127.0.0.1 --user http_responder --workers 1 --max-connections 100 \
    --config /etc/http_responder/http_responder.toml --admin unix:/run/http_responder/admin.sock)
server=$!
read -r line <&4 || fail "it did not start"
port=${line#listening on 127.0.0.1:}
port=${port%% *}
get /a.gif ads.example | grep -aq '^Content-Type: image/gif' || fail "no image"
get /analytics.js www.google-analytics.com | grep -aq 'ga' || fail "the rules are not in force"
http_responder_mt health | grep -q running || fail "health"
http_responder_mt top --once >top || fail "top"
grep -q 'requests' top || { cat top >&2; fail "top shows no requests"; }
perl -MIO::Socket::UNIX -e '$it = IO::Socket::UNIX->new(Peer => "/run/http_responder/admin.sock") or die;
    print $it "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"; print while <$it>' >metrics
grep -Eq '^http_responder_requests_handled_total(\{.*\})? [1-9]' metrics || { cat metrics >&2; fail "no metrics"; }
[ "$(stat -c %U /proc/$server)" = http_responder ] || fail "it runs as $(stat -c %U /proc/$server)"
echo "  deb: run and watched (health, top, metrics): $line"

# ---- upgraded, while it runs and the administrator has changed a file ----
echo 'keep_alive_timeout = "20s"' >>/etc/http_responder/http_responder.toml
dpkg --force-confdef --force-confold --install next/*.deb >log 2>&1 || { cat log >&2; exit 1; }
dpkg-query -W -f '${Version}\n' http-responder libhttp-responder0 | grep -vq '+next$' && fail "not upgraded"
grep -q '^keep_alive_timeout' /etc/http_responder/http_responder.toml || fail "the administrator's words are lost"
grep -q 'next version' /etc/http_responder/http_responder.toml.dpkg-dist || fail "the new file is nowhere"
get /a.gif ads.example | grep -aq '^Content-Type: image/gif' || fail "what ran does not answer any more"
kill -HUP $server
http_responder_mt health | grep -q running || fail "health after a reload"
kill -TERM $server
wait $server || fail "it ended with $?"
echo "  deb: upgraded: the administrator's file stays, what runs goes on"

# ---- removed, purged ----
dpkg --remove http-responder libhttp-responder-dev libhttp-responder0 >log 2>&1 || { cat log >&2; exit 1; }
[ ! -e /usr/bin/http_responder_mt ] || fail "the program is still there"
[ -e /etc/http_responder/http_responder.toml ] || fail "removing took the configuration"
mkdir -p /var/log/http_responder && touch /var/log/http_responder/access.log
dpkg --purge http-responder libhttp-responder-dev libhttp-responder0 >log 2>&1 || { cat log >&2; exit 1; }
picture >after
diff before after >&2 || fail "< before it was installed, > after it was purged"
echo "  deb: removed and purged: nothing is left"

# ---- what the administrator has made is not ours ----
dpkg --install ./*.deb >log 2>&1 || { cat log >&2; exit 1; }
http_responder_mt ca init --dir /etc/http_responder/ca >/dev/null
dpkg --purge http-responder libhttp-responder-dev libhttp-responder0 >log 2>&1 || { cat log >&2; exit 1; }
[ -s /etc/http_responder/ca/ca.key ] || fail "the purge took the keys of a CA"
echo "  deb: the keys of a CA outlive a purge"
